package io.stipend.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetryAfterTest {
  private static final Instant NOW = Instant.parse("2026-11-29T12:00:00Z");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "7|7000",
        "0|0",
        "1.5|1000",
        "Sun, 29 Nov 2026 12:00:30 GMT|30000",
        "Sun, 29 Nov 2026 11:00:30 GMT|0",
        "999999999|3600000",
        "Sun, 29 Nov 2027 12:00:30 GMT|",
        "9999999999|",
        "-1|",
        "soon|",
        "|"
      })
  void aPauseIsSecondsOrADateAndNeverLongerThanAnHour(String value, Long millis) {
    DefaultHttpHeaders headers = new DefaultHttpHeaders();
    if (value != null) {
      headers.set("retry-after", value);
    }
    // 29 November 2027 is a Monday: what contradicts itself is no date.
    assertThat(RetryAfter.of(headers, NOW))
        .isEqualTo(millis == null ? null : Duration.ofMillis(millis));
  }

  @Test
  void millisecondsAreMoreExactThanTheSecondsBesideThem() {
    DefaultHttpHeaders headers = new DefaultHttpHeaders();
    headers.set("retry-after", "1").set("retry-after-ms", "320");
    assertThat(RetryAfter.of(headers, NOW)).isEqualTo(Duration.ofMillis(320));
  }
}
