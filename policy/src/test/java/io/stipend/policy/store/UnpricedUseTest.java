package io.stipend.policy.store;

import static io.stipend.policy.config.QuotaFiles.NOW;
import static io.stipend.policy.config.QuotaFiles.PROVIDERS;
import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.MediaTokens;
import io.stipend.metering.Meter;
import io.stipend.metering.Units;
import io.stipend.metering.ledger.KeyRecord;
import io.stipend.policy.Decision;
import io.stipend.policy.Entitlement;
import io.stipend.policy.ModelCall;
import io.stipend.policy.Permit;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import io.stipend.policy.config.QuotaFiles;
import io.stipend.policy.identity.KeyRing;
import io.stipend.policy.identity.NewKey;
import io.stipend.policy.limit.RequestLimits;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nothing that a priced model does is free because its price is missing or not counted. */
class UnpricedUseTest {
  private static final Units SEARCH = Units.of(Meter.WEB_SEARCH, 1);

  @TempDir Path folder;
  private KeyRing ring;
  private SnapshotPolicy policy;

  @BeforeEach
  void open() throws IOException {
    ring = KeyRing.open(folder);
    String yaml =
        PROVIDERS
            + """
              gemini: { url: "https://127.0.0.1:9", key: "k" }
            models: { allow: ["*"] }
            allowances:
              money: { amount: 400 USD, every: month }
              tokens: { amount: 5000000 tokens, every: month }
            teams: { counted: { budget: { amount: 9 tokens, every: day } } }
            people:
              ada: { allowance: money }
              bob: { allowance: tokens }
              eva: { team: counted, allowance: money }
            """;
    PolicyStore store = new PolicyStore(PolicySnapshot.of(QuotaFiles.loaded(folder, yaml)), ring);
    policy = new SnapshotPolicy(store, new RequestLimits(() -> 0), new Freezes());
  }

  private Entitlement entitled(String person) {
    NewKey key = ring.create(person, "", "apollo", null, "root", NOW);
    ring.add(new KeyRecord(key.created(), null));
    return policy.authenticate(key.reveal(), NOW);
  }

  private static ModelCall call(String vendor, String model, Units units) {
    return new ModelCall(vendor + "-x", vendor, model, 100, 1, false, null, 9, 0, 0, false, true)
        .with(MediaTokens.NONE, units, null);
  }

  private Decision decide(String person, String model, Units units) {
    String vendor = model.startsWith("gemini") ? "gemini" : "openai";
    return policy.decide(entitled(person), call(vendor, model, units), NOW);
  }

  private void refused(String person, String model, Units units, String message) {
    Refusal refusal = (Refusal) decide(person, model, units);
    assertThat(refusal.reason()).isEqualTo(RefusalReason.UNPRICED_MODEL);
    assertThat(refusal.param()).isEqualTo("model");
    assertThat(refusal.message()).isEqualTo(message);
  }

  @Test
  void aToolWithoutAPriceIsRefusedByItsName() {
    assertThat(decide("ada", "gpt-5", SEARCH)).isInstanceOf(Permit.class);
    assertThat(decide("ada", "gemini-3.5-flash", SEARCH)).isInstanceOf(Permit.class);
    refused(
        "ada",
        "gemini-3.7-flash",
        SEARCH,
        "The model `gemini-3.7-flash` has no price per web search here, so it cannot be used with"
            + " that.");
    refused(
        "ada",
        "gpt-5",
        SEARCH.plus(Units.of(Meter.FILE_SEARCH, 1)),
        "The model `gpt-5` has no price per file search here, so it cannot be used with that.");
  }

  @Test
  void aModelThatIsBilledByTheUnitIsNoModelForTokens() {
    refused(
        "ada",
        "whisper-1",
        Units.NONE,
        "The model `whisper-1` has no price per token here, so it cannot be used like this.");
    refused(
        "ada",
        "whisper-1",
        Units.of(Meter.CHARACTER, 10),
        "The model `whisper-1` has no price per character here, so it cannot be used with that.");
    assertThat(decide("ada", "whisper-1", Units.of(Meter.SECOND, 10))).isInstanceOf(Permit.class);
    assertThat(decide("ada", "gpt-4o-mini-tts", Units.of(Meter.CHARACTER, 10)))
        .as("its tokens stand for the characters")
        .isInstanceOf(Permit.class);
  }

  @Test
  void aBudgetOfTokensRefusesWhatHasNone() {
    Units words = Units.of(Meter.CHARACTER, 10);

    refused(
        "bob",
        "tts-1",
        words,
        "The budget person/bob counts tokens, and the model `tts-1` is priced per character, so it"
            + " cannot be used.");
    refused(
        "eva",
        "tts-1",
        words,
        "The budget team/counted counts tokens, and the model `tts-1` is priced per character, so"
            + " it cannot be used.");
    assertThat(decide("ada", "tts-1", words)).isInstanceOf(Permit.class);
    assertThat(decide("bob", "gpt-4o-mini-tts", words)).isInstanceOf(Permit.class);
    assertThat(decide("bob", "gpt-5", SEARCH)).as("a fee is money only").isInstanceOf(Permit.class);
  }

  @Test
  void noCallIsMovedToAModelOnWhichItsToolHasNoPrice() {
    Entitlement ada = entitled("ada");
    ModelCall call = call("gemini", "gemini-3.5-flash", SEARCH);
    Permit had = (Permit) policy.decide(ada, call, NOW);

    assertThat(policy.instead(ada, call, had, "gemini-2.5-flash", NOW)).isNotNull();
    assertThat(policy.instead(ada, call, had, "gemini-3.7-flash", NOW)).isNull();
  }

  @Test
  void anAnswerThatTellsNoTokensIsNoneOfAModelThatIsPricedByThem() {
    Refusal untold = Refusal.ofField("stream_format", "set stream_format to sse");
    Units spoken = Units.of(Meter.CHARACTER, 10);
    for (String model : new String[] {"gpt-4o-mini-tts", "tts-1"}) {
      ModelCall call = call("openai", model, spoken).untold(untold);
      Decision decision = policy.decide(entitled("ada"), call, NOW);
      if (model.equals("tts-1")) {
        assertThat(decision).as("priced by the character").isInstanceOf(Permit.class);
      } else {
        assertThat(decision).isSameAs(untold);
      }
    }
    assertThat(decide("ada", "gpt-4o-mini-tts", spoken)).isInstanceOf(Permit.class);
  }
}
