package io.stipend.policy.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.metering.Unit;
import io.stipend.metering.ledger.AccountKey;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AlertTest {
  private static final Instant NOW = Instant.parse("2026-11-23T10:00:00.123456789Z");
  private static final Instant END = Instant.parse("2026-12-01T00:00:00Z");

  @Test
  void whatItsEntryHoldsIsAllOfIt() {
    AccountKey money = new AccountKey("person/ada", "2026-11", Unit.USD);
    AccountKey tokens = new AccountKey("team/payments", "once", Unit.TOKENS);
    Alert threshold = new Alert(NOW, money, "80", 320_500_000_000L, 400_000_000_000L, null, END);
    Alert forecast = new Alert(NOW, money, Alert.FORECAST, 1, Long.MAX_VALUE, NOW, END);
    Alert once = new Alert(NOW, tokens, "100", 7, -3, null, null);

    assertThat(threshold.detail()).isEqualTo("used=320.5 given=400 resets_at=2026-12-01T00:00:00Z");
    assertThat(threshold.id()).isEqualTo("alert:person/ada@2026-11#USD:80");
    assertThat(forecast.detail()).contains(" exhausted_at=2026-11-23T10:00:00Z ");
    for (Alert alert : new Alert[] {threshold, forecast, once}) {
      assertThat(Alert.of(alert.at(), alert.account(), alert.threshold(), alert.detail()))
          .isEqualTo(alert);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "used=1", "given=2", "used=a given=2", "used=1 given=2 resets_at=tomorrow"})
  void anotherDetailIsRefused(String detail) {
    AccountKey account = new AccountKey("person/ada", "2026-11", Unit.USD);
    assertThatThrownBy(() -> Alert.of(NOW, account, "80", detail))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("alert: " + detail);
  }
}
