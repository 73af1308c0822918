package io.stipend.policy.budget;

import io.stipend.metering.ledger.LedgerEntry.LoanKind;
import io.stipend.policy.budget.Budgets.Shortfall;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to be done about budgets that do not cover a call: for each, the first of its steps that
 * helps, in the order of its {@code when_short}. What is not listed does not happen. No loan is
 * taken while another budget would refuse the call anyway. It only decides: whoever asks does it,
 * and reserves again.
 */
public final class ShortSteps {
  private ShortSteps() {}

  /**
   * A call that is short, as its steps see it.
   *
   * @param <C> what a step makes of it
   */
  public interface Call<C> {
    /**
     * The call under the highest output cap that this much covers.
     *
     * @param available in the rule's unit
     * @return null if that cap is not lower than the one it has, or below what may be set
     */
    @Nullable C capped(BudgetRule rule, long available);

    /** The call on the cheaper model that the rule names; null if there is none. */
    @Nullable C downgraded(BudgetRule rule);

    /** Whether its session runs on the account of this budget. */
    boolean sessionRuns(BudgetRule rule);
  }

  /** What is to be done. */
  public sealed interface Answer<C> {}

  /** The call is to be reserved as this. */
  public record Changed<C>(C call) implements Answer<C>, Step<C> {}

  /** The call is to be reserved as it is, after these loans. */
  public record Lend<C>(List<Loan> loans) implements Answer<C> {}

  /** The call is to be refused, for want of this budget. */
  public record Refuse<C>(Shortfall shortfall) implements Answer<C> {}

  /** A loan to one budget, in its unit. */
  public record Loan(Shortfall shortfall, LoanKind kind, long amount) {}

  /** One step of one budget. */
  private sealed interface Step<C> {}

  private record Borrow<C>(Loan loan) implements Step<C> {}

  /**
   * Decides.
   *
   * @param first the tightest budget, with the others behind it
   */
  public static <C> Answer<C> answer(Shortfall first, Call<C> call) {
    List<Loan> loans = new ArrayList<>();
    for (Shortfall shortfall = first; shortfall != null; shortfall = shortfall.next()) {
      Step<C> step = step(shortfall, call);
      if (step == null) {
        return new Refuse<>(shortfall);
      }
      if (step instanceof Changed<C> changed) {
        return changed;
      }
      loans.add(((Borrow<C>) step).loan());
    }
    return new Lend<>(loans);
  }

  private static <C> @Nullable Step<C> step(Shortfall shortfall, Call<C> call) {
    if (shortfall.lacking() == 0) {
      // Marked exhausted by a stream that is being cut: no money helps.
      return null;
    }
    BudgetRule rule = shortfall.rule();
    for (WhenShort step : rule.whenShort()) {
      Step<C> does =
          switch (step) {
            case CLAMP -> changed(call.capped(rule, shortfall.available()));
            case DOWNGRADE -> changed(call.downgraded(rule));
            case OVERDRAFT -> loan(shortfall, LoanKind.OVERDRAFT, shortfall.overdraft(), call);
            case FINISH ->
                call.sessionRuns(rule)
                    ? loan(shortfall, LoanKind.FINISH, shortfall.finish(), call)
                    : null;
            case REFUSE -> null;
          };
      if (does != null || step == WhenShort.REFUSE) {
        return does;
      }
    }
    return null;
  }

  private static <C> @Nullable Step<C> changed(@Nullable C call) {
    return call == null ? null : new Changed<>(call);
  }

  /** All that lacks; where the rule lends less, and may clamp, a call that this much covers. */
  private static <C> @Nullable Step<C> loan(
      Shortfall shortfall, LoanKind kind, long room, Call<C> call) {
    if (room >= shortfall.lacking()) {
      return new Borrow<>(new Loan(shortfall, kind, shortfall.lacking()));
    }
    BudgetRule rule = shortfall.rule();
    return room > 0 && clamps(rule)
        ? changed(call.capped(rule, Math.addExact(shortfall.available(), room)))
        : null;
  }

  private static boolean clamps(BudgetRule rule) {
    int clampAt = rule.whenShort().indexOf(WhenShort.CLAMP);
    int refuseAt = rule.whenShort().indexOf(WhenShort.REFUSE);
    return clampAt >= 0 && (refuseAt < 0 || clampAt < refuseAt);
  }
}
