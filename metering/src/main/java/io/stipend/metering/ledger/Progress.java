package io.stipend.metering.ledger;

/** Is told how far a long reading of a ledger has come; called often, so it must be quick. */
@FunctionalInterface
public interface Progress {
  /** For when nobody looks. */
  Progress NONE = (done, of) -> {};

  /**
   * Tells how far it is.
   *
   * @param done batches so far
   * @param of batches in all
   */
  void at(long done, long of);
}
