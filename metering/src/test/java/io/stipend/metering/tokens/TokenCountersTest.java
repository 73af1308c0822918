package io.stipend.metering.tokens;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenCountersTest {
  private static final TokenCounters COUNTERS = new TokenCounters();

  /** Text that has fewer tokens in o200k_base than in cl100k_base. */
  private static final String APART = "Привет, мир! Как дела?";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gpt-4o",
        "gpt-4o-mini-2024-07-18",
        "chatgpt-4o-latest",
        "gpt-4.1-nano",
        "gpt-4.5-preview",
        "gpt-5",
        "gpt-5.4-mini",
        "o1",
        "o3-mini",
        "o4-mini",
        "ft:gpt-4o-2024-08-06:org::id",
        "gpt-oss-120b"
      })
  void currentModelsCountByTheLargerEncoding(String model) {
    assertThat(COUNTERS.forModel(model).count(APART))
        .isEqualTo(COUNTERS.forModel("gpt-5").count(APART));
    assertThat(COUNTERS.forModel(model).count(APART))
        .isLessThan(COUNTERS.forModel("gpt-4").count(APART));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gpt-4",
        "gpt-4-turbo",
        "gpt-4-0613",
        "gpt-3.5-turbo",
        "gpt-35-turbo",
        "ft:gpt-4-0613"
      })
  void olderModelsCountByTheSmallerEncoding(String model) {
    assertThat(COUNTERS.forModel(model).count(APART))
        .isGreaterThan(COUNTERS.forModel("gpt-5").count(APART));
  }

  @ParameterizedTest
  @ValueSource(strings = {"claude-opus-4-5", "gemini-2.5-pro", "llama-3", "", "g", "GPT-5", "zzz"})
  void modelsWithoutAPublicTokenizerHaveNoCounter(String model) {
    assertThat(COUNTERS.forModel(model)).isNull();
  }

  @Test
  void knownTextsHaveTheirKnownCounts() {
    TokenCounter counter = COUNTERS.forModel("gpt-4o");

    assertThat(counter.count("")).isZero();
    assertThat(counter.count("hello world")).isEqualTo(2);
    assertThat(COUNTERS.forModel("gpt-4").count("tiktoken is great!")).isEqualTo(6);
  }

  @Test
  void textThatLooksLikeASpecialTokenIsPlainText() {
    for (String model : List.of("gpt-5", "gpt-4")) {
      assertThat(COUNTERS.forModel(model).count("<|endoftext|>")).as(model).isGreaterThan(1);
      assertThat(COUNTERS.forModel(model).count("<|im_start|>system")).as(model).isGreaterThan(2);
    }
  }

  @Test
  void aSurrogateWithoutItsOtherHalfIsCountedAndDoesNotFail() {
    for (String text : List.of("\ud800", "a\udc00b", "\ud83d\ud83d\ude00", "x\ud83d")) {
      assertThat(COUNTERS.forModel("gpt-5").count(text)).as(text).isPositive();
    }
  }

  @Test
  void noTextHasMoreTokensThanBytes() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < 300; i++) {
      StringBuilder text = new StringBuilder();
      int kind = random.nextInt(4);
      for (int n = random.nextInt(200); n > 0; n--) {
        text.appendCodePoint(
            switch (kind) {
              case 0 -> 32 + random.nextInt(95);
              case 1 -> random.nextInt(0xD800);
              case 2 -> 0x1F300 + random.nextInt(0x300);
              default -> 0xD800 + random.nextInt(0x800);
            });
      }
      for (String model : List.of("gpt-5", "gpt-4")) {
        assertThat(COUNTERS.forModel(model).count(text.toString()))
            .as("seed %d round %d", seed, i)
            .isLessThanOrEqualTo(bytes(text.toString()));
      }
    }
  }

  /** In UTF-8; a surrogate without its other half is sent as the three bytes of U+FFFD. */
  private static long bytes(String text) {
    return text.codePoints()
        .mapToLong(c -> c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4)
        .sum();
  }

  @Test
  void hostileTextIsCountedInBoundedTime() {
    COUNTERS.preload();
    TokenCounter counter = COUNTERS.forModel("gpt-5");
    for (String unit : List.of("a", " ", "\n", "1", "!", "ab", "😀", " a", "\r\n ", "é")) {
      String text = unit.repeat(200_000 / unit.length());
      counter.count(unit);
      long start = System.nanoTime();
      assertThat(counter.count(text)).isPositive();
      long millis = (System.nanoTime() - start) / 1_000_000;
      assertThat(millis).as("ms for %s", unit).isLessThan(5_000);
    }
  }
}
