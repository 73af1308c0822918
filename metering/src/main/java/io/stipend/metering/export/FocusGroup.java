package io.stipend.metering.export;

import io.stipend.metering.ChargeLine;
import io.stipend.metering.UsageSource;
import io.stipend.metering.export.FocusMeter.Kind;
import io.stipend.metering.ledger.Booking;
import io.stipend.metering.ledger.SignedUsage;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The sums of one {@link FocusKey} on one day: a few numbers, however many attempts there were. */
final class FocusGroup {
  private static final BigInteger PICOS = BigInteger.valueOf(1_000);

  /** Lines come in any order; what is made of them must not depend on it. */
  private static final Comparator<ChargeLine> ORDER =
      Comparator.comparingInt((ChargeLine line) -> FocusMeter.of(line.meter()).rank())
          .thenComparingLong(ChargeLine::listPicos)
          .thenComparingLong(ChargeLine::picos);

  private final FocusKey key;
  private final List<Priced> priced = new ArrayList<>();
  private @Nullable Unpriced unpriced;

  FocusGroup(FocusKey key) {
    this.key = key;
  }

  /** What every sum counts: attempts, each once, and how their figures came to be known. */
  private static class Counted {
    private long requests;
    private boolean reported;
    private boolean estimated;

    void know(Booking booking) {
      boolean told = booking.attempt().usageSource() == UsageSource.REPORTED;
      reported |= told;
      estimated |= !told;
    }

    FocusRow.Counts counts() {
      return new FocusRow.Counts(
          requests, reported && estimated ? "mixed" : reported ? "provider" : "estimated");
    }
  }

  /** What was used of one meter at one price. */
  private static final class Priced extends Counted {
    private final ChargeLine line;
    private long quantity;

    Priced(ChargeLine line) {
      this.line = line;
    }

    boolean isOf(ChargeLine other) {
      return line.picos() == other.picos()
          && line.listPicos() == other.listPicos()
          && line.meter().equals(other.meter());
    }
  }

  /** What no line tells: its tokens by kind, and a cost that is nobody's price. */
  private static final class Unpriced extends Counted {
    private FocusTokens tokens = FocusTokens.NONE;
    private BigInteger picos = BigInteger.ZERO;
  }

  /**
   * Adds a line of the books.
   *
   * @return what its cost was rounded up by, in pico-units; for a correction also down
   */
  long add(Booking booking) {
    SignedUsage usage = booking.usage();
    FocusTokens tokens = FocusTokens.of(usage);
    BigInteger left = BigInteger.valueOf(usage.nanos()).multiply(PICOS);
    Priced first = null;
    for (ChargeLine line : booking.lines()) {
      if (line.quantity() != 0) {
        Priced sum = add(line, booking);
        first = first == null || ORDER.compare(sum.line, first.line) < 0 ? sum : first;
        Kind kind = FocusMeter.of(line.meter()).kind();
        tokens = kind == null ? tokens : tokens.minus(kind, line.quantity());
        left = left.subtract(product(line.quantity(), line.picos()));
      }
    }
    boolean rounded = left.abs().compareTo(PICOS) < 0;
    Counted counted = first;
    if (!rounded || !tokens.isNone()) {
      Unpriced sum = unpriced(rounded ? BigInteger.ZERO : left, tokens, booking);
      counted = counted == null ? sum : counted;
    }
    if (counted != null && !booking.correction()) {
      counted.requests++;
    }
    return rounded ? left.longValue() : 0;
  }

  private Priced add(ChargeLine line, Booking booking) {
    Priced sum = priced(line);
    sum.quantity = Math.addExact(sum.quantity, line.quantity());
    sum.know(booking);
    return sum;
  }

  private Priced priced(ChargeLine line) {
    for (Priced sum : priced) {
      if (sum.isOf(line)) {
        return sum;
      }
    }
    Priced sum = new Priced(line);
    priced.add(sum);
    return sum;
  }

  private Unpriced unpriced(BigInteger picos, FocusTokens tokens, Booking booking) {
    Unpriced sum = unpriced == null ? new Unpriced() : unpriced;
    unpriced = sum;
    sum.picos = sum.picos.add(picos);
    sum.tokens = sum.tokens.plus(tokens);
    sum.know(booking);
    return sum;
  }

  static BigInteger product(long quantity, long picos) {
    return BigInteger.valueOf(quantity).multiply(BigInteger.valueOf(picos));
  }

  /** Its rows, by meter. */
  List<FocusRow> rows(FocusProvider provider) {
    List<FocusRow> rows = new ArrayList<>();
    priced.sort((a, b) -> ORDER.compare(a.line, b.line));
    for (Priced sum : priced) {
      FocusRow.Counts counts = sum.counts();
      if (sum.quantity != 0 || counts.requests() != 0) {
        rows.add(FocusRow.priced(key, provider, sum.line.of(sum.quantity), counts));
      }
    }
    if (unpriced != null) {
      rows.add(
          FocusRow.unpriced(key, provider, unpriced.picos, unpriced.tokens, unpriced.counts()));
    }
    return rows;
  }
}
