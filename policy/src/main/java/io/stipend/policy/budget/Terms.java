package io.stipend.policy.budget;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * What holds for a budget besides how much and how often. All amounts are in the budget's unit, of
 * the whole amount: they are not prorated. Start from {@link #DEFAULTS} and {@link #with}.
 *
 * @param whenShort what happens when it does not cover a call, in order
 * @param clampFloor the lowest output cap that clamping may set
 * @param overshoot how far the exposure may exceed the balance; -1 means the default: nothing for
 *     calls that may generate unseen, one step for visible streams
 * @param carryOver what goes on into the next periods
 * @param overdraft the limit of the step {@code overdraft}; 0 means none
 * @param finish the limit of the step {@code finish}; 0 means none
 * @param advance the limit of advances on the next period; 0 means none
 * @param transfer how much may be sent to others in a period; 0 means none, {@link Long#MAX_VALUE}
 *     whatever there is
 * @param downgrade for the step {@code downgrade}: cheaper models by model, both by their own names
 * @param alerts percentages of the amount at whose use an alert is raised, ascending
 * @param forecastAlert whether an alert is raised when the budget is going to run out before its
 *     period ends
 * @param priority of the recurring grant: lower ones burn first
 */
public record Terms(
    List<WhenShort> whenShort,
    long clampFloor,
    long overshoot,
    CarryOver carryOver,
    long overdraft,
    long finish,
    long advance,
    long transfer,
    Map<String, String> downgrade,
    List<Integer> alerts,
    boolean forecastAlert,
    int priority) {
  /** The lowest output cap that clamping sets unless the allowance says otherwise. */
  public static final long DEFAULT_CLAMP_FLOOR = 1_024;

  /** What holds where the file says nothing. */
  public static final Terms DEFAULTS =
      new Terms(
          List.of(WhenShort.CLAMP, WhenShort.REFUSE),
          DEFAULT_CLAMP_FLOOR,
          -1,
          CarryOver.NONE,
          0,
          0,
          0,
          0,
          Map.of(),
          List.of(),
          false,
          0);

  /** Copies the collections and sorts the alerts. */
  public Terms {
    whenShort = List.copyOf(whenShort);
    downgrade = Collections.unmodifiableMap(new LinkedHashMap<>(downgrade));
    alerts = alerts.stream().sorted().distinct().toList();
  }

  /** The same with some of it set otherwise, such as {@code with(t -> t.overdraft(50))}. */
  public Terms with(UnaryOperator<Change> change) {
    return change.apply(new Change(this)).made();
  }

  /** Terms in the making; each method sets the component of its name. */
  public static final class Change {
    private List<WhenShort> whenShort;
    private long clampFloor;
    private long overshoot;
    private CarryOver carryOver;
    private long overdraft;
    private long finish;
    private long advance;
    private long transfer;
    private Map<String, String> downgrade;
    private List<Integer> alerts;
    private boolean forecastAlert;
    private int priority;

    private Change(Terms from) {
      whenShort = from.whenShort;
      clampFloor = from.clampFloor;
      overshoot = from.overshoot;
      carryOver = from.carryOver;
      overdraft = from.overdraft;
      finish = from.finish;
      advance = from.advance;
      transfer = from.transfer;
      downgrade = from.downgrade;
      alerts = from.alerts;
      forecastAlert = from.forecastAlert;
      priority = from.priority;
    }

    private Terms made() {
      return new Terms(
          whenShort,
          clampFloor,
          overshoot,
          carryOver,
          overdraft,
          finish,
          advance,
          transfer,
          downgrade,
          alerts,
          forecastAlert,
          priority);
    }

    /** The steps, in order. */
    public Change whenShort(WhenShort... steps) {
      whenShort = Arrays.asList(steps);
      return this;
    }

    /** The lowest output cap. */
    public Change clampFloor(long tokens) {
      clampFloor = tokens;
      return this;
    }

    /** The stated bound; -1 means the default. */
    public Change overshoot(long amount) {
      overshoot = amount;
      return this;
    }

    /** What goes on. */
    public Change carryOver(CarryOver carried) {
      carryOver = carried;
      return this;
    }

    /** The limit of overdrafts. */
    public Change overdraft(long amount) {
      overdraft = amount;
      return this;
    }

    /** The limit of loans that end a session. */
    public Change finish(long amount) {
      finish = amount;
      return this;
    }

    /** The limit of advances. */
    public Change advance(long amount) {
      advance = amount;
      return this;
    }

    /** The limit of what is sent in a period. */
    public Change transfer(long amount) {
      transfer = amount;
      return this;
    }

    /** Cheaper models by model. */
    public Change downgrade(Map<String, String> models) {
      downgrade = models;
      return this;
    }

    /** Percentages, in any order. */
    public Change alerts(Integer... percentages) {
      alerts = Arrays.asList(percentages);
      return this;
    }

    /** Whether running out early is told. */
    public Change forecastAlert(boolean told) {
      forecastAlert = told;
      return this;
    }

    /** Of the recurring grant. */
    public Change priority(int lowerBurnsFirst) {
      priority = lowerBurnsFirst;
      return this;
    }
  }
}
