package io.stipend.metering;

import java.math.BigDecimal;

/**
 * What an account counts: tokens, or money of one currency in nano-units (10⁻⁹ of the currency).
 *
 * @param name {@code tokens}, or an ISO 4217 currency code such as {@code USD}
 */
public record Unit(String name) {
  /** Counts tokens of every kind; an amount is a number of tokens. */
  public static final Unit TOKENS = new Unit("tokens");

  /** US dollars; an amount is a number of nano-dollars. */
  public static final Unit USD = new Unit("USD");

  /** Nano-units in one unit of a currency. */
  public static final long NANOS = 1_000_000_000L;

  /** Digits after the decimal point that an amount of money can have. */
  private static final int MONEY_SCALE = 9;

  /** Whether amounts of this unit are money. */
  public boolean isMoney() {
    return !name.equals(TOKENS.name);
  }

  /**
   * Reads a decimal number as an amount of this unit.
   *
   * @param decimal for example {@code 400}, {@code 0.25} or, for tokens, {@code 5000000}
   * @throws IllegalArgumentException if it is no plain decimal, has more than nine decimals (money)
   *     or any (tokens), or does not fit a long
   */
  public long parse(String decimal) {
    try {
      BigDecimal value = new BigDecimal(decimal);
      return (isMoney() ? value.movePointRight(MONEY_SCALE) : value).longValueExact();
    } catch (ArithmeticException | NumberFormatException e) {
      throw new IllegalArgumentException(
          "amount: " + decimal + " (expected: a decimal number of " + name + ")", e);
    }
  }

  /** The amount as a plain decimal string without trailing zeros, such as {@code 12.5}. */
  public String format(long amount) {
    if (!isMoney()) {
      return Long.toString(amount);
    }
    long whole = amount / NANOS;
    long rest = Math.abs(amount % NANOS);
    if (rest == 0) {
      return Long.toString(whole);
    }
    int decimals = MONEY_SCALE;
    while (rest % 10 == 0) {
      rest /= 10;
      decimals--;
    }
    StringBuilder text = new StringBuilder(2 * MONEY_SCALE + 4);
    if (amount < 0 && whole == 0) {
      text.append('-');
    }
    text.append(whole).append('.');
    String digits = Long.toString(rest);
    for (int i = digits.length(); i < decimals; i++) {
      text.append('0');
    }
    return text.append(digits).toString();
  }
}
