package io.stipend.policy.store;

import static io.stipend.policy.config.QuotaFiles.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.ledger.KeyRecord;
import io.stipend.policy.Entitlement;
import io.stipend.policy.ModelCall;
import io.stipend.policy.Permit;
import io.stipend.policy.Route;
import io.stipend.policy.config.QuotaFiles;
import io.stipend.policy.identity.KeyRing;
import io.stipend.policy.identity.NewKey;
import io.stipend.policy.limit.RequestLimits;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every way that a call can go, by rank and weight. */
class RoutesTest {
  private static final String REST =
      """
      people: { ada: { budget: { amount: 9 USD, every: year }, models: { deny: ["no/*"] } } }
      """;

  @TempDir Path folder;

  /** The routes of a call, such as {@code 0 a/gpt-5 1.00}. */
  private Permit permit(String yaml, ModelCall call) throws Exception {
    KeyRing ring = KeyRing.open(folder);
    PolicyStore store =
        new PolicyStore(PolicySnapshot.of(QuotaFiles.loaded(folder, yaml + REST)), ring);
    NewKey key = ring.create("ada", "", null, null, "root", NOW);
    ring.add(new KeyRecord(key.created(), null));
    SnapshotPolicy policy =
        new SnapshotPolicy(store, new RequestLimits(System::nanoTime), new Freezes());
    Entitlement ada = policy.authenticate(key.reveal(), NOW);
    return (Permit) policy.decide(ada, call, NOW);
  }

  private Permit permit(String yaml, String model) throws Exception {
    return permit(yaml, call("openai-chat", "openai", model, 0));
  }

  private static ModelCall call(String dialect, String vendor, String model, long thinking) {
    boolean thinks = thinking > 0;
    return new ModelCall(
        dialect, vendor, model, 9_000, 1, false, null, 100, 0, thinking, thinks, true);
  }

  private static String text(Route route) {
    return "%d %s/%s %.2f"
        .formatted(
            route.rank(),
            route.provider().upstream(),
            route.model(),
            route.weight() / (double) Route.WHOLE);
  }

  @Test
  void oneProviderWithOneKeyIsNoChoice() throws Exception {
    Permit permit = permit("providers: { openai: { url: 'http://a' } }\n", "gpt-5");
    assertThat(permit.routes()).isEmpty();
  }

  @Test
  void withoutWeightsTheFirstWorksAndTheOthersStandByInTheOrderOfTheFile() throws Exception {
    Permit permit =
        permit(
            """
            providers:
              a: { url: 'http://a', dialect: openai }
              c: { url: 'http://c', dialect: openai }
              b: { url: 'http://b', dialect: openai, models: ["gpt-5"] }
            """,
            "gpt-5");
    assertThat(permit.routes())
        .extracting(RoutesTest::text)
        .containsExactly("0 a/gpt-5 1.00", "1 c/gpt-5 1.00", "2 b/gpt-5 1.00");
  }

  @Test
  void thoseWithAWeightShareAndKeysShareTheWeightOfTheirProvider() throws Exception {
    Permit permit =
        permit(
            """
            providers:
              a: { url: 'http://a', dialect: openai }
              b: { url: 'http://b', dialect: openai, weight: 3, keys: { x: { key: k, weight: 2 }, y: l } }
              c: { url: 'http://c', dialect: openai, weight: 1 }
            """,
            "gpt-5");
    assertThat(permit.routes())
        .extracting(RoutesTest::text)
        .containsExactly(
            "1 a/gpt-5 1.00", "0 b/x/gpt-5 2.00", "0 b/y/gpt-5 1.00", "0 c/gpt-5 1.00");
  }

  @Test
  void fallbacksComeAfterAllWhoServeTheModelAndNobodyTwice() throws Exception {
    Permit permit =
        permit(
            """
            providers:
              a: { url: 'http://a', dialect: openai }
              b: { url: 'http://b', dialect: openai, models: [gpt-5-mini], weight: 2 }
            models: { fallback: { gpt-5: [gpt-5-mini, a/gpt-5, gpt-4o] } }
            """,
            "gpt-5");
    assertThat(permit.routes())
        .extracting(RoutesTest::text)
        .containsExactly(
            "0 a/gpt-5 1.00", "2 a/gpt-5-mini 1.00", "1 b/gpt-5-mini 2.00", "3 a/gpt-4o 1.00");
    // Each at its own price.
    Route mini = permit.routes().get(1);
    assertThat(permit.by(mini).rating()).isSameAs(mini.rating());
    assertThat(mini.rating().ceiling(1_000, 1_000, null).nanos())
        .isLessThan(permit.rating().ceiling(1_000, 1_000, null).nanos());
  }

  @Test
  void whatTheCallerMayNotUseOrSpeaksAnotherApiOrHasNoPriceIsNoRoute() throws Exception {
    Permit permit =
        permit(
            """
            providers:
              a: { url: 'http://a', dialect: openai }
              no: { url: 'http://b', dialect: openai }
              anthropic: { url: 'http://c', models: ["*"] }
              gpu: { url: 'http://d', dialect: openai, prices: azure, models: ["gpt-5"] }
            """,
            "gpt-5");
    assertThat(permit.routes()).isEmpty();
    assertThat(permit.provider().name()).isEqualTo("a");
  }

  @Test
  void aFallbackWithoutRoomForTheThinkingThatIsAskedForIsNoRoute() throws Exception {
    String yaml =
        """
        providers: { anthropic: { url: 'http://a' } }
        models: { fallback: { claude-haiku-4-5: [claude-3-haiku-20240307, claude-sonnet-4-5] } }
        """;
    ModelCall thinks = call("anthropic-messages", "anthropic", "claude-haiku-4-5", 8_000);
    assertThat(permit(yaml, thinks).routes())
        .extracting(Route::model)
        .containsExactly("claude-haiku-4-5", "claude-sonnet-4-5");
    ModelCall plain = call("anthropic-messages", "anthropic", "claude-haiku-4-5", 0);
    assertThat(permit(yaml, plain).routes()).hasSize(3);
  }

  @Test
  void whereAPathTakesTheBodiesOfOneMakerAloneItsModelsAreTheOnlyFallbacks() throws Exception {
    String haiku = "eu.anthropic.claude-haiku-4-5-20251001-v1:0";
    String sonnet = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0";
    String yaml =
        """
        providers: { bedrock: { region: eu-west-1, key: k } }
        models: { fallback: { "%s": ["amazon.nova-lite-v1:0", "%s"] } }
        """
            .formatted(haiku, sonnet);
    assertThat(permit(yaml, call("bedrock-invoke", "bedrock", haiku, 0)).routes())
        .extracting(Route::model)
        .containsExactly(haiku, sonnet);
    assertThat(permit(yaml, call("bedrock-converse", "bedrock", haiku, 0)).routes()).hasSize(3);
  }

  @Test
  void aModelThatIsWrittenWithItsProviderGoesThereAlone() throws Exception {
    Permit permit =
        permit(
            """
            providers:
              a: { url: 'http://a', dialect: openai }
              b: { url: 'http://b', dialect: openai }
            """,
            "b/gpt-5");
    assertThat(permit.routes()).isEmpty();
    assertThat(permit.provider().name()).isEqualTo("b");
  }
}
