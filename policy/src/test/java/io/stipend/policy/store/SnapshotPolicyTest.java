package io.stipend.policy.store;

import static io.stipend.policy.config.QuotaFiles.NOW;
import static io.stipend.policy.config.QuotaFiles.PROVIDERS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.metering.ledger.KeyRecord;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.policy.Decision;
import io.stipend.policy.Entitlement;
import io.stipend.policy.ModelCall;
import io.stipend.policy.Permit;
import io.stipend.policy.PolicyEngine.ModelListing;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.config.QuotaFiles;
import io.stipend.policy.identity.KeyRing;
import io.stipend.policy.identity.NewKey;
import io.stipend.policy.limit.RequestLimits;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotPolicyTest {
  private static final String YAML =
      """
      gateway: { contact: "Ask #llm-budget." }
      """
          + PROVIDERS
          + """
            local: { url: "http://gpu-1:8000", dialect: openai, models: ["llama-*", "gpt-5-mini"] }
          models:
            allow: ["gpt-5*", "claude-*", "llama-*"]
            deny: ["gpt-5-pro"]
            aliases: { fast: gpt-5-mini, gpt-5-nano: gpt-5-mini, near: local/gpt-5-mini }
          allowances: { engineer: { amount: 400 USD, every: month } }
          organisation: { budget: { amount: 250000 USD, every: quarter } }
          groups:
            research: { group: science, models: ["gpt-*", "llama-*", "claude-haiku-*"] }
            science: { budget: { amount: 90000 USD, every: year } }
          teams:
            payments: { group: research, cost_center: CC-1, limits: { concurrent: 2 } }
            infra: { group: research, budget: { amount: 9000 USD, every: month } }
          people:
            ada: { team: payments, allowance: engineer }
            eva: { team: infra, allowance: engineer }
            dan: { allowance: engineer, timezone: Asia/Tokyo, since: 2026-12-01, until: 2026-12-24 }
            bob: { allowance: engineer, models: [gpt-5-mini], limits: { requests_per_minute: 2 } }
            cy: { allowance: engineer, limits: { tokens_per_minute: 5000 } }
          services:
            bot: { team: payments }
          """;

  @TempDir Path folder;
  private final AtomicLong nanos = new AtomicLong();
  private final Freezes freezes = new Freezes();
  private KeyRing ring;
  private PolicyStore store;
  private SnapshotPolicy policy;

  @BeforeEach
  void open() throws IOException {
    ring = KeyRing.open(folder);
    store = new PolicyStore(snapshot(YAML), ring);
    policy = new SnapshotPolicy(store, new RequestLimits(nanos::get), freezes);
  }

  private PolicySnapshot snapshot(String yaml) {
    return PolicySnapshot.of(QuotaFiles.loaded(folder, yaml));
  }

  private NewKey key(String person, Instant expires) {
    NewKey key = ring.create(person, "", "apollo", expires, "root", NOW);
    ring.add(new KeyRecord(key.created(), null));
    return key;
  }

  private Entitlement entitled(String person) {
    return policy.authenticate(key(person, null).reveal(), NOW);
  }

  private static ModelCall call(String vendor, String model, long bytes) {
    return new ModelCall(
        vendor + "-x", vendor, model, 100, 1, false, null, bytes, 0, 0, false, true);
  }

  private Decision decide(String person, String vendor, String model) {
    return policy.decide(entitled(person), call(vendor, model, 100), NOW);
  }

  private Permit permit(String person, String vendor, String model) {
    Decision decision = decide(person, vendor, model);
    assertThat(decision).isInstanceOf(Permit.class);
    return (Permit) decision;
  }

  private Refusal refusal(String person, String vendor, String model) {
    Decision decision = decide(person, vendor, model);
    assertThat(decision).isInstanceOf(Refusal.class);
    return (Refusal) decision;
  }

  @Test
  void aCallThatCostsNothingNeedsNoPriceButMustBeAllowed() {
    Permit permit = (Permit) free("llama-guard");
    assertThat(permit.provider().name()).isEqualTo("local");
    assertThat(permit.rating().maxOutputTokens()).isZero();
    assertThatThrownBy(() -> permit.rating().ceiling(1, 0, null))
        .isInstanceOf(IllegalStateException.class);
    assertThat(((Permit) free("gpt-5-moderation")).provider().name()).isEqualTo("openai");
    assertThat(((Permit) free("openai/gpt-5-moderation")).model()).isEqualTo("gpt-5-moderation");
    assertThat(((Permit) free("fast")).model()).isEqualTo("gpt-5-mini");
    assertThat(((Refusal) free("omni-moderation-latest")).reason())
        .isEqualTo(RefusalReason.MODEL_NOT_ALLOWED);
    assertThat(((Refusal) free("local/gpt-5-moderation")).reason())
        .isEqualTo(RefusalReason.UNKNOWN_MODEL);
    assertThat(refusal("eva", "openai", "gpt-5-moderation").reason())
        .as("the same model where it costs")
        .isEqualTo(RefusalReason.UNKNOWN_MODEL);
  }

  private Decision free(String model) {
    ModelCall call =
        new ModelCall("openai-x", "openai", model, 0, 1, false, null, 10, 0, 0, false, false);
    return policy.decide(entitled("eva"), call, NOW);
  }

  @Test
  void anotherModelIsPermittedOnTheSameLeaseIfTheCallCouldHaveHadIt() {
    Entitlement bob = entitled("bob");
    Entitlement cy = entitled("cy");
    ModelCall call = call("openai", "gpt-5", 100);
    Permit had = (Permit) policy.decide(cy, call, NOW);
    Permit mini = policy.instead(cy, call, had, "gpt-5-mini", NOW);
    assertThat(mini.provider().name()).isEqualTo("openai");
    assertThat(mini.model()).isEqualTo("gpt-5-mini");
    assertThat(mini.rating().ceiling(1_000, 1_000, null).nanos())
        .isLessThan(had.rating().ceiling(1_000, 1_000, null).nanos());
    assertThat(mini.lease()).isSameAs(had.lease());
    assertThat(mini.budgets()).isEqualTo(had.budgets());
    Permit local = policy.instead(cy, call, had, "local/gpt-5-mini", NOW);
    assertThat(local.provider().name()).isEqualTo("local");
    assertThat(local.model()).isEqualTo("gpt-5-mini");
    assertThat(policy.instead(cy, call, had, "fast", NOW)).as("an alias").isNull();
    assertThat(policy.instead(cy, call, had, "gpt-5-pro", NOW)).as("denied").isNull();
    assertThat(policy.instead(cy, call, had, "llama-3", NOW)).as("unpriced").isNull();
    assertThat(policy.instead(cy, call, had, "claude-haiku-4-5", NOW)).as("another API").isNull();
    assertThat(policy.instead(bob, call, had, "gpt-5-nano", NOW)).as("not bob's").isNull();
    assertThat(policy.instead(bob, call, had, "gpt-5-mini", NOW)).as("bob's").isNotNull();
  }

  @Test
  void anotherModelTakesNothingFromTheLimits() {
    Entitlement bob = entitled("bob");
    ModelCall call = call("openai", "gpt-5-mini", 100);
    Permit had = (Permit) policy.decide(bob, call, NOW);
    for (int i = 0; i < 10; i++) {
      assertThat(policy.instead(bob, call, had, "gpt-5-mini", NOW)).isNotNull();
    }
    assertThat(policy.decide(bob, call, NOW)).isInstanceOf(Permit.class);
    assertThat(policy.decide(bob, call, NOW)).isInstanceOf(Refusal.class);
  }

  @Test
  void aPermitHoldsThePersonThePriceAndEveryBudgetNearestFirst() {
    Permit permit = permit("ada", "openai", "gpt-5-mini");
    assertThat(permit.principal().id()).isEqualTo("ada");
    assertThat(permit.principal().team()).isEqualTo("payments");
    assertThat(permit.principal().costCenter()).isEqualTo("CC-1");
    assertThat(permit.principal().project()).isEqualTo("apollo");
    assertThat(permit.provider().name()).isEqualTo("openai");
    assertThat(permit.model()).isEqualTo("gpt-5-mini");
    assertThat(permit.rating().ceiling(1_000_000, 0, null).nanos()).isPositive();
    assertThat(permit.budgets())
        .extracting(BudgetRule::budget)
        .containsExactly("person/ada", "group/science", "organisation");
    assertThat(permit("eva", "openai", "gpt-5-mini").budgets())
        .extracting(BudgetRule::budget)
        .containsExactly("person/eva", "team/infra", "group/science", "organisation");
  }

  @Test
  void everyKeyOfAPersonHasTheSameBudgets() {
    assertThat(entitled("ada").budgets()).isEqualTo(entitled("ada").budgets());
    assertThat(entitled("ada").principal().keyId())
        .isNotEqualTo(entitled("ada").principal().keyId());
  }

  @Test
  void anAliasIsResolvedOnceBeforeItIsAuthorizedAndPriced() {
    assertThat(permit("bob", "openai", "fast").model()).isEqualTo("gpt-5-mini");
    assertThat(permit("bob", "openai", "gpt-5-nano").model()).isEqualTo("gpt-5-mini");
    assertThat(permit("ada", "openai", "near").provider().name()).isEqualTo("local");
    assertThat(permit("ada", "openai", "openai/gpt-5-nano").model()).isEqualTo("gpt-5-nano");
    assertThat(refusal("ada", "openai", "openai/fast").reason())
        .isEqualTo(RefusalReason.UNKNOWN_MODEL);
  }

  @Test
  void aProviderPrefixPicksTheProviderAndTheFirstInTheFileServesElse() {
    assertThat(permit("ada", "openai", "local/gpt-5-mini").provider().name()).isEqualTo("local");
    assertThat(permit("ada", "openai", "gpt-5-mini").provider().name()).isEqualTo("openai");
    assertThat(refusal("ada", "openai", "local/gpt-5").reason())
        .isEqualTo(RefusalReason.UNKNOWN_MODEL);
    assertThat(refusal("ada", "openai", "azure/gpt-5").reason())
        .isEqualTo(RefusalReason.UNKNOWN_MODEL);
  }

  @Test
  void namesMatchExactlyCaseAndSpacesIncluded() {
    for (String name :
        new String[] {"GPT-5-mini", "gpt-5-mini ", " gpt-5-mini", "Fast", "gpt5", ""}) {
      assertThat(refusal("ada", "openai", name).reason())
          .as(name)
          .isEqualTo(RefusalReason.UNKNOWN_MODEL);
    }
  }

  @Test
  void anUnknownModelIsRefusedWithAGuessAndWhomToAsk() {
    Refusal refusal = refusal("ada", "openai", "gpt-5-mni");
    assertThat(refusal.message())
        .isEqualTo(
            "The model `gpt-5-mni` does not exist here; did you mean gpt-5-mini? Ask #llm-budget.");
    assertThat(refusal.param()).isEqualTo("model");
    assertThat(refusal("ada", "openai", "claude-haiku-4-5").message())
        .contains("is served by anthropic, which speaks another API: anthropic");
    assertThat(refusal("ada", "openai", "x\r\nevil\u001b[0m").message()).contains("`x??evil?[0m`");
  }

  @Test
  void everyLevelMustAllowAModel() {
    assertThat(permit("bob", "openai", "gpt-5-mini")).isNotNull();
    assertThat(refusal("bob", "openai", "gpt-5").reason())
        .isEqualTo(RefusalReason.MODEL_NOT_ALLOWED);
    assertThat(refusal("ada", "anthropic", "claude-opus-4-5").reason())
        .isEqualTo(RefusalReason.MODEL_NOT_ALLOWED);
    assertThat(permit("cy", "anthropic", "claude-opus-4-5")).isNotNull();
    assertThat(refusal("ada", "openai", "gpt-5-pro").reason())
        .isEqualTo(RefusalReason.MODEL_NOT_ALLOWED);
    assertThat(refusal("ada", "openai", "gpt-4o").reason())
        .isEqualTo(RefusalReason.MODEL_NOT_ALLOWED);
  }

  @Test
  void aModelWithoutAPriceIsRefusedByTheNameThatWasWritten() {
    Refusal refusal = refusal("ada", "openai", "local/llama-3");
    assertThat(refusal.reason()).isEqualTo(RefusalReason.UNPRICED_MODEL);
    assertThat(refusal.message()).contains("`local/llama-3`");
  }

  @Test
  void theListingHoldsWhatMayBeUsedAndNothingElse() {
    assertThat(policy.models(entitled("bob"), NOW))
        .containsExactly(
            new ModelListing("fast", "openai", "openai"),
            new ModelListing("gpt-5-mini", "openai", "openai"),
            new ModelListing("gpt-5-nano", "openai", "openai"),
            new ModelListing("near", "local", "openai"));
    assertThat(policy.models(entitled("ada"), NOW))
        .extracting(ModelListing::id)
        .contains("gpt-5", "claude-haiku-4-5")
        .doesNotContain("gpt-5-pro", "claude-opus-4-5", "gpt-4o", "llama-3")
        .isSorted();
    for (ModelListing listing : policy.models(entitled("ada"), NOW)) {
      Permit permit = permit("ada", listing.vendor(), listing.id());
      assertThat(permit.provider().name()).as(listing.id()).isEqualTo(listing.provider());
      permit.lease().close();
    }
  }

  @Test
  void limitsRefuseWithTheScopeTheLimitAndWhenToComeBack() {
    Entitlement bob = entitled("bob");
    ModelCall call = call("openai", "fast", 100);
    policy.decide(bob, call, NOW);
    policy.decide(bob, call, NOW);
    Refusal refusal = (Refusal) policy.decide(bob, call, NOW);
    assertThat(refusal.reason()).isEqualTo(RefusalReason.REQUEST_RATE);
    assertThat(refusal.message())
        .isEqualTo("person/bob may send 2 requests per minute; try again in 60 s.");
    assertThat(refusal.retryAfter()).isEqualTo(Duration.ofSeconds(60));

    Permit first = permit("ada", "openai", "fast");
    permit("bot", "openai", "fast");
    assertThat(refusal("ada", "openai", "fast").reason()).isEqualTo(RefusalReason.CONCURRENCY);
    first.lease().close();
    permit("bot", "openai", "fast");

    Entitlement cy = entitled("cy");
    assertThat(policy.decide(cy, call("openai", "fast", 12_000), NOW)).isInstanceOf(Permit.class);
    Refusal tokens = (Refusal) policy.decide(cy, call("openai", "fast", 12_000), NOW);
    assertThat(tokens.reason()).isEqualTo(RefusalReason.TOKEN_RATE);
    assertThat(tokens.message())
        .isEqualTo(
            "person/cy may use 5000 tokens per minute, and this request may need 4100; try again"
                + " in 60 s.");
    assertThat(tokens.rates().tokens().limit()).isEqualTo(5_000);
    assertThat(tokens.rates().tokens().remaining()).isEqualTo(900);
    assertThat(tokens.rates().tokens().resetsAt()).isEqualTo(NOW.plusSeconds(60));
    assertThat(((Refusal) policy.decide(cy, call("openai", "fast", 30_000), NOW)).message())
        .contains("it must be smaller");
  }

  private Decision decide(NewKey key, String vendor, String model) {
    return policy.decide(policy.authenticate(key.reveal(), NOW), call(vendor, model, 100), NOW);
  }

  @Test
  void aLimitOfModelsCountsTheModelThatServesWhoeverAsks() {
    store.swap(
        snapshot(
            YAML.replace(
                "organisation: {",
                "organisation: { limits: { models: { \"gpt-5-m*\": { requests_per_minute: 2 } } },")));
    permit("ada", "openai", "fast").lease().close();
    permit("cy", "openai", "gpt-5").lease().close();
    permit("cy", "openai", "openai/gpt-5-mini").lease().close();
    Refusal refusal = refusal("bot", "openai", "fast");
    assertThat(refusal.reason()).isEqualTo(RefusalReason.REQUEST_RATE);
    assertThat(refusal.message())
        .startsWith("organisation for gpt-5-m* may send 2 requests per minute;");
    permit("bot", "openai", "gpt-5");
  }

  @Test
  void aLimitOfEachKeyOrPersonIsSharedWithNoOther() {
    String limits =
        "limits: { per_key: { requests_per_minute: 2 }, per_person: { requests_per_minute: 3 } }";
    store.swap(snapshot(YAML.replace("limits: { concurrent: 2 }", limits)));
    NewKey one = key("ada", null);
    NewKey two = key("ada", null);
    NewKey bot = key("bot", null);
    for (NewKey key : new NewKey[] {one, one, two, bot, bot}) {
      assertThat(decide(key, "openai", "fast")).isInstanceOf(Permit.class);
    }
    assertThat(((Refusal) decide(one, "openai", "fast")).message())
        .startsWith("key/" + one.created().keyId() + " of team/payments may send 2 requests");
    assertThat(((Refusal) decide(two, "openai", "fast")).message())
        .startsWith("person/ada of team/payments may send 3 requests");
    assertThat(((Refusal) decide(bot, "openai", "fast")).message())
        .startsWith("key/" + bot.created().keyId());
  }

  @Test
  void aChangedFileKeepsWhatWasUsedAndHoldsForTheNextRequest() {
    NewKey bob = key("bob", null);
    assertThat(decide(bob, "openai", "fast")).isInstanceOf(Permit.class);
    assertThat(decide(bob, "openai", "fast")).isInstanceOf(Permit.class);
    store.swap(snapshot(YAML.replace("requests_per_minute: 2", "requests_per_minute: 3")));
    assertThat(decide(bob, "openai", "fast")).isInstanceOf(Permit.class);
    assertThat(decide(bob, "openai", "fast")).isInstanceOf(Refusal.class);
    store.swap(snapshot(YAML.replace("requests_per_minute: 2", "requests_per_minute: 1")));
    nanos.addAndGet(Duration.ofSeconds(59).toNanos());
    assertThat(((Refusal) decide(bob, "openai", "fast")).retryAfter()).hasSeconds(1);
  }

  @Test
  void aRefusedModelTakesNothingFromTheLimits() {
    Entitlement bob = entitled("bob");
    for (int i = 0; i < 5; i++) {
      policy.decide(bob, call("openai", "gpt-5", 1), NOW);
    }
    assertThat(policy.decide(bob, call("openai", "fast", 1), NOW)).isInstanceOf(Permit.class);
  }

  @Test
  void badCredentialsAreNobodys() {
    assertThat(policy.authenticate(null, NOW)).isNull();
    assertThat(policy.authenticate("", NOW)).isNull();
    assertThat(policy.authenticate("sk-stipend-x", NOW)).isNull();
    assertThat(policy.authenticate(QuotaFiles.OPENAI_KEY, NOW)).isNull();
    assertThat(policy.authenticate("x".repeat(1_000_000), NOW)).isNull();
  }

  @Test
  void aKeyThatWasRefusedBeforeItWasAddedIsKnownOnceItIs() {
    NewKey key = ring.create("ada", "", null, null, "root", NOW);
    assertThat(policy.authenticate(key.reveal(), NOW)).isNull();
    ring.add(new KeyRecord(key.created(), null));
    assertThat(policy.authenticate(key.reveal(), NOW)).isNotNull();
  }

  @Test
  void revocationAndExpiryBiteOnTheNextRequestAlsoWhereAKeyIsCached() {
    NewKey key = key("ada", NOW.plusSeconds(60));
    NewKey other = key("ada", null);
    assertThat(policy.authenticate(key.reveal(), NOW)).isNotNull();
    assertThat(policy.authenticate(key.reveal(), NOW.plusSeconds(60))).isNull();
    assertThat(policy.authenticate(key.reveal(), NOW.plusSeconds(59))).isNotNull();
    ring.revoke(key.created().keyId(), "root", NOW);
    assertThat(policy.authenticate(key.reveal(), NOW)).isNull();
    assertThat(policy.authenticate(other.reveal(), NOW)).isNotNull();
  }

  @Test
  void aSwappedSnapshotHoldsForTheNextRequest() {
    NewKey ada = key("ada", null);
    NewKey dee = key("dee", null);
    Entitlement before = policy.authenticate(ada.reveal(), NOW);
    assertThat(policy.authenticate(dee.reveal(), NOW)).isNull();

    PolicySnapshot next = snapshot(YAML.replace("  ada: {", "  dee: {"));
    store.swap(next);

    assertThat(policy.authenticate(ada.reveal(), NOW)).isNull();
    assertThat(policy.authenticate(dee.reveal(), NOW).principal().id()).isEqualTo("dee");
    Decision decision = policy.decide(before, call("openai", "fast", 1), NOW);
    assertThat(((Refusal) decision).reason()).isEqualTo(RefusalReason.BAD_CREDENTIAL);
    assertThat(policy.models(before, NOW)).isEmpty();
  }

  @Test
  void aKeySaysWhetherItsOwnerIsAService() {
    assertThat(entitled("ada").principal().service()).isFalse();
    assertThat(entitled("bot").principal().service()).isTrue();
    assertThat(entitled("nobody")).isNull();
  }

  @Test
  void whoHasNotComeYetOrHasGoneIsRefusedWithTheDayInTheirZone() {
    Entitlement dan = entitled("dan");
    ModelCall call = call("openai", "gpt-5-mini", 100);
    for (String[] edge :
        new String[][] {
          {"2026-11-30T14:59:59Z", "The owner of this key is entitled from 2026-12-01 on."},
          {"2026-12-24T15:00:00Z", "The owner of this key is entitled until 2026-12-24 only."}
        }) {
      Instant at = Instant.parse(edge[0]);
      assertThat(policy.decide(dan, call, at))
          .isEqualTo(Refusal.of(RefusalReason.BAD_CREDENTIAL, edge[1]));
      assertThat(policy.models(dan, at)).isEmpty();
    }
    for (String at : new String[] {"2026-11-30T15:00:00Z", "2026-12-24T14:59:59Z"}) {
      assertThat(policy.decide(dan, call, Instant.parse(at))).isInstanceOf(Permit.class);
      assertThat(policy.models(dan, Instant.parse(at))).isNotEmpty();
    }
  }

  @Test
  void aPriceIsThatOfTheInstant() {
    Entitlement ada = entitled("ada");
    Decision long_ago =
        policy.decide(ada, call("openai", "gpt-5-mini", 1), Instant.parse("2019-01-01T00:00:00Z"));
    assertThat(((Refusal) long_ago).reason()).isEqualTo(RefusalReason.UNPRICED_MODEL);
  }

  @Test
  void whoIsFrozenIsRefusedAndNobodyElseUntilItIsUndone() {
    freezes.apply(frozen("person/ada", true));

    Refusal refusal = refusal("ada", "openai", "gpt-5-mini");
    assertThat(refusal.reason()).isEqualTo(RefusalReason.FROZEN);
    assertThat(refusal.message()).contains("person/ada is frozen").contains("Ask #llm-budget.");
    assertThat(refusal("ada", "openai", "no-such-model").reason())
        .as("before the model")
        .isEqualTo(RefusalReason.FROZEN);
    assertThat(policy.models(entitled("ada"), NOW)).isEmpty();
    assertThat(permit("bob", "openai", "gpt-5-mini")).isNotNull();

    freezes.apply(frozen("service/ada", false));
    assertThat(decide("ada", "openai", "gpt-5-mini")).isInstanceOf(Refusal.class);
    freezes.apply(frozen("person/ada", false));
    assertThat(permit("ada", "openai", "gpt-5-mini")).isNotNull();
  }

  private static LedgerEntry.Frozen frozen(String scope, boolean frozen) {
    return new LedgerEntry.Frozen(NOW, "id", scope, frozen, "on leave", "eve");
  }
}
