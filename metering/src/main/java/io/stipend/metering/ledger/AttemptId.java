package io.stipend.metering.ledger;

/**
 * One try at one upstream.
 *
 * @param exchange the exchange's id, as in the {@code stipend-exchange-id} header: unique,
 *     time-ordered, at most 32 ASCII characters
 * @param number 1 for the first attempt of the exchange
 */
public record AttemptId(String exchange, int number) {
  @Override
  public String toString() {
    return exchange + "#" + number;
  }
}
