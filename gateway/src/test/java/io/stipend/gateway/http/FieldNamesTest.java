package io.stipend.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class FieldNamesTest {
  private static final String SIGNS = "!#$%&'*+-.^_`|~";

  @Test
  void aNameIsFoundInAnyCaseAndAnywhereInTheBytes() {
    Random random = new Random(3);
    for (AsciiString name : FieldNames.ALL) {
      assertThat(name.toString()).isEqualTo(name.toString().toLowerCase(Locale.ROOT));
      for (int i = 0; i < 20; i++) {
        byte[] bytes = ("ab" + name + ": c").getBytes(StandardCharsets.US_ASCII);
        for (int at = 2; at < 2 + name.length(); at++) {
          bytes[at] =
              random.nextBoolean() ? bytes[at] : (byte) Character.toUpperCase((char) bytes[at]);
        }
        assertThat((Object) FieldNames.known(bytes, 2, name.length())).isSameAs(name);
      }
    }
    assertThat(FieldNames.ALL).contains(HttpHeaderNames.HOST, HttpHeaderNames.CONTENT_LENGTH);
  }

  /** Each byte that a token may hold, in each place: only the same letter is the same name. */
  @Test
  void anyOtherByteMakesItAnotherName() {
    for (AsciiString name : FieldNames.ALL) {
      byte[] bytes = name.toString().getBytes(StandardCharsets.US_ASCII);
      for (int at = 0; at < bytes.length; at++) {
        byte own = bytes[at];
        for (byte b = 0x21; b < 0x7f; b++) {
          bytes[at] = b;
          boolean token = Character.isLetterOrDigit(b) || SIGNS.indexOf(b) >= 0;
          if (token && Character.toLowerCase(b) != own) {
            assertThat((Object) FieldNames.known(bytes, 0, bytes.length))
                .as(new String(bytes, StandardCharsets.US_ASCII))
                .isNotSameAs(name);
          }
        }
        bytes[at] = own;
      }
      assertThat((Object) FieldNames.known(bytes, 0, bytes.length - 1)).isNotSameAs(name);
    }
  }
}
