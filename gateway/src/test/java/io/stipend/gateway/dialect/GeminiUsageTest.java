package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.stipend.metering.TokenUsage;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GeminiUsageTest {
  private static final String FORM =
      "{'promptTokenCount':%s,'cachedContentTokenCount':%s,'candidatesTokenCount':%s,"
          + "'thoughtsTokenCount':%s,'toolUsePromptTokenCount':%s,'totalTokenCount':%s}";

  @ParameterizedTest
  @CsvSource({
    // prompt, cached, candidates, thoughts, tools, total -> input, read, output, reasoning, absurd
    "100, 60, 50, 20, 7, 177, 47, 60, 70, 20, false",
    "100, null, 50, null, null, 150, 100, 0, 50, 0, false",
    "100, null, null, null, null, 100, 100, 0, 0, 0, false",
    "100, 100, null, 30, null, 130, 0, 100, 30, 30, false",
    "100, null, 50, null, null, null, 100, 0, 50, 0, false",
    "100, 0, 50.0, 0, 0, 150, 100, 0, 50, 0, false",
    // more in total than in its parts is output, or the prompt where that alone is missing
    "100, null, 50, null, null, 190, 100, 0, 90, 0, true",
    "null, null, 50, null, null, 150, 100, 0, 50, 0, true",
    "null, 40, null, 50, null, 150, 60, 40, 50, 50, true",
    "null, null, null, null, null, 30, 0, 0, 30, 0, true",
    // contradictions keep every known part
    "100, null, 50, 20, null, 150, 100, 0, 70, 20, true",
    "10, 100, 5, null, null, 15, 0, 100, 5, 0, true",
    "null, 100, 5, null, null, null, 0, 100, 5, 0, true",
    // absurd figures
    "-1, 0, 5, 0, 0, 5, 0, 0, 5, 0, true",
    "10, 0, -5, 0, 0, 10, 10, 0, 0, 0, true",
    "10, 0, 1000000000000000000, 0, 0, 10, 10, 0, 1000000000, 0, true",
    "10, 0, 1000000000, 1000000000, 0, 2000000010, 10, 0, 1000000000, 1000000000, true",
    "10, 0, 99999999999999999999999, 0, 0, 10, 10, 0, 1000000000, 0, true",
    "10, 0, 1e400, 0, 0, 10, 10, 0, 1000000000, 0, true",
    "10, 0, 5, 0, 0, -4, 10, 0, 5, 0, true",
    "10, 0, 5, 0, 0, 1e300, 10, 0, 5, 0, true",
    "10, -3, 5, 0, 0, 15, 10, 0, 5, 0, true",
    "10, 0, 2.5, 0, 0, 13, 10, 0, 3, 0, true",
    "1000000000, 0, 5, 0, 1000000000, 2000000005, 1000000000, 0, 5, 0, true",
    "'\"12\"', 0, 5, 0, 0, 17, 12, 0, 5, 0, true",
  })
  void figuresComeInTheDisjointNormalForm(
      String prompt,
      String cached,
      String candidates,
      String thoughts,
      String tools,
      String total,
      long input,
      long read,
      long output,
      long reasoning,
      boolean absurd) {
    GeminiUsage usage =
        GeminiUsage.of(json(FORM.formatted(prompt, cached, candidates, thoughts, tools, total)));
    assertThat(usage.tokens()).isEqualTo(new TokenUsage(input, read, 0, 0, output, reasoning));
    assertThat(usage.absurd()).isEqualTo(absurd);
  }

  @Test
  void noFigureAtAllIsNoReport() {
    assertThat(GeminiUsage.of(json("{}"))).isNull();
    assertThat(GeminiUsage.of(json("{'totalTokenCount':0}"))).isNull();
    assertThat(GeminiUsage.of(json("{'promptTokenCount':null,'serviceTier':'flex'}"))).isNull();
    assertThat(GeminiUsage.of(json("{'promptTokenCount':0}")).tokens()).isEqualTo(TokenUsage.ZERO);
  }

  @Test
  void zeroOutputBesideVisibleTextIsAbsurd() {
    GeminiUsage blocked = GeminiUsage.of(json("{'promptTokenCount':9,'totalTokenCount':9}"));
    assertThat(blocked.report("m", 0).absurd()).isFalse();
    assertThat(blocked.report("m", 1).absurd()).isTrue();
    assertThat(blocked.report("m", 1).modelServed()).isEqualTo("m");
    assertThat(blocked.inputReport(null).total()).isEqualTo(TokenUsage.of(9, 0));
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "'flex', flex",
        "'SERVICE_TIER_PRIORITY', priority",
        "'Standard', standard",
        "'SERVICE_TIER_UNSPECIFIED', -",
        "'', -",
        "7, -",
        "null, -",
      })
  void theTierKeyIsWhatRateCardsPrice(String said, String tier) {
    String value = said.matches("7|null") ? said : "'" + said + "'";
    String json = "{'promptTokenCount':1,'serviceTier':" + value + "}";
    assertThat(GeminiUsage.of(json(json)).report(null, 0).serviceTier()).isEqualTo(tier);
  }

  private static JsonNode json(String text) {
    byte[] bytes = text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    JsonNode node = UsageJson.object(bytes, 0, bytes.length);
    assertThat(node).as(text).isNotNull();
    return node;
  }
}
