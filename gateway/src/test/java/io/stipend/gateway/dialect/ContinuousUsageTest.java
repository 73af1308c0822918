package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.dialect.Dialect.Edit;
import io.stipend.metering.TokenUsage;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Usage with every chunk: asked for where it is known, in place; the last that came counts. */
class ContinuousUsageTest {
  private static final Asking CHAT = Asking.at("/v1/chat/completions");
  private static final Asking COMPLETIONS = Asking.at("/v1/completions");

  private static final String BOTH = "{'include_usage':true,'continuous_usage_stats':true}";
  private static final String TURNED = "{'continuous_usage_stats':true,'include_usage':true}";

  /** What a body says, and what it says when it is sent. */
  static Stream<List<String>> options() {
    return Stream.of(
        List.of("null", BOTH),
        List.of("{}", BOTH),
        List.of("{'x':1}", BOTH.replace("}", ",'x':1}")),
        List.of("{'include_usage':true}", TURNED),
        List.of("{'include_usage':false}", TURNED),
        List.of("{'include_usage':null}", TURNED),
        List.of("{'continuous_usage_stats':false}", BOTH),
        List.of("{'continuous_usage_stats':true}", BOTH),
        List.of(TURNED, TURNED),
        List.of(BOTH.replace("true,", "false,"), BOTH));
  }

  @ParameterizedTest
  @MethodSource("options")
  void itIsAskedForInPlace(List<String> one) {
    String body = "{'model':'m','max_tokens':9,'stream':true,'stream_options':%s}";
    for (Asking api : List.of(CHAT, COMPLETIONS)) {
      assertThat(api.edited(body.formatted(one.get(0)), new Edit(null, -1, true)))
          .isEqualTo(body.formatted(one.get(1)));
    }
  }

  @Test
  void itIsAskedForWhereNothingStands() {
    String body = "{'model':'m','max_tokens':9,'stream':true}";
    for (Asking api : List.of(CHAT, COMPLETIONS)) {
      assertThat(api.edited(body, new Edit(null, -1, true)))
          .isEqualTo("{'stream_options':" + BOTH + "," + body.substring(1));
    }
  }

  @Test
  void nobodyElseIsAskedSo() {
    String body = "{'model':'m','max_tokens':9,'stream':true,'a':1}";
    assertThat(CHAT.edited(body, new Edit(null, -1)))
        .isEqualTo(
            "{'stream_options':{'include_usage':true},'model':'m','max_tokens':9,'stream':true,"
                + "'a':1}");
    String whole = "{'model':'m','max_tokens':9,'a':1}";
    assertThat(CHAT.edited(whole, new Edit(null, -1, true))).isEqualTo(whole);
    assertThat(CHAT.refused("{'model':'m','stream_options':{'continuous_usage_stats':7}}").param())
        .isEqualTo("stream_options.continuous_usage_stats");
  }

  @Test
  void theLastUsageThatCameIsKept() {
    String chunk =
        "data: {'choices':[{'index':0,'delta':{'content':'a'}}],'usage':{'prompt_tokens':5,"
            + "'completion_tokens':%d,'total_tokens':%d}}\n\n";
    StringBuilder stream = new StringBuilder();
    for (int i = 1; i <= 12; i++) {
      stream.append(chunk.formatted(i, 5 + i));
      byte[] bytes = Asking.json(stream.toString());
      String ask = "{'model':'m','stream':true}";
      Reading whole = Reading.of(CHAT.reader(ask, true), bytes);
      assertThat(whole.usage().total()).isEqualTo(TokenUsage.of(5, i));
      assertThat(whole.usage().absurd()).isFalse();
      assertThat(whole.complete()).isFalse();
      for (int cut = 0; cut <= bytes.length; cut++) {
        assertThat(Reading.of(CHAT.reader(ask, true), bytes, cut)).isEqualTo(whole);
      }
    }
  }
}
