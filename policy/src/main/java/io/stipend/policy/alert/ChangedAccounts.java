package io.stipend.policy.alert;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.policy.budget.BudgetRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * The accounts that changed since somebody last looked, each once. Bounded: what does not fit is
 * counted and looked at when it changes again. Safe for use by any thread; nothing blocks.
 */
final class ChangedAccounts {
  private final int most;
  private final Map<AccountKey, Mark> marks = new ConcurrentHashMap<>();
  private final LongAdder missed = new LongAdder();

  /**
   * One account that changed.
   *
   * @param rule the latest that was told
   * @param refused whether it refused a call since
   */
  record Mark(AccountKey account, BudgetRule rule, boolean refused) {
    Mark with(Mark later) {
      return new Mark(account, later.rule, refused || later.refused);
    }
  }

  ChangedAccounts(int most) {
    this.most = most;
  }

  void add(Mark mark) {
    if (marks.size() >= most && !marks.containsKey(mark.account())) {
      missed.increment();
      return;
    }
    marks.merge(mark.account(), mark, Mark::with);
  }

  /** Takes all of them out. */
  List<Mark> take() {
    List<Mark> taken = new ArrayList<>();
    for (AccountKey account : List.copyOf(marks.keySet())) {
      Mark mark = marks.remove(account);
      if (mark != null) {
        taken.add(mark);
      }
    }
    return taken;
  }

  /** How many changes were not kept since this was last asked. */
  long takeMissed() {
    return missed.sumThenReset();
  }
}
