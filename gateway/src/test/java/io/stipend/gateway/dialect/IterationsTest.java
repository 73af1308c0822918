package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageReport;
import io.stipend.metering.price.RateCards;
import io.stipend.metering.price.Rating;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a message ran through is billed run by run, each by its own model, streamed or whole. */
class IterationsTest {
  private static final Asking MESSAGES = Asking.at("/v1/messages");
  private static final String ASK = "{'model':'claude-opus-4-5','max_tokens':9,'stream':true}";

  private static final String RUNS =
      "'iterations':[{'type':'compaction','input_tokens':180000,'output_tokens':3500},"
          + "{'type':'advisor_message','model':'claude-haiku-4-5','input_tokens':10,"
          + "'cache_read_input_tokens':5,'output_tokens':2},"
          + "{'type':'message','model':'claude-opus-4-5','input_tokens':23000,'output_tokens':1000}]";

  private static final List<UsageReport.Part> PARTS =
      List.of(
          new UsageReport.Part(null, TokenUsage.of(180_000, 3_500)),
          new UsageReport.Part("claude-haiku-4-5", new TokenUsage(10, 5, 0, 0, 2, 0)),
          new UsageReport.Part("claude-opus-4-5", TokenUsage.of(23_000, 1_000)));

  private static final String START =
      "event: message_start\ndata: {'type':'message_start','message':{'id':'m','model':"
          + "'claude-opus-4-5','usage':{'input_tokens':23000,'output_tokens':1%s}}}\n\n";
  private static final String DELTA =
      "event: message_delta\ndata: {'type':'message_delta','delta':{'stop_reason':'end_turn'},"
          + "'usage':{'output_tokens':1000%s}}\n\n";
  private static final String STOP = "event: message_stop\ndata: {'type':'message_stop'}\n\n";

  private static String whole() {
    return "{'id':'m','type':'message','model':'claude-opus-4-5','content':[{'type':'text','text':"
        + "'Grüße'}],'usage':{'input_tokens':23000,'output_tokens':1000,"
        + RUNS
        + "}}";
  }

  private static Reading read(boolean sse, String answer, int... cuts) {
    return Reading.of(MESSAGES.reader(ASK, sse), Asking.json(answer), cuts);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theyAreReadAlikeHoweverTheBytesAreSplit(boolean sse) {
    String answer = sse ? START.formatted("") + DELTA.formatted("," + RUNS) + STOP : whole();
    Reading read = read(sse, answer);
    assertThat(read.usage().parts()).isEqualTo(PARTS);
    assertThat(read.usage().absurd()).isFalse();
    assertThat(read.complete()).isTrue();
    int length = Asking.json(answer).length;
    for (int cut = 0; cut <= length; cut++) {
      assertEquals(read, read(sse, answer, cut), "cut at " + cut);
    }
  }

  @Test
  void theLastWordOfAStreamIsTheBill() {
    String early = ",'iterations':[{'type':'compaction','input_tokens':180000,'output_tokens':9}]";
    String again = DELTA.formatted("," + RUNS);
    assertThat(read(true, START.formatted(early) + again + STOP).usage().parts()).isEqualTo(PARTS);
    assertThat(read(true, START.formatted("") + again + again + STOP).usage().parts())
        .isEqualTo(PARTS);
    // A later event that does not repeat them leaves them standing.
    assertThat(read(true, START.formatted("") + again + DELTA.formatted("") + STOP).usage().parts())
        .isEqualTo(PARTS);
    assertThat(
            read(true, START.formatted("") + DELTA.formatted(",'iterations':null") + STOP)
                .usage()
                .total())
        .isEqualTo(TokenUsage.of(23_000, 1_000));
  }

  @Test
  void eachIsChargedByItsOwnModel() throws Exception {
    Rating rating =
        RateCards.load(List.of(RateCards.Source.builtin()))
            .rating("anthropic", "anthropic", "claude-opus-4-5", Instant.now());
    UsageReport report = read(false, whole()).usage();
    // Opus at 5 and 25 USD a million, Haiku at 1, 0.1 and 5.
    long opus = 203_000L * 5_000 + 4_500L * 25_000;
    long haiku = 10L * 1_000 + 5L * 100 + 2L * 5_000;
    assertThat(rating.charge(report).nanos()).isEqualTo(opus + haiku);
    assertThat(rating.charge(report).tokens()).isEqualTo(203_000 + 4_500 + 17);
  }
}
