package io.stipend.metering.ledger;

import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/** Streams usage rows as they stand today, those that are not in the tables yet included. */
final class CurrentRows {
  private static final Comparator<UsageTable.Row> BY_START =
      Comparator.comparing((UsageTable.Row row) -> row(row).startedAt())
          .thenComparing(UsageTable.Row::number);

  private CurrentRows() {}

  /** Streams the rows with {@code from <= startedAt < to}, by start. */
  static void read(UsageTable usage, Tail tail, Instant from, Instant to, Consumer<UsageRow> rows)
      throws SQLException {
    List<UsageTable.Row> added = new ArrayList<>();
    for (UsageTable.Row row : tail.settled()) {
      Instant start = row(row).startedAt();
      if (!start.isBefore(from) && start.isBefore(to)) {
        added.add(row);
      }
    }
    added.sort(BY_START);
    int[] next = {0};
    usage.settled(
        from,
        to,
        row -> {
          while (next[0] < added.size() && BY_START.compare(added.get(next[0]), row) < 0) {
            rows.accept(row(added.get(next[0]++)));
          }
          rows.accept(row(tail.netted(row)));
        });
    while (next[0] < added.size()) {
      rows.accept(row(added.get(next[0]++)));
    }
  }

  private static UsageRow row(UsageTable.Row row) {
    SettledAttempt settled = row.settled();
    if (settled == null) {
      throw new IllegalStateException("attempt " + row.number() + " was released");
    }
    return settled.row();
  }
}
