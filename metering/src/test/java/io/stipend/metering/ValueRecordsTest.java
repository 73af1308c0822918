package io.stipend.metering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.metering.UsageReport.Part;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ValueRecordsTest {
  @ParameterizedTest
  @CsvSource({
    "400, 400000000000, 400",
    "0.25, 250000000, 0.25",
    "12.50, 12500000000, 12.5",
    "0.000000001, 1, 0.000000001",
    "-3, -3000000000, -3",
    "0, 0, 0",
    "1e2, 100000000000, 100",
    "9223372036.854775807, 9223372036854775807, 9223372036.854775807",
  })
  void moneyIsReadAndWrittenToTheNano(String text, long nanos, String written) {
    assertThat(Unit.USD.parse(text)).isEqualTo(nanos);
    assertThat(Unit.USD.format(nanos)).isEqualTo(written);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"0.0000000001", "9223372036.854775808", "", "abc", "1,5", "NaN", "1 USD", "$1"})
  void whatIsNoAmountOfMoneyIsRefusedWithTheValueInTheMessage(String text) {
    assertThatThrownBy(() -> Unit.USD.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("amount: " + text + " (expected: a decimal number of USD)");
  }

  @Test
  void tokensAreWholeAndMoneyIsWhateverIsNotTokens() {
    assertThat(Unit.TOKENS.parse("5000000")).isEqualTo(5_000_000);
    assertThat(Unit.TOKENS.format(5_000_000)).isEqualTo("5000000");
    assertThatThrownBy(() -> Unit.TOKENS.parse("1.5")).hasMessageContaining("1.5");
    assertThat(Unit.TOKENS.isMoney()).isFalse();
    assertThat(new Unit("EUR").isMoney()).isTrue();
  }

  @Test
  void aChargeIsDebitedInTheUnitOfTheAccountAndNeverGivesCredit() {
    Charge charge = new Charge(5, 7);

    assertThat(charge.in(Unit.USD)).isEqualTo(5);
    assertThat(charge.in(Unit.TOKENS)).isEqualTo(7);
    assertThat(charge.plus(new Charge(1, 2))).isEqualTo(new Charge(6, 9));
    assertThat(charge.max(new Charge(9, 1))).isEqualTo(new Charge(9, 7));
    assertThatThrownBy(() -> new Charge(-1, 0)).hasMessageContaining("-1 nanos");
    assertThatThrownBy(() -> new Charge(0, -1)).hasMessageContaining("-1 tokens");
    assertThatThrownBy(() -> new Charge(Long.MAX_VALUE, 0).plus(charge))
        .isInstanceOf(ArithmeticException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "-1, 0, 0, 0, 0, 0, input: -1",
    "0, -1, 0, 0, 0, 0, cacheRead: -1",
    "0, 0, 1000000001, 0, 0, 0, cacheWrite: 1000000001",
    "0, 0, 5, 6, 0, 0, cacheWrite1h: 6",
    "0, 0, 0, 0, -9, 0, output: -9",
    "0, 0, 0, 0, 5, 6, reasoning: 6",
  })
  void aUsageOutOfBoundsIsRefused(
      long input, long read, long write, long write1h, long output, long reasoning, String says) {
    assertThatThrownBy(() -> new TokenUsage(input, read, write, write1h, output, reasoning))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(says);
  }

  @Test
  void everyTokenIsCountedOnce() {
    TokenUsage usage = new TokenUsage(1, 20, 300, 100, 4_000, 3_000);

    assertThat(usage.inputTotal()).isEqualTo(321);
    assertThat(usage.total()).isEqualTo(4_321);
    assertThat(usage.plus(usage)).isEqualTo(new TokenUsage(2, 40, 600, 200, 8_000, 6_000));
    assertThat(TokenUsage.of(3, 4)).isEqualTo(new TokenUsage(3, 0, 0, 0, 4, 0));
  }

  @Test
  void aSumOfAbsurdCountsStaysWithinBoundsInsteadOfFailingASettle() {
    long most = TokenUsage.MAX_COUNT;
    TokenUsage absurd = new TokenUsage(most, most, most, most, most, most);

    assertThat(absurd.plus(absurd)).isEqualTo(absurd);
    assertThat(absurd.plus(TokenUsage.ZERO)).isEqualTo(absurd);
  }

  @Test
  void aReportHasAtLeastOnePartAndKeepsItsOwnCopy() {
    List<Part> parts = new ArrayList<>(List.of(new Part("a", TokenUsage.of(1, 2))));
    parts.add(new Part(null, TokenUsage.of(10, 20)));
    UsageReport report = new UsageReport(parts, "b", "flex", false);
    parts.clear();

    assertThat(report.total()).isEqualTo(TokenUsage.of(11, 22));
    assertThat(UsageReport.of(TokenUsage.of(1, 2)).modelServed()).isNull();
    assertThatThrownBy(() -> new UsageReport(List.of(), null, null, false))
        .hasMessageContaining("at least one");
  }
}
