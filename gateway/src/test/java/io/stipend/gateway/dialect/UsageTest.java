package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageReport;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UsageTest {
  private static final String DETAILS =
      "'prompt_tokens_details':{'cached_tokens':%s,'cache_write_tokens':%s},"
          + "'completion_tokens_details':{'reasoning_tokens':%s}";

  @ParameterizedTest
  @CsvSource({
    // prompt, completion, total, cached, written, reasoning -> input, read, write, output, absurd
    "100, 50, 150, 60, 10, 20, 30, 60, 10, 50, false",
    "100, 50, 150, null, null, null, 100, 0, 0, 50, false",
    "0, 0, 0, 0, 0, 0, 0, 0, 0, 0, false",
    "9, 0, 9, 0, 0, 0, 9, 0, 0, 0, false",
    "9, 2, null, 0, 0, 0, 9, 0, 0, 2, false",
    "9, 2.0, 11, 0, 0, 0, 9, 0, 0, 2, false",
    // reasoning that the completion leaves out, as the total shows
    "9, 2, 31, 0, 0, 20, 9, 0, 0, 22, false",
    "9, 2, 31, 0, 0, null, 9, 0, 0, 22, true",
    // contradictions keep every known part
    "10, 5, 15, 100, 0, 0, 0, 100, 0, 5, true",
    "10, 5, 15, 8, 8, 0, 0, 8, 8, 5, true",
    "10, 5, 15, 0, 0, 50, 10, 0, 0, 50, true",
    // absurd figures
    "-1, 5, 5, 0, 0, 0, 0, 0, 0, 5, true",
    "10, -5, 10, 0, 0, 0, 10, 0, 0, 0, true",
    "10, 1000000000000000000, 10, 0, 0, 0, 10, 0, 0, 1000000000, true",
    "10, 99999999999999999999999, 10, 0, 0, 0, 10, 0, 0, 1000000000, true",
    "10, 1e400, 10, 0, 0, 0, 10, 0, 0, 1000000000, true",
    "10, -1e400, 10, 0, 0, 0, 10, 0, 0, 0, true",
    "10, 5, 1000000000000000000, 0, 0, 0, 10, 0, 0, 5, true",
    "10, 5, -4, 0, 0, 0, 10, 0, 0, 5, true",
    "10, 5, 15, -3, 0, 0, 10, 0, 0, 5, true",
    "10, 2.5, 13, 0, 0, 0, 10, 0, 0, 3, true",
    "10, null, 30, 0, 0, 0, 10, 0, 0, 20, true",
    "null, 5, 30, 0, 0, 0, 25, 0, 0, 5, true",
    "null, 5, null, 0, 0, 0, 0, 0, 0, 5, true",
    "null, null, 30, 0, 0, 0, 0, 0, 0, 30, true",
    "'\"12\"', 5, 17, 0, 0, 0, 12, 0, 0, 5, true",
  })
  void chatUsageTakesTheDisjointForm(
      String prompt,
      String completion,
      String total,
      String cached,
      String written,
      String reasoning,
      long input,
      long read,
      long write,
      long output,
      boolean absurd) {
    ChatUsage usage =
        ChatUsage.of(
            json(
                "{'prompt_tokens':%s,'completion_tokens':%s,'total_tokens':%s,"
                        .formatted(prompt, completion, total)
                    + DETAILS.formatted(cached, written, reasoning)
                    + "}"));
    assertThat(usage.tokens().input()).as("input").isEqualTo(input);
    assertThat(usage.tokens().cacheRead()).as("cache read").isEqualTo(read);
    assertThat(usage.tokens().cacheWrite()).as("cache write").isEqualTo(write);
    assertThat(usage.tokens().output()).as("output").isEqualTo(output);
    assertThat(usage.absurd()).as("absurd").isEqualTo(absurd);
  }

  @Test
  void usageWithoutAnyFigureIsNoReport() {
    assertThat(ChatUsage.of(json("{}"))).isNull();
    assertThat(ChatUsage.of(json("{'prompt_tokens':null,'completion_tokens':null}"))).isNull();
    assertThat(ChatUsage.of(json("{'prompt_tokens':'x'}"))).isNull();
    MessagesUsage usage = new MessagesUsage(null);
    usage.overwrite(json("{}"));
    assertThat(usage.report(null, 0, 0)).isNull();
    assertThat(usage.inputReport(null)).isNull();
  }

  @Test
  void servicesThatNameCacheHitsOtherwiseAreUnderstood() {
    ChatUsage usage =
        ChatUsage.of(
            json("{'prompt_tokens':10,'completion_tokens':1,'prompt_cache_hit_tokens':4}"));
    assertThat(usage.tokens()).isEqualTo(new TokenUsage(6, 4, 0, 0, 1, 0));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'input_tokens':7,'output_tokens':9} | 7 | 0 | 0 | 0 | 9 | 0 | false",
        "{'input_tokens':7,'cache_read_input_tokens':5,'cache_creation_input_tokens':30,'cache_creation':{'ephemeral_5m_input_tokens':10,'ephemeral_1h_input_tokens':20},'output_tokens':9,'output_tokens_details':{'thinking_tokens':4}} | 7 | 5 | 30 | 20 | 9 | 4 | false",
        "{'input_tokens':7,'cache_creation':{'ephemeral_1h_input_tokens':20},'output_tokens':0} | 7 | 0 | 20 | 20 | 0 | 0 | false",
        "{'input_tokens':7,'cache_creation_input_tokens':3,'cache_creation':{'ephemeral_1h_input_tokens':20},'output_tokens':1} | 7 | 0 | 20 | 20 | 1 | 0 | true",
        "{'input_tokens':7,'output_tokens':1,'output_tokens_details':{'thinking_tokens':4}} | 7 | 0 | 0 | 0 | 4 | 4 | true",
        "{'input_tokens':-7,'output_tokens':1e18} | 0 | 0 | 0 | 0 | 1000000000 | 0 | true",
        "{'output_tokens':1} | 0 | 0 | 0 | 0 | 1 | 0 | true",
      })
  void messagesUsageIsDisjointAlready(
      String usage,
      long input,
      long read,
      long write,
      long write1h,
      long output,
      long reasoning,
      boolean absurd) {
    UsageReport report = report(usage);
    assertThat(report.total())
        .isEqualTo(new TokenUsage(input, read, write, write1h, output, reasoning));
    assertThat(report.absurd()).isEqualTo(absurd);
  }

  @Test
  void iterationsAreTheBillEachWithItsOwnModel() {
    UsageReport report =
        report(
            "{'input_tokens':23000,'output_tokens':1000,'iterations':["
                + "{'type':'compaction','input_tokens':180000,'output_tokens':3500},"
                + "{'type':'advisor_message','model':'claude-haiku-4-5','input_tokens':10,"
                + "'cache_read_input_tokens':5,'output_tokens':2},"
                + "{'type':'message','model':'claude-opus-4-5','input_tokens':23000,"
                + "'output_tokens':1000}]}");
    assertThat(report.parts())
        .containsExactly(
            new UsageReport.Part(null, TokenUsage.of(180_000, 3_500)),
            new UsageReport.Part("claude-haiku-4-5", new TokenUsage(10, 5, 0, 0, 2, 0)),
            new UsageReport.Part("claude-opus-4-5", TokenUsage.of(23_000, 1_000)));
    assertThat(report.absurd()).isFalse();
  }

  @Test
  void iterationsBelowTheTotalsAboveThemAreNotTaken() {
    UsageReport report =
        report("{'input_tokens':50,'output_tokens':9,'iterations':[{'input_tokens':1}]}");
    assertThat(report.total()).isEqualTo(TokenUsage.of(50, 9));
    assertThat(report.absurd()).isTrue();
  }

  @Test
  void manyAbsurdIterationsStillSumWithinBounds() {
    String run = "{'input_tokens':1e18,'output_tokens':999999999},";
    UsageReport report =
        report(
            "{'input_tokens':1,'output_tokens':1,'iterations':["
                + run.repeat(600)
                + "{'output_tokens':1}]}");
    assertThat(report.total()).isEqualTo(TokenUsage.of(1_000_000_000L, 1_000_000_000L));
    assertThat(report.parts()).hasSizeLessThanOrEqualTo(256);
    assertThat(report.absurd()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "'''service_tier'':''priority''', priority",
    "'''service_tier'':''standard'',''speed'':''standard'',''inference_geo'':''global''', standard",
    "'''service_tier'':''standard'',''speed'':''fast''', fast",
    "'''service_tier'':''standard'',''inference_geo'':''us''', us",
    "'''speed'':''fast'',''inference_geo'':''us''', fast+us",
  })
  void theTierKeyIsWhatRateCardsPrice(String fields, String tier) {
    assertThat(report("{'input_tokens':1,'output_tokens':1," + fields + "}").serviceTier())
        .isEqualTo(tier);
  }

  private static UsageReport report(String json) {
    MessagesUsage usage = new MessagesUsage(null);
    usage.overwrite(json(json));
    return usage.report(null, 0, 0);
  }

  private static JsonNode json(String text) {
    byte[] bytes = text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    JsonNode node = UsageJson.object(bytes, 0, bytes.length);
    assertThat(node).as(text).isNotNull();
    return node;
  }
}
