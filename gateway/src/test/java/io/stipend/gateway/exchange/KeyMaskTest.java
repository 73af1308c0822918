package io.stipend.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.policy.config.Secret;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class KeyMaskTest {
  private static final String KEY = "sk-sk-sk-1234";
  private static final String STARS = "*".repeat(KEY.length());

  private static String masked(String... parts) {
    KeyMask mask = KeyMask.of(new Secret(KEY), new DefaultHttpHeaders());
    StringBuilder shown = new StringBuilder();
    for (String part : parts) {
      take(mask.apply(Unpooled.copiedBuffer(part, StandardCharsets.UTF_8)), shown);
    }
    take(mask.rest(), shown);
    return shown.toString();
  }

  private static void take(ByteBuf from, StringBuilder to) {
    to.append(from.toString(StandardCharsets.UTF_8));
    from.release();
  }

  @Test
  void theKeyIsHiddenHoweverItsBytesAreSplit() {
    String text = "sk-ä " + KEY + KEY + " sk-sk-" + KEY + ", sk-sk-sk-12";
    String hidden = text.replace(KEY, STARS);
    for (int i = 0; i <= text.length(); i++) {
      for (int j = i; j <= text.length(); j++) {
        assertThat(masked(text.substring(0, i), text.substring(i, j), text.substring(j)))
            .isEqualTo(hidden);
      }
    }
    assertThat(masked(text.split(""))).isEqualTo(hidden);
  }

  @Test
  void whatHoldsNoKeyPassesAsItIs() {
    assertThat(masked("", "{\"error\":", "", "1}")).isEqualTo("{\"error\":1}");
    assertThat(masked()).isEmpty();
  }

  @Test
  void headersAreMaskedToo() {
    HttpHeaders headers = new DefaultHttpHeaders().set("a", "Bearer " + KEY + ".").set("b", "b");
    KeyMask.of(new Secret(KEY), headers);
    assertThat(headers.get("a")).isEqualTo("Bearer " + STARS + ".");
    assertThat(headers.get("b")).isEqualTo("b");
  }

  @Test
  void aKeyThatCouldBeAWordIsNotHidden() {
    assertThat(KeyMask.of(new Secret("unused"), new DefaultHttpHeaders())).isNull();
    assertThat(KeyMask.of(null, new DefaultHttpHeaders())).isNull();
  }
}
