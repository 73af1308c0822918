package io.stipend.metering.report;

import io.stipend.metering.ChargeBasis;
import io.stipend.metering.ChargeLine;
import io.stipend.metering.ChargeLines;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageReport;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import io.stipend.metering.price.RateCards;
import io.stipend.metering.price.Rating;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What past usage costs under another card, as if the quota file had named that card last from the
 * start. What no line tells is left as it stands, never guessed.
 */
public final class Rerating {
  private final RateCards inForce;
  private final RateCards cards;
  private final Set<String> versions;
  private final UnaryOperator<String> vendorOf;
  private final Predicate<String> costsByContent;

  /**
   * Prices by these.
   *
   * @param inForce the cards of the quota file, with its rates of exchange
   * @param other the card that comes before them
   * @param vendorOf the vendor whose cards price what none of a provider's own does
   * @param costsByContent whether usage of a dialect cannot be priced from its tokens
   */
  public Rerating(
      RateCards inForce,
      RateCards other,
      UnaryOperator<String> vendorOf,
      Predicate<String> costsByContent) {
    this.inForce = inForce;
    this.cards = inForce.plus(other);
    this.versions = other.versions();
    this.vendorOf = vendorOf;
    this.costsByContent = costsByContent;
  }

  /** What becomes of a row. */
  public sealed interface Result {}

  /** The card does not decide what it costs. */
  public record Untouched() implements Result {}

  /** The card would decide, but what the row cost is not told well enough. */
  public record Left(String reason) implements Result {}

  /**
   * The row costs this.
   *
   * @param nanos in nano-units of its currency
   * @param basis how its lines are found
   * @param priceVersion the card
   */
  public record Priced(long nanos, ChargeBasis basis, String priceVersion) implements Result {}

  /** Prices a row with every earlier correction netted in. */
  public Result of(UsageRow row) {
    String vendor = vendorOf.apply(row.provider());
    if (!cards.decides(versions, row.provider(), vendor, row.modelRequested(), row.startedAt())) {
      return new Untouched();
    }
    Rating rating = cards.rating(row.provider(), vendor, row.modelRequested(), row.startedAt());
    if (rating == null) {
      return new Left("no rate of exchange at its start");
    }
    if (!row.currency().equals(cards.currency())) {
      return new Left("its currency is " + row.currency());
    }
    List<ChargeLine> lines = row.lines();
    String unknown = unknown(row, lines);
    if (unknown != null) {
      return new Left(unknown);
    }
    UsageReport report = report(row, lines);
    if (rating.unpriced(row.units()) != null) {
      return new Left("the card has no price of " + rating.unpriced(row.units()));
    }
    long nanos = rating.charge(report).nanos();
    return new Priced(
        nanos, rating.basis(report).ifExact(row.usage(), nanos), rating.priceVersion());
  }

  /** Why its lines do not tell what was used; null if they do. */
  private @Nullable String unknown(UsageRow row, List<ChargeLine> lines) {
    if (!lines.isEmpty()) {
      if (ChargeLines.areOfSeveralRuns(lines)) {
        return "it was several runs of models with prices of their own";
      }
      return row.units().isNone() || !costsByContent.test(row.dialect())
          ? null
          : "which size or quality it was is not recorded";
    }
    if (row.nanos() == 0 && row.usage().equals(TokenUsage.ZERO) && row.units().isNone()) {
      return null;
    }
    if (row.usageSource() == UsageSource.ASSUMED) {
      return "its cost is an assumed amount";
    }
    return costsByContent.test(row.dialect())
        ? "how much of it was sound or images is not recorded"
        : isPriceInForce(row) ? null : "what its cost is made of is not recorded";
  }

  /** Whether the cost of an entry without lines is just what its tokens cost by the card then. */
  private boolean isPriceInForce(UsageRow row) {
    Rating rating =
        inForce.rating(
            row.provider(), vendorOf.apply(row.provider()), row.modelRequested(), row.startedAt());
    return rating != null && rating.charge(report(row, List.of())).nanos() == row.nanos();
  }

  private static UsageReport report(UsageRow row, List<ChargeLine> lines) {
    return new UsageReport(
        List.of(new UsageReport.Part(null, row.usage(), media(lines), row.units())),
        row.modelServed(),
        row.serviceTier(),
        false);
  }

  private static MediaTokens media(List<ChargeLine> lines) {
    long[] counts = new long[ChargeLine.MEDIA_TOKENS.size()];
    for (ChargeLine line : lines) {
      int index = ChargeLine.MEDIA_TOKENS.indexOf(line.meter());
      if (index >= 0) {
        counts[index] += line.quantity();
      }
    }
    return new MediaTokens(counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]);
  }
}
