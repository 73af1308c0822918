package io.stipend.policy.config;

import static io.stipend.policy.config.QuotaFiles.PROVIDERS;
import static io.stipend.policy.config.QuotaFiles.loaded;
import static io.stipend.policy.config.QuotaFiles.valid;
import static io.stipend.policy.config.QuotaFiles.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.Unit;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Every;
import io.stipend.policy.budget.Rules;
import io.stipend.policy.budget.WhenShort;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuotaFileTest {
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
  private static final ZoneId NEW_YORK = ZoneId.of("America/New_York");

  private static final String FULL =
      """
      version: 1
      gateway:
        listen: 127.0.0.1:8080
        admin: "[::1]:0"
        data: ./stipend-data
        durability: strict
        tls: { certificate: file:./tls.crt, key: file:./tls.key }
        limits: { body_bytes: 64KiB, json_depth: 64, header_time: 500ms, connections: 10 }
        drain: { time: 5m }
        client_gone: { time: 10s, bytes: 1MiB }
        upstream: { proxy: "http://proxy:3128", ca: file:./ca.pem }
        event_loops: 2
        refusals: { openai-chat: 402, /v1/messages: 429, openai-embeddings: 403, /v1/completions: 402 }
        contact: "ask #llm-budget"
      calendar: { timezone: Europe/Berlin, currency: USD }
      providers:
        openai:    { url: "https://api.openai.com/", key: "${OPENAI_API_KEY}" }
        anthropic: { url: "https://api.anthropic.com", key: file:anthropic.key }
        gemini:    { url: "https://generativelanguage.googleapis.com" }
        local:     { url: "http://gpu-1:8000/llm", dialect: openai, models: ["llama-*"] }
      rate_cards: [builtin]
      models:
        allow: ["gpt-5*", "claude-*"]
        deny: ["gpt-5-pro"]
        aliases: { fast: gpt-5-mini, smart: anthropic/claude-opus-4-5 }
        unpriced: refuse
      allowances:
        engineer: { amount: 400.50 USD, every: month, when_short: [clamp, refuse] }
        intern:
          amount: 5000000 tokens
          every: month
          when_short: [refuse]
          clamp_floor: 256
          overshoot: 2000 tokens
      organisation: { budget: { amount: 250000 USD, every: quarter } }
      groups:
        research: { group: science, budget: { amount: 60000 USD, every: month } }
        science: { budget: { amount: 90000 USD, every: year }, models: ["claude-*"] }
      teams:
        payments:
          group: research
          cost_center: CC-4410
          budget: [{ amount: 12000 USD, every: month }, { amount: 900 USD, every: day }]
          models: { allow: ["gpt-*", "claude-*"] }
          limits: { concurrent: 64 }
      people:
        ada: { name: Ada L., team: payments, allowance: engineer, timezone: America/New_York }
        bob:
          team: payments
          allowance: [engineer, intern]
          budget: { amount: 20 USD, every: day }
          limits: { requests_per_minute: 60, tokens_per_minute: 200000, concurrent: 8 }
          models: [gpt-5-mini]
        eve: { team: payments }
      services:
        ci-bot: { team: payments, budget: { amount: 30 USD, every: day } }
      people_from: people.csv
      """;

  @TempDir Path folder;

  private QuotaFile full() {
    write(folder, "anthropic.key", "sk-from-a-file\n");
    write(
        folder,
        "people.csv",
        """
        id,name,team,allowance,timezone,since,until,fte
        cy,"Cy ""C"" Young, Jr",payments,intern,Asia/Tokyo,,,

        dee,,,engineer,,,,
        """);
    return valid(folder, FULL);
  }

  @Test
  void aContactIsOneSentenceWithAndWithoutItsFullStop() {
    for (String written : List.of("ask #llm-budget", "ask #llm-budget.")) {
      GatewayConfig gateway =
          valid(folder, "gateway: { contact: '" + written + "' }\n" + QuotaFiles.PROVIDERS)
              .gateway();
      assertThat(gateway.contact()).as(written).isEqualTo("ask #llm-budget");
    }
  }

  @Test
  void everyKeyOfTheGatewayIsRead() {
    GatewayConfig gateway = full().gateway();
    assertThat(gateway.listen()).isEqualTo(new HostPort("127.0.0.1", 8080));
    assertThat(gateway.admin()).isEqualTo(new HostPort("::1", 0));
    assertThat(gateway.data()).isEqualTo(folder.resolve("stipend-data"));
    assertThat(gateway.durability()).isEqualTo(Durability.STRICT);
    assertThat(gateway.tls())
        .isEqualTo(new GatewayConfig.Tls(folder.resolve("tls.crt"), folder.resolve("tls.key")));
    assertThat(gateway.limits().sizes().bodyBytes()).isEqualTo(65_536);
    assertThat(gateway.limits().sizes().jsonDepth()).isEqualTo(64);
    assertThat(gateway.limits().sizes().headerBytes()).isEqualTo(32_768);
    assertThat(gateway.limits().times().header()).isEqualTo(Duration.ofMillis(500));
    assertThat(gateway.limits().counts().connections()).isEqualTo(10);
    assertThat(gateway.drain()).isEqualTo(Duration.ofMinutes(5));
    assertThat(gateway.clientGone())
        .isEqualTo(new GatewayConfig.ClientGone(Duration.ofSeconds(10), 1_048_576));
    assertThat(gateway.upstream().proxy()).hasToString("http://proxy:3128");
    assertThat(gateway.upstream().ca()).isEqualTo(folder.resolve("ca.pem"));
    assertThat(gateway.eventLoops()).isEqualTo(2);
    assertThat(gateway.refusals())
        .isEqualTo(
            Map.of(
                "openai-chat",
                402,
                "/v1/messages",
                429,
                "openai-embeddings",
                403,
                "/v1/completions",
                402));
    assertThat(gateway.contact()).isEqualTo("ask #llm-budget");
  }

  @Test
  void aProviderKnowsItsDialectByItsNameAndItsKeyFromItsSource() {
    QuotaFile file = full();
    assertThat(file.providers())
        .extracting(ProviderConfig::name, ProviderConfig::dialect, p -> p.url().toString())
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("openai", "openai", "https://api.openai.com"),
            org.assertj.core.groups.Tuple.tuple(
                "anthropic", "anthropic", "https://api.anthropic.com"),
            org.assertj.core.groups.Tuple.tuple(
                "gemini", "gemini", "https://generativelanguage.googleapis.com"),
            org.assertj.core.groups.Tuple.tuple("local", "openai", "http://gpu-1:8000/llm"));
    assertThat(file.providers().get(0).key().reveal()).isEqualTo(QuotaFiles.OPENAI_KEY);
    assertThat(file.providers().get(1).key().reveal()).isEqualTo("sk-from-a-file");
    assertThat(file.providers().get(2).key()).isNull();
    assertThat(file.providers().get(3).models()).containsExactly("llama-*");
  }

  @Test
  void everyBudgetAboveAPersonBindsNearestFirstInItsOwnZone() {
    QuotaFile file = full();
    List<BudgetRule> rules = file.budgets(file.principals().get("ada"));
    assertThat(rules)
        .extracting(BudgetRule::budget, BudgetRule::every, BudgetRule::zone)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("person/ada", Every.MONTH, NEW_YORK),
            org.assertj.core.groups.Tuple.tuple("team/payments", Every.MONTH, BERLIN),
            org.assertj.core.groups.Tuple.tuple("team/payments", Every.DAY, BERLIN),
            org.assertj.core.groups.Tuple.tuple("group/research", Every.MONTH, BERLIN),
            org.assertj.core.groups.Tuple.tuple("group/science", Every.YEAR, BERLIN),
            org.assertj.core.groups.Tuple.tuple("organisation", Every.QUARTER, BERLIN));
    assertThat(rules.get(0).amount()).isEqualTo(400_500_000_000L);
    assertThat(rules.get(0).unit()).isEqualTo(Unit.USD);
    assertThat(rules.get(0).whenShort()).containsExactly(WhenShort.CLAMP, WhenShort.REFUSE);
    assertThat(rules.get(0).clampFloor()).isEqualTo(1_024);
    assertThat(rules.get(0).overshoot()).isEqualTo(-1);
  }

  @Test
  void anAccountWhoseBudgetIsGoneHasTheCalendarOfWhatIsShared() {
    Rules rules = full().rules();
    AccountKey gone = new AccountKey("person/zoe", "2026-11", Unit.USD);

    assertThat(rules.of(gone)).isNull();
    assertThat(rules.of(new AccountKey("person/ada", "2026-11-23", Unit.USD)))
        .as("Ada has no budget of a day")
        .isNull();
    assertThat(rules.of(new AccountKey("person/ada", "2026-11", Unit.USD)).zone())
        .isEqualTo(NEW_YORK);
    assertThat(rules.calendar().endOf(gone.period())).isEqualTo("2026-11-30T23:00:00Z");
    assertThat(rules.none().of(new AccountKey("person/ada", "2026-11", Unit.USD))).isNull();
    assertThat(rules.none().calendar()).isEqualTo(rules.calendar());
  }

  @Test
  void aPersonMayHaveSeveralAllowancesAndBudgetsAtOnceEachAnAccountOfItsOwn() {
    QuotaFile file = full();
    List<BudgetRule> own = file.principals().get("bob").budgets();
    assertThat(own)
        .extracting(rule -> rule.account(QuotaFiles.NOW).toString())
        .containsExactly(
            "person/bob@2026-11#USD", "person/bob@2026-11#tokens", "person/bob@2026-11-23#USD");
    assertThat(own.get(1).overshoot()).isEqualTo(2_000);
    assertThat(own.get(1).whenShort()).containsExactly(WhenShort.REFUSE);
    assertThat(own.get(1).clampFloor()).isEqualTo(256);
    assertThat(file.limits(file.principals().get("bob"), "k1"))
        .containsExactly(
            new LimitRule("person/bob", 60, 200_000, 8), new LimitRule("team/payments", 0, 0, 64));
  }

  @Test
  void whoMovesToAnotherAllowanceKeepsTheAccountAndWithItWhatWasUsed() {
    String yaml =
        PROVIDERS
            + """
            allowances:
              engineer: { amount: 400 USD, every: month }
              senior: { amount: 900 USD, every: month }
            people: { ada: { allowance: engineer } }
            """;
    BudgetRule before = valid(folder, yaml).principals().get("ada").budgets().get(0);
    BudgetRule after =
        valid(folder, yaml.replace("allowance: engineer", "allowance: senior"))
            .principals()
            .get("ada")
            .budgets()
            .get(0);
    assertThat(after.amount()).isNotEqualTo(before.amount());
    assertThat(after.account(QuotaFiles.NOW)).isEqualTo(before.account(QuotaFiles.NOW));
  }

  @Test
  void servicesAndListedPeopleStandBesideTheOthers() {
    QuotaFile file = full();
    assertThat(file.principals().keySet())
        .containsExactly("ada", "bob", "eve", "ci-bot", "cy", "dee");
    assertThat(file.principals().get("ci-bot").service()).isTrue();
    assertThat(file.principals().get("ci-bot").budgets().get(0).budget())
        .isEqualTo("service/ci-bot");
    PrincipalConfig cy = file.principals().get("cy");
    assertThat(cy.name()).isEqualTo("Cy \"C\" Young, Jr");
    assertThat(cy.timezone()).isEqualTo(ZoneId.of("Asia/Tokyo"));
    assertThat(cy.team()).isEqualTo("payments");
    assertThat(cy.budgets().get(0).unit()).isEqualTo(Unit.TOKENS);
    assertThat(file.principals().get("dee").team()).isNull();
    assertThat(file.principals().get("dee").timezone()).isEqualTo(BERLIN);
    assertThat(file.teams().get("payments").costCenter()).isEqualTo("CC-4410");
  }

  @Test
  void theLeastFileIsAProviderAndHasTheDefaults() {
    QuotaFile file =
        valid(
            folder,
            "providers: { openai: { url: 'http://127.0.0.1:1', key: '${OPENAI_API_KEY}' } }");
    assertThat(file.gateway())
        .isEqualTo(
            GatewayConfig.of(
                new HostPort("127.0.0.1", 8080),
                new HostPort("127.0.0.1", 8081),
                folder.resolve("stipend-data")));
    assertThat(file.timezone()).isEqualTo(ZoneOffset.UTC);
    assertThat(file.gateway().limits().counts().connectionsPerAddress())
        .isGreaterThanOrEqualTo(1_024);
    assertThat(file.principals()).isEmpty();
  }

  @Test
  void theHashIsThatOfTheFileAndOfWhatItIncludesOneAfterTheOther() throws Exception {
    String plain = loaded(folder, PROVIDERS).hash();
    assertThat(plain).isEqualTo(sha256(PROVIDERS));

    String csv = "id,allowance\n";
    write(folder, "people.csv", csv);
    String including = PROVIDERS + "people_from: people.csv\n";
    QuotaFile.Loaded loaded = loaded(folder, including);
    assertThat(loaded.hash()).isEqualTo(sha256(including + csv));
    assertThat(loaded.sources())
        .extracting(source -> source.path().getFileName().toString())
        .containsExactly("stipend.yaml", "people.csv");
  }

  @Test
  void relativePathsStartFromTheFoldersOfTheFileNotOfTheProcess() throws Exception {
    Path deep = Files.createDirectories(folder.resolve("etc/stipend"));
    write(deep, "key", "sk-deep");
    QuotaFile file = valid(deep, "providers: { openai: { url: 'https://h', key: file:./key } }");
    assertThat(file.providers().get(0).key().reveal()).isEqualTo("sk-deep");
    assertThat(file.gateway().data()).isEqualTo(deep.resolve("stipend-data"));
  }

  private static String sha256(String text) throws Exception {
    return HexFormat.of()
        .formatHex(
            MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
  }
}
