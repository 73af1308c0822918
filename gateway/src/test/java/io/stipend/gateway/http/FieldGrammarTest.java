package io.stipend.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FieldGrammarTest {
  private static boolean value(int c) {
    return c == '\t' || (c >= ' ' && c != 0x7f);
  }

  @Test
  void aNameHoldsLettersDigitsAndFifteenSigns() {
    for (int c = 0; c < 300; c++) {
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      boolean token = letter || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
      assertThat(FieldGrammar.isToken((char) c)).as("%d", c).isEqualTo(token);
      if (c < 256) {
        assertThat(FieldGrammar.isToken((byte) c)).as("%d", c).isEqualTo(token);
        assertThat(FieldGrammar.isValue((byte) c)).as("%d", c).isEqualTo(value(c));
      }
      assertThat(FieldGrammar.isValue((char) c)).as("%d", c).isEqualTo(c < 256 && value(c));
    }
  }

  /** Each byte at each place of a word, and others beside it. */
  @Test
  void theEndOfAValueIsItsFirstControlCharacter() {
    byte[] bytes = new byte[24];
    Random random = new Random(1);
    for (int c = 0; c < 256; c++) {
      for (int at = 0; at < bytes.length; at++) {
        Arrays.fill(bytes, (byte) "a\t \u00ff\u0080~".charAt(random.nextInt(6)));
        bytes[at] = (byte) c;
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        for (int from = 0; from <= 3; from++) {
          for (int to = 20; to <= 24; to++) {
            int end = from;
            while (end < to && value(bytes[end] & 0xff)) {
              end++;
            }
            assertThat(FieldGrammar.valueEnd(bytes, from, to)).isEqualTo(end);
          }
        }
      }
    }
  }
}
