package io.stipend.gateway.cli;

import io.stipend.gateway.admin.PersonBalance;
import io.stipend.metering.Unit;
import io.stipend.metering.report.UsageForecast.Kind;
import io.stipend.metering.report.UsageForecast.Remaining;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is left of every budget in money whose use a forecast tells apart: not those of groups. */
final class RemainingBudgets {
  private RemainingBudgets() {}

  static List<Remaining> of(List<PersonBalance> balances, Unit currency) {
    Set<List<String>> seen = new HashSet<>();
    List<Remaining> remaining = new ArrayList<>();
    for (PersonBalance balance : balances) {
      for (PersonBalance.AccountLine account : balance.accounts()) {
        Kind kind = kind(account.name());
        if (kind != null
            && account.unit().equals(currency.name())
            && seen.add(List.of(account.name(), account.every()))) {
          remaining.add(
              new Remaining(
                  kind,
                  owner(account.name()),
                  currency.parse(account.remaining()),
                  account.resetsAt() == null ? null : Instant.parse(account.resetsAt())));
        }
      }
    }
    return remaining;
  }

  /** The organisation's budgets have no name behind a slash. */
  private static String owner(String budget) {
    int slash = budget.indexOf('/');
    return slash < 0 ? "" : budget.substring(slash + 1);
  }

  private static @Nullable Kind kind(String budget) {
    int slash = budget.indexOf('/');
    return switch (slash < 0 ? budget : budget.substring(0, slash)) {
      case "person", "service" -> Kind.PERSON;
      case "team" -> Kind.TEAM;
      case "organisation" -> Kind.ORGANISATION;
      default -> null;
    };
  }
}
