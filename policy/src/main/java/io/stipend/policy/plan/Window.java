package io.stipend.policy.plan;

import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Calendar;
import io.stipend.policy.config.PrincipalConfig;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.config.Team;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a rerun must begin so that every balance is right when its counting begins: at the start of
 * the longest period that holds that instant, and before it as many periods as can be carried over.
 */
final class Window {
  private final Instant from;
  private final Set<Span> seen = new HashSet<>();
  private Instant earliest;

  private record Span(Calendar calendar, int periods) {}

  private Window(Instant from) {
    this.from = from;
    this.earliest = from;
  }

  static Instant start(Instant from, QuotaFile... files) {
    Window window = new Window(from);
    for (QuotaFile file : files) {
      window.add(file.organisation().budgets());
      file.groups().values().forEach(group -> window.add(group.budgets()));
      for (Team team : file.teams().values()) {
        window.add(team.budgets());
        window.add(team.pool() == null ? List.of() : List.of(team.pool()));
      }
      for (PrincipalConfig who : file.principals().values()) {
        window.add(who.budgets());
      }
    }
    return window.earliest;
  }

  private void add(List<BudgetRule> rules) {
    for (BudgetRule rule : rules) {
      Span span = new Span(rule.calendar(), rule.carryOver().periods());
      if (seen.add(span)) {
        Instant start = start(span);
        earliest = start.isBefore(earliest) ? start : earliest;
      }
    }
  }

  private Instant start(Span span) {
    @Nullable Instant start = span.calendar.startsAt(from);
    for (int i = 0; i < span.periods && start != null; i++) {
      start = span.calendar.startsAt(start.minusNanos(1));
    }
    // What never ends may have been used from the first entry on.
    return start == null ? Instant.EPOCH : start;
  }
}
