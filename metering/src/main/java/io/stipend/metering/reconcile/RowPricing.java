package io.stipend.metering.reconcile;

import io.stipend.metering.ChargeLine;
import io.stipend.metering.Meter;
import io.stipend.metering.ledger.UsageRow;
import io.stipend.metering.price.MeterPrices;
import io.stipend.metering.price.ModelPrices;
import io.stipend.metering.price.RateCards;
import io.stipend.metering.price.Rating;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What attempts cost by meter, as they stand and as they would under other prices. */
final class RowPricing {
  /** Rounding of five meters and of a whole is below this, in nano-units. */
  static final long SLACK = 10;

  private static final long PICOS = 1_000;

  /** How far the prices of another time are looked at: a change may have been entered late. */
  private static final List<Duration> AROUND = List.of(Duration.ofDays(-31), Duration.ofDays(31));

  private final RateCards cards;
  private final Map<String, String> vendors;

  /**
   * @param cards the cards in force
   * @param vendors by name of a provider, whose cards price what none of its own does
   */
  RowPricing(RateCards cards, Map<String, String> vendors) {
    this.cards = cards;
    this.vendors = Map.copyOf(vendors);
  }

  /**
   * Prices that might hold for an attempt.
   *
   * @param reason what it would mean if the provider billed so
   * @param text the prices in words
   * @param prices in pico-units per token
   */
  record Option(Reason reason, String text, MeterPrices prices) {
    /** The cost of these tokens by meter, each rounded to a nano-unit. */
    MeterSums nanos(MeterSums tokens) {
      MeterSums nanos = MeterSums.ZERO;
      for (BillMeter meter : BillMeter.TOKENS) {
        long picos = Math.multiplyExact(tokens.of(meter), price(meter));
        nanos = nanos.with(meter, Math.floorDiv(Math.addExact(picos, PICOS / 2), PICOS));
      }
      return nanos;
    }

    private long price(BillMeter meter) {
      return switch (meter) {
        case INPUT -> prices.input();
        case CACHE_READ -> prices.cacheRead();
        case CACHE_WRITE_5M -> prices.cacheWrite5m();
        case CACHE_WRITE_1H -> prices.cacheWrite1h();
        case OUTPUT -> prices.output();
        default -> 0;
      };
    }
  }

  /** The prices of an attempt by its own model and tier; null if there are none. */
  @Nullable Option own(UsageRow row, MeterSums tokens) {
    return as(row, row.modelServed(), row.serviceTier(), tokens);
  }

  /** The prices of an attempt if it had been of this model and tier; null if there are none. */
  @Nullable Option as(UsageRow row, String model, @Nullable String tier, MeterSums tokens) {
    ModelPrices found = find(row, model, row.startedAt());
    found = found == null ? find(row, row.modelRequested(), row.startedAt()) : found;
    return found == null
        ? null
        : new Option(Reason.ALIAS_OR_PRICE_CHANGE, found.version(), found.at(tier, tokens.input()));
  }

  private @Nullable ModelPrices find(UsageRow row, String model, Instant at) {
    String vendor = vendors.get(row.provider());
    return vendor == null ? null : ModelPrices.of(cards, row.provider(), vendor, model, at);
  }

  /** Whether two names are those of one model. */
  boolean isAlias(UsageRow row, String other) {
    ModelPrices own = find(row, row.modelServed(), row.startedAt());
    ModelPrices of = find(row, other, row.startedAt());
    return ModelNames.undated(row.modelServed()).equals(ModelNames.undated(other))
        || (own != null && of != null && own.isSameModel(of));
  }

  /** All other prices that the cards know for an attempt, the likeliest first. */
  List<Option> others(UsageRow row, MeterSums tokens) {
    List<Option> options = new ArrayList<>();
    ModelPrices own = find(row, row.modelServed(), row.startedAt());
    if (own == null) {
      return options;
    }
    String tier = row.serviceTier();
    long input = tokens.input();
    for (long step : own.steps(tier)) {
      long other = input > step ? step : step + 1;
      options.add(
          new Option(
              Reason.CONTEXT_TIER,
              (input > step ? "at most " : "more than ") + step + " input tokens",
              own.at(tier, other)));
    }
    Set<String> tiers = new LinkedHashSet<>(own.tiers());
    tiers.add("default");
    tiers.remove(ModelPrices.isDefault(tier) ? "default" : tier);
    for (String other : tiers) {
      boolean region = other.equals("us") || other.equals("fast+us");
      options.add(
          new Option(
              region ? Reason.REGIONAL_OR_TOOL_FEE : Reason.SERVICE_TIER,
              "tier " + other,
              own.at(other, input)));
    }
    options.add(
        new Option(
            Reason.REGIONAL_OR_TOOL_FEE,
            "a region's uplift of 10 %",
            uplifted(own.at(tier, input))));
    options.add(new Option(Reason.ALIAS_OR_PRICE_CHANGE, own.version(), own.at(tier, input)));
    ModelPrices requested = find(row, row.modelRequested(), row.startedAt());
    if (requested != null) {
      options.add(
          new Option(
              Reason.ALIAS_OR_PRICE_CHANGE,
              "the price of " + row.modelRequested(),
              requested.at(tier, input)));
    }
    for (Duration around : AROUND) {
      ModelPrices then = find(row, row.modelServed(), row.startedAt().plus(around));
      if (then != null) {
        options.add(
            new Option(
                Reason.ALIAS_OR_PRICE_CHANGE,
                "the price " + (around.isNegative() ? "of a month before" : "of a month after"),
                then.at(tier, input)));
      }
    }
    return options;
  }

