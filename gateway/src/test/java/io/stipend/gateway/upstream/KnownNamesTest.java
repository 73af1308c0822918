package io.stipend.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KnownNamesTest {
  private static CharSequence find(String name) {
    byte[] bytes = ("x" + name + "x").getBytes(StandardCharsets.US_ASCII);
    return KnownNames.find(bytes, 1, bytes.length - 1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "content-type",
        "Content-Length",
        "transfer-encoding",
        "Date",
        "CF-RAY",
        "cf-ray",
        "X-Request-Id",
        "request-id",
        "anthropic-ratelimit-tokens-reset",
        "x-ratelimit-remaining-tokens"
      })
  void aKnownNameIsOneObjectInItsOwnCase(String name) {
    assertThat(find(name)).hasToString(name).isSameAs(find(name));
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "xy", "content-typ", "content-type0", "CONTENT-TYPE", "tent-type"})
  void anyOtherNameIsNotKnown(String name) {
    assertThat(find(name)).isNull();
  }
}
