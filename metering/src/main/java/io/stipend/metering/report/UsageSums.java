package io.stipend.metering.report;

import io.stipend.metering.ledger.BookedLine;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.Scanned;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The lines of the books of a range of time, summed up by a key: the one place in which reports
 * read them. Several threads sum up, each for itself; in memory are the sums alone.
 *
 * @param sums by key
 * @param totalNanos the sum of all costs in nano-units, by currency; empty without lines
 * @param state of the ledger that was read
 */
record UsageSums<K, T extends UsageSums.Tally<T>>(
    Map<K, T> sums, Map<String, Long> totalNanos, LedgerReader.BookedState state) {

  /** What is kept of the lines of one key. */
  interface Tally<T> {
    /** Adds a line, and keeps nothing of the line itself. */
    void add(BookedLine line);

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
      Supplier<Function<BookedLine, K>> keys,
      Supplier<T> empty) {
    Scanned<Part<K, T>> scanned =
        reader.scan(from, to, () -> new Part<K, T>(keys.get(), empty), Part::add);
    Map<K, T> sums = new HashMap<>();
    Map<String, Long> totals = new TreeMap<>();
    for (Part<K, T> part : scanned.sums()) {
      sums = merged(sums, part.taken());
      part.totals().forEach((currency, nanos) -> totals.merge(currency, nanos, Math::addExact));
    }
    return new UsageSums<>(sums, totals, scanned.state());
  }

  /** Both, in the larger of the two. */
  private static <K, T extends Tally<T>> Map<K, T> merged(Map<K, T> one, Map<K, T> other) {
    Map<K, T> large = one.size() < other.size() ? other : one;
    Map<K, T> small = large == one ? other : one;
    small.forEach(
        (key, tally) -> {
          T there = large.putIfAbsent(key, tally);
          if (there != null) {
            there.add(tally);
          }
        });
    return large;
  }

  /** What one thread has summed up. */
  private static final class Part<K, T extends Tally<T>> {
    private final Function<BookedLine, K> key;
    private final Supplier<T> empty;
    private Map<K, T> sums = new HashMap<>();
    private final Map<String, Long> totals = new TreeMap<>();

    /** Nearly all lines have one currency: its total waits here for another one. */
    private String currency = "";

    private long nanos;

    Part(Function<BookedLine, K> key, Supplier<T> empty) {
      this.key = key;
      this.empty = empty;
    }

    void add(BookedLine line) {
      K of = key.apply(line);
      T tally = sums.get(of);
      if (tally == null) {
        tally = empty.get();
        sums.put(of, tally);
      }
      tally.add(line);
      String unit = line.currency();
      if (!unit.equals(currency)) {
        totals();
        currency = unit;
      }
      nanos = Math.addExact(nanos, line.nanos());
    }

    /** The sums by key, which are not held here any longer. */
    Map<K, T> taken() {
      Map<K, T> taken = sums;
      sums = new HashMap<>();
      return taken;
    }

    Map<String, Long> totals() {
      if (!currency.isEmpty()) {
        totals.merge(currency, nanos, Math::addExact);
        currency = "";
        nanos = 0;
      }
      return totals;
    }
  }
}