  private static MeterPrices uplifted(MeterPrices p) {
    return new MeterPrices(
        p.input() + p.input() / 10,
        p.cacheRead() + p.cacheRead() / 10,
        p.cacheWrite5m() + p.cacheWrite5m() / 10,
        p.cacheWrite1h() + p.cacheWrite1h() / 10,
        p.output() + p.output() / 10);
  }

  /** The cost of an attempt as it stands, split by meter; the parts sum up to the whole. */
  MeterSums split(UsageRow row) {
    List<ChargeLine> lines = row.lines();
    if (!lines.isEmpty()) {
      return byLines(lines, row.nanos());
    }
    MeterSums tokens = MeterSums.of(row.usage());
    long rest = row.nanos();
    MeterSums parts = MeterSums.ZERO;
    long searches = row.units().of(Meter.WEB_SEARCH);
    if (searches > 0) {
      long fee = Math.min(rest, Math.multiplyExact(searches, searchPrice(row)));
      parts = parts.with(BillMeter.WEB_SEARCH, fee);
      rest -= fee;
    }
    Option own = own(row, tokens);
    if (own == null || tokens.isZero()) {
      return parts.with(BillMeter.OTHER, rest);
    }
    MeterSums priced = own.nanos(tokens);
    boolean hasUnits = !row.units().isNone();
    if (Math.abs(rest - priced.total()) <= SLACK || (hasUnits && priced.total() <= rest)) {
      return hasUnits
          ? parts.plus(priced).with(BillMeter.OTHER, rest - priced.total())
          : parts.plus(whole(priced, rest));
    }
    // A row that was corrected to another price is split by that one.
    for (Option other : others(row, tokens)) {
      MeterSums as = other.nanos(tokens);
      if (Math.abs(rest - as.total()) <= SLACK) {
        return parts.plus(whole(as, rest));
      }
    }
    return parts.plus(proportional(priced, rest));
  }

  /** The cost by the lines that it was made of. */
  private static MeterSums byLines(List<ChargeLine> lines, long whole) {
    MeterSums picos = MeterSums.ZERO;
    for (ChargeLine line : lines) {
      picos = picos.plus(MeterSums.of(meter(line.meter()), line.cost()));
    }
    MeterSums nanos = MeterSums.ZERO;
    for (BillMeter meter : BillMeter.values()) {
      nanos = nanos.with(meter, picos.of(meter) / PICOS);
    }
    return whole(nanos, whole);
  }

  private static BillMeter meter(String line) {
    return switch (line) {
      case ChargeLine.INPUT, "input_audio", "input_image" -> BillMeter.INPUT;
      case ChargeLine.CACHE_READ, "cache_read_audio", "cache_read_image" -> BillMeter.CACHE_READ;
      case ChargeLine.CACHE_WRITE_5M -> BillMeter.CACHE_WRITE_5M;
      case ChargeLine.CACHE_WRITE_1H -> BillMeter.CACHE_WRITE_1H;
      case ChargeLine.OUTPUT, "output_audio", "output_image" -> BillMeter.OUTPUT;
      default -> line.equals(Meter.WEB_SEARCH.label()) ? BillMeter.WEB_SEARCH : BillMeter.OTHER;
    };
  }

  private long searchPrice(UsageRow row) {
    String vendor = vendors.get(row.provider());
    Rating rating =
        vendor == null
            ? null
            : cards.rating(row.provider(), vendor, row.modelRequested(), row.startedAt());
    return rating == null ? 0 : rating.price(Meter.WEB_SEARCH).orElse(0L);
  }

  /** The parts, of which the largest takes what rounding leaves. */
  private static MeterSums whole(MeterSums parts, long whole) {
    BillMeter largest = BillMeter.OTHER;
    for (BillMeter meter : BillMeter.TOKENS) {
      largest = parts.of(meter) > parts.of(largest) ? meter : largest;
    }
    return parts.with(largest, parts.of(largest) + whole - parts.total());
  }

  /** A whole in the proportions of these parts. */
  static MeterSums proportional(MeterSums parts, long whole) {
    long sum = parts.total();
    if (sum == 0) {
      return MeterSums.of(BillMeter.OTHER, whole);
    }
    MeterSums result = MeterSums.ZERO;
    for (BillMeter meter : BillMeter.values()) {
      BigInteger part = BigInteger.valueOf(whole).multiply(BigInteger.valueOf(parts.of(meter)));
      result = result.with(meter, part.divide(BigInteger.valueOf(sum)).longValueExact());
    }
    return whole(result, whole);
  }

  /**
   * What is added to the cost of an attempt if these tokens are added to it, by meter; of a guess,
   * which may have cost more than its tokens, all that it then costs less.
   */
  MeterSums more(GatewayRow row, MeterSums tokens) {
    MeterSums after = row.tokens().plus(tokens);
    Option own = own(row.row(), after);
    if (own == null || !after.isNegativeNowhere()) {
      return MeterSums.ZERO;
    }
    if (row.isGuess()) {
      return own.nanos(after).minus(row.nanos().only(BillMeter.TOKENS));
    }
    Option before = own(row.row(), row.tokens());
    return before == null ? MeterSums.ZERO : own.nanos(after).minus(before.nanos(row.tokens()));
  }
}
