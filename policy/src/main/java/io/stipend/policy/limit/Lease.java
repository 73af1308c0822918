package io.stipend.policy.limit;

/** What the limits hold for one exchange. */
public interface Lease extends AutoCloseable {
  /** Holds nothing. */
  Lease NONE = () -> {};

  /**
   * Says how many tokens were used, so that the token rate counts those instead of the estimate. An
   * exchange that was never sent used 0. Where it is not called before {@link #close}, the estimate
   * stands.
   *
   * @param tokens of all kinds
   */
  default void used(long tokens) {}

  /** How the limits stood when it was taken, itself counted. */
  default Rates rates() {
    return Rates.UNLIMITED;
  }

  /** Returns what is held; closing twice is closing once. */
  @Override
  void close();
}
