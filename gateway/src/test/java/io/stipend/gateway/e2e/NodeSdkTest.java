package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import java.io.IOException;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The SDKs for Node against a running gateway; {@code src/test/node} holds what they do. They are
 * installed from npm, with {@code -Pnode} alone; a line says so where they are left out, and why.
 */
@Tag("node")
class NodeSdkTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static NodeScripts scripts;

  @BeforeAll
  static void install() throws Exception {
    scripts = NodeScripts.installed();
  }

  private static TestGateway gateway(FakeProvider provider) {
    return TestGateway.start(
        """
        calendar: { timezone: Europe/Berlin, currency: USD }
        providers:
          openai: { url: "%1$s", key: "provider-key" }
          anthropic: { url: "%1$s", key: "provider-key" }
          gemini: { url: "%1$s", key: "provider-key" }
        rate_cards: [builtin]
        models: { allow: ["gpt-4o-mini", "claude-haiku-4-5", "gemini-2.0-flash"] }
        allowances:
          rich: { amount: 400 USD, every: month }
          broke: { amount: 0.000001 USD, every: month }
          small: { amount: 2600 tokens, every: month }
        people:
          ada: { allowance: rich }
          bob: { allowance: broke }
          cyd: { allowance: small }
        """
            .formatted(provider.url()));
  }

  @ParameterizedTest
  @CsvSource({
    "openaiChat, stop, length",
    "openaiResponses, completed, max_output_tokens",
    "anthropic, end_turn, max_tokens",
    "google, STOP, MAX_TOKENS",
    "aiOpenai, stop, length",
    "aiOpenaiChat, stop, length",
    "aiAnthropic, stop, length",
    "aiGoogle, stop, length",
  })
  void anSdkReadsAnswersEndsAndRefusals(String sdk, String end, String cut) throws Exception {
    try (FakeProvider provider = FakeProvider.start(0);
        TestGateway gateway = gateway(provider)) {
      JsonNode all = run(sdk, gateway);
      for (String whole : List.of("plain", "stream")) {
        assertThat(all.at("/" + whole + "/text").asText()).isEqualTo("The team can");
        assertThat(all.at("/" + whole + "/finish").asText()).isEqualTo(end);
      }
      for (String refused : List.of("refused", "refusedStream")) {
        assertThat(all.at("/" + refused + "/status").asInt())
            .as("%s", all.at("/" + refused))
            .isBetween(402, 429);
        assertThat(all.at("/" + refused + "/message").asText()).contains("person/bob", "resets at");
      }
      assertThat(gateway.refusals("bob")).as("requests of two calls").isEqualTo(2);
      assertThat(all.at("/cut/finish").asText()).isEqualTo(cut);
      assertThat(all.at("/cut/text").asText()).startsWith("The team can see");
      booksAgree(provider, gateway);
    }
  }

  private static JsonNode run(String sdk, TestGateway gateway)
      throws IOException, InterruptedException {
    return JSON.readTree(
        scripts.run(
            "run.mjs",
            sdk,
            gateway.url(),
            gateway.key("ada"),
            gateway.key("bob"),
            gateway.key("cyd")));
  }

  /** Two whole answers as the provider bills them and a cut one, nothing else. */
  private static void booksAgree(FakeProvider provider, TestGateway gateway) {
    Awaitility.await()
        .untilAsserted(
            () -> {
              assertThat(provider.billed()).noneMatch(one -> one.end() == End.RUNNING);
              assertThat(gateway.rows()).hasSize(3);
            });
    assertThat(provider.requests()).isEqualTo(3);
    for (UsageRow row : gateway.rows()) {
      Billed billed =
          provider.billed().stream()
              .filter(one -> one.requestId().equals(row.providerRequestId()))
              .findFirst()
              .orElseThrow();
      if (row.person().equals("ada")) {
        assertThat(row.usage()).isEqualTo(billed.usage());
        assertThat(row.usageSource()).isEqualTo(UsageSource.REPORTED);
      } else {
        assertThat(row.outcome()).isEqualTo("cut");
        assertThat(billed.end()).isEqualTo(End.CLIENT_GONE);
      }
    }
    assertThat(gateway.verify().problems()).isEmpty();
  }
}
