package io.stipend.metering.report;

import io.stipend.metering.ledger.Booking;
import io.stipend.metering.ledger.LedgerReader;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The lines of the books of a range of time, summed up by a key: the one place in which reports
 * read them. In memory are the sums alone.
 *
 * @param sums by key
 * @param totalNanos the sum of all costs in nano-units, by currency; empty without lines
 * @param state of the ledger that was read
 */
record UsageSums<K, T extends UsageSums.Tally<T>>(
    Map<K, T> sums, Map<String, Long> totalNanos, LedgerReader.BookedState state) {

  /** What is kept of the lines of one key. */
  interface Tally<T> {
    /** Adds a line. */
    void add(Booking line);

    /** Adds what another one has; the order of both is free. */
    void add(T other);
  }

  /**
   * Reads the lines with {@code from <= started_at < to}.
   *
   * @param keys makes what tells the key of a line; what it makes is used by one thread
   * @param empty a tally without lines
   */
  static <K, T extends Tally<T>> UsageSums<K, T> read(
      LedgerReader reader,
      Instant from,
      Instant to,
      Supplier<Function<Booking, K>> keys,
      Supplier<T> empty) {
    Part<K, T> part = new Part<>(keys.get(), empty);
    LedgerReader.BookedState state = reader.bookings(from, to, part::add);
    return new UsageSums<>(part.sums, part.totals, state);
  }

  /** What one thread has summed up. */
  private static final class Part<K, T extends Tally<T>> {
    private final Function<Booking, K> key;
    private final Supplier<T> empty;
    private final Map<K, T> sums = new HashMap<>();
    private final Map<String, Long> totals = new TreeMap<>();

    Part(Function<Booking, K> key, Supplier<T> empty) {
      this.key = key;
      this.empty = empty;
    }

    void add(Booking line) {
      sums.computeIfAbsent(key.apply(line), k -> empty.get()).add(line);
      totals.merge(line.attempt().currency(), line.usage().nanos(), Math::addExact);
    }
  }
}
