package io.stipend.policy.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class GlobTest {
  @Test
  void aPatternFitsTheWholeNameCaseIncluded() {
    assertThat(new Glob("gpt-5*").matches("gpt-5")).isTrue();
    assertThat(new Glob("gpt-5*").matches("gpt-5-mini")).isTrue();
    assertThat(new Glob("gpt-5*").matches("GPT-5")).isFalse();
    assertThat(new Glob("gpt-5").matches("gpt-5-mini")).isFalse();
    assertThat(new Glob("*").matches("")).isTrue();
    assertThat(new Glob("gpt.5").matches("gpt-5")).isFalse();
    assertThat(new Glob("a*b*c").matches("abbbcbc")).isTrue();
  }

  @Test
  void itAgreesWithARegularExpression() {
    Random random = new Random(20261123);
    for (int i = 0; i < 20_000; i++) {
      String pattern = word(random, "ab*", 6);
      String name = word(random, "ab", 8);
      Pattern regex = Pattern.compile(pattern.replace("*", ".*"));
      assertThat(new Glob(pattern).matches(name))
          .as("seed 20261123, %s on %s", pattern, name)
          .isEqualTo(regex.matcher(name).matches());
    }
  }

  @Test
  void aHostilePatternTakesNoTime() {
    assertThat(new Glob("a*".repeat(100) + "b").matches("a".repeat(256))).isFalse();
  }

  private static String word(Random random, String letters, int max) {
    StringBuilder word = new StringBuilder();
    int length = random.nextInt(max + 1);
    for (int i = 0; i < length; i++) {
      word.append(letters.charAt(random.nextInt(letters.length())));
    }
    return word.toString();
  }
}
