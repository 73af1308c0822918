package io.stipend.policy.alert;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.Unit;
import io.stipend.metering.ledger.AccountKey;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LevelTest {
  private static final AccountKey ACCOUNT = new AccountKey("person/ada", "2026-11", Unit.USD);

  @ParameterizedTest
  @CsvSource({
    // used, given, refusing, percent, reached
    "50, 100, false, 50, true",
    "49, 100, false, 50, false",
    "100, 100, false, 100, true",
    "99, 100, false, 100, false",
    "104, 100, false, 105, false",
    "105, 100, false, 105, true",
    "1, 3, false, 33, true", // 33.3 %
    "1, 3, false, 34, false",
    "0, 100, false, 1, false",
    "0, 0, false, 1, false", // nothing given, nothing used
    "1, 0, false, 100, true", // spent what was sent on
    "1, -5, false, 100, true",
    "-1, -5, true, 1, false", // corrections may leave less than nothing used
    "9223372036854775807, 9223372036854775807, false, 100, true",
    "9223372036854775806, 9223372036854775807, false, 100, false",
    // A refusal where nearly all is used says that the rest is of no use.
    "90, 100, true, 100, true",
    "90, 100, true, 95, true",
    "90, 100, true, 101, false",
    "89, 100, true, 100, false",
    "5, 100, true, 100, false",
  })
  void aThresholdIsReachedByWhatIsSpentOfWhatCanBe(
      long used, long given, boolean refusing, int percent, boolean reached) {
    assertThat(new Level(ACCOUNT, used, given, refusing, null).reached(percent)).isEqualTo(reached);
  }
}
