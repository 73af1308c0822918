package io.stipend.gateway.demo;

import io.stipend.gateway.admin.PersonBalance;
import io.stipend.gateway.admin.PersonBalance.AccountLine;
import io.stipend.gateway.admin.Table;
import io.stipend.metering.Unit;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.UsageRow;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Who was granted what, used it on which model, and has how much left. */
final class DemoStatement {
  /** Later than anything that is recorded. */
  static final Instant END_OF_TIME = Instant.parse("9999-01-01T00:00:00Z");

  private DemoStatement() {}

  /** Calls and amounts of one model. */
  private record Used(long calls, long nanos, long tokens) {
    static final Used NOTHING = new Used(0, 0, 0);

    Used plus(UsageRow row) {
      return new Used(calls + 1, Math.addExact(nanos, row.nanos()), tokens + row.usage().total());
    }
  }

  static Table of(List<PersonBalance> balances, LedgerReader reader) {
    Map<String, Map<String, Used>> used = new TreeMap<>();
    reader.usage(
        Instant.EPOCH,
        END_OF_TIME,
        row ->
            used.computeIfAbsent(row.person(), id -> new TreeMap<>())
                .merge(
                    row.modelServed(), Used.NOTHING.plus(row), (before, one) -> before.plus(row)));
    Table table = new Table("STATEMENT", "", "CALLS", "AMOUNT", "UNIT");
    for (PersonBalance balance : balances) {
      AccountLine own = balance.accounts().get(0);
      Unit unit = new Unit(own.unit());
      table.row(balance.person(), "granted", "", own.granted(), own.unit());
      used.getOrDefault(balance.person(), Map.of())
          .forEach(
              (model, sum) ->
                  table.row(
                      "",
                      "used by " + model,
                      Long.toString(sum.calls),
                      "-" + unit.format(unit.isMoney() ? sum.nanos : sum.tokens),
                      own.unit()));
      table.row("", "held", "", own.held(), own.unit());
      table.row("", "remaining", "", own.remaining(), own.unit());
    }
    AccountLine team = balances.get(0).accounts().get(1);
    table.row(team.name(), "granted", "", team.granted(), team.unit());
    table.row("", "used by all three", "", "-" + team.used(), team.unit());
    table.row("", "held", "", team.held(), team.unit());
    table.row("", "remaining", "", team.remaining(), team.unit());
    return table;
  }
}
