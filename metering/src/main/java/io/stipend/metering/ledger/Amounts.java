package io.stipend.metering.ledger;

/** Checks of the amounts of entries. */
final class Amounts {
  private Amounts() {}

  static void positive(String name, long amount) {
    if (amount <= 0) {
      throw new IllegalArgumentException(name + ": " + amount + " (expected: at least 1)");
    }
  }

  static void notNegative(String name, long amount) {
    if (amount < 0) {
      throw new IllegalArgumentException(name + ": " + amount + " (expected: at least 0)");
    }
  }
}
