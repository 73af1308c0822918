package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

final class ByteSearchTest {
  @Test
  void itFindsWhatASearchByteByByteFinds() {
    Random random = new Random(11);
    for (int run = 0; run < 20_000; run++) {
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      for (int i = 0; i < bytes.length; i++) {
        // Neighbours of the wanted ones are what an off-by-one carry would take for them.
        bytes[i] =
            random.nextInt(12) == 0 ? (byte) "\"\\\n\r!#[]".charAt(random.nextInt(8)) : bytes[i];
      }
      int from = random.nextInt(bytes.length + 1);
      int to = from + random.nextInt(bytes.length - from + 1);
      assertThat(ByteSearch.quoteOrEscape(bytes, from, to))
          .isEqualTo(slow(bytes, from, to, '"', '\\'));
      assertThat(ByteSearch.lineEnd(bytes, from, to)).isEqualTo(slow(bytes, from, to, '\n', '\r'));
    }
  }

  private static int slow(byte[] bytes, int from, int to, char one, char other) {
    int i = from;
    while (i < to && bytes[i] != one && bytes[i] != other) {
      i++;
    }
    return i;
  }
}
