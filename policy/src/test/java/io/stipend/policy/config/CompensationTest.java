package io.stipend.policy.config;

import static io.stipend.policy.config.QuotaFiles.PROVIDERS;
import static io.stipend.policy.config.QuotaFiles.problems;
import static io.stipend.policy.config.QuotaFiles.valid;
import static io.stipend.policy.config.QuotaFiles.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.Unit;
import io.stipend.metering.report.statement.StatementPeriod;
import io.stipend.metering.report.statement.StatementRequest;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the quota file says of pay, and that nothing repeats it. */
class CompensationTest {
  private static final String HEAD =
      PROVIDERS
          + "allowances: { a: { amount: 1 USD, every: day } }\npeople_from: people.csv\npeople:\n";

  @TempDir Path folder;

  private StatementRequest request(String id, StatementPeriod period) {
    write(
        folder,
        "people.csv",
        """
        id,name,allowance,since,fte,compensation
        ann,Ann,a,2026-12-31,0.5,36500 USD
        ben,Ben,a,,,
        """);
    QuotaFile file =
        valid(
            folder,
            HEAD
                + "  ada: { allowance: a, compensation: { base: 150000 USD, bonus: 15000.50 USD,"
                + " equity: 1 USD, benefits: 2 USD } }\n");
    return StatementRequests.of(file, id, period);
  }

  @Test
  void aMonthHasATwelfthAndAYearHasAll() {
    StatementRequest.Pay month = request("ada", StatementPeriod.month("2026-11")).pay();
    StatementRequest.Pay year = request("ada", StatementPeriod.year("2026")).pay();
    // 165,003.50 / 12 = 13,750.291666666…
    assertThat(month.nanos()).isEqualTo(13_750_291_666_667L);
    assertThat(year.nanos()).isEqualTo(12 * 13_750_291_666_667L);
    assertThat(month.unit()).isEqualTo(Unit.USD);
    assertThat(request("ben", StatementPeriod.year("2026")).pay()).isNull();
    assertThat(request("gone", StatementPeriod.year("2026")).pay()).isNull();
  }

  @Test
  void whoComesOnTheLastDayHasThatDay() {
    StatementRequest december = request("ann", StatementPeriod.month("2026-12"));
    // 36,500 / 12 / 31 = 98.118279569…
    assertThat(december.pay().nanos()).isEqualTo(98_118_279_570L);
    assertThat(december.entitlement()).isEqualTo("entitled from 2026-12-31, 0.5 of full time");
    assertThat(december.name()).isEqualTo("Ann");
    assertThat(request("ann", StatementPeriod.month("2026-11")).pay().nanos()).isZero();
  }

  @Test
  void nothingThatPrintsAPersonPrintsIt() {
    StatementRequest request = request("ada", StatementPeriod.month("2026-11"));
    assertThat(request.toString()).doesNotContain("13750");
    assertThat(new Compensation(Unit.USD, 165_000).toString()).doesNotContain("165");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"777123", "777123 EUR", "-777123 USD", "777123.5.5 USD", "777_123 USD", "7771e9"})
  void whatIsNoAmountIsToldWithItsPlaceAndWithoutWhatItSays(String written) {
    write(folder, "people.csv", "id,allowance\nben,a\n");
    List<String> told =
        problems(
            folder,
            HEAD + "  ada: { allowance: a, compensation: { base: \"" + written + "\" } }\n");
    assertThat(told)
        .singleElement()
        .asString()
        .matches("[0-9]+:[0-9]+: .*compensation.base.*expected: a number and USD.*")
        .doesNotContain("777");
    write(folder, "people.csv", "id,allowance,compensation\nben,a," + written + "\n");
    assertThat(problems(folder, HEAD + "  ada: { allowance: a }\n"))
        .singleElement()
        .asString()
        .startsWith("2:7: compensation: is no amount")
        .doesNotContain("777");
  }

  @Test
  void aMappingOfNoPartOrAnotherKeyIsRefused() {
    write(folder, "people.csv", "id,allowance\nben,a\n");
    assertThat(problems(folder, HEAD + "  ada: { allowance: a, compensation: { } }\n"))
        .singleElement()
        .asString()
        .contains("names no part");
    assertThat(problems(folder, HEAD + "  ada: { allowance: a, compensation: 777 USD }\n"))
        .singleElement()
        .asString()
        .doesNotContain("777");
    assertThat(
            problems(
                folder,
                HEAD + "  ada: { allowance: a, compensation: { base: 1 USD, bonsu: 777 USD } }\n"))
        .singleElement()
        .asString()
        .contains("bonus")
        .doesNotContain("777");
  }
}
