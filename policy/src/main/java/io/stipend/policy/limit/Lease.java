package io.stipend.policy.limit;

/** What the limits hold for one exchange. */
public interface Lease extends AutoCloseable {
  /** Holds nothing. */
  Lease NONE = () -> {};

  /** Returns what is held; closing twice is closing once. */
  @Override
  void close();
}
