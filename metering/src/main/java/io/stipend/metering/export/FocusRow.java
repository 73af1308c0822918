package io.stipend.metering.export;

import io.stipend.metering.ChargeLine;
import io.stipend.metering.export.FocusMeter.Kind;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One row of a FOCUS file. It is one of three: what was used of a meter at a price; what was used
 * and charged as an amount, of which no price is known; or what the ledger's rounding of entries up
 * to a nano-unit adds in a day.
 *
 * @param key what it is of
 * @param provider who sold it
 * @param description for people
 * @param price its prices and quantities; null of rounding, which has none
 * @param listCost what it would have cost on the vendor's list
 * @param cost what it cost: billed, effective and contracted
 * @param unpriced the tokens of an amount without prices; null of all else
 * @param counts attempts and sources; null of rounding
 */
record FocusRow(
    FocusKey key,
    FocusProvider provider,
    String description,
    @Nullable Price price,
    BigDecimal listCost,
    BigDecimal cost,
    @Nullable FocusTokens unpriced,
    @Nullable Counts counts) {
  /** Decimals of a cost: pico-units. */
  static final int COST_DECIMALS = 12;

  /** What stands for a unit of money where an amount has no price. */
  private static final String AMOUNT_UNIT = "Units";

  private static final String AMOUNT_METER = "Unitemized Usage";
  private static final String AMOUNT_ID = "unitemized";
  private static final String DEFAULT_TIER = "standard";

  /**
   * Prices and quantities. Both prices are of one {@code pricingUnit}.
   *
   * @param skuId what was used, whatever it costs
   * @param skuPriceId the same in one tier at one list price
   * @param meter what is counted
   * @param list the unit price on the vendor's list
   * @param contracted the unit price that was charged
   * @param quantity how much in pricing units
   * @param consumed how much in consumed units
   * @param kind which tokens it prices; null if none
   */
  record Price(
      String skuId,
      String skuPriceId,
      String meter,
      BigDecimal list,
      BigDecimal contracted,
      BigDecimal quantity,
      String pricingUnit,
      BigDecimal consumed,
      String consumedUnit,
      @Nullable Kind kind) {}

  /**
   * What the attempts of a row say.
   *
   * @param requests how many; each is counted on one row only
   * @param source {@code provider}, {@code estimated} or {@code mixed}
   */
  record Counts(long requests, String source) {}

  /** What was used of a meter; the line has the sum of all quantities. */
  static FocusRow priced(FocusKey key, FocusProvider provider, ChargeLine line, Counts counts) {
    FocusMeter meter = FocusMeter.of(line.meter());
    int priceDecimals = COST_DECIMALS - meter.decimals();
    BigDecimal list = BigDecimal.valueOf(line.listPicos(), priceDecimals);
    String skuId = skuId(key, provider, meter.id());
    Price price =
        new Price(
            skuId,
            skuPriceId(key, skuId, list),
            meter.label(),
            list,
            BigDecimal.valueOf(line.picos(), priceDecimals),
            BigDecimal.valueOf(line.quantity(), meter.decimals()),
            meter.pricingUnit(),
            BigDecimal.valueOf(line.quantity()),
            meter.unit(),
            meter.kind());
    return new FocusRow(
        key,
        provider,
        description(key, meter.label()),
        price,
        cost(FocusGroup.product(line.quantity(), line.listPicos())),
        cost(FocusGroup.product(line.quantity(), line.picos())),
        null,
        counts);
  }

  /**
   * What was charged as an amount: as many units at one each, so that price times quantity is the
   * cost here too.
   *
   * @param tokens by kind
   */
  static FocusRow unpriced(
      FocusKey key, FocusProvider provider, BigInteger picos, FocusTokens tokens, Counts counts) {
    BigDecimal cost = cost(picos);
    String skuId = skuId(key, provider, AMOUNT_ID);
    Price price =
        new Price(
            skuId,
            skuPriceId(key, skuId, BigDecimal.ONE),
            AMOUNT_METER,
            BigDecimal.ONE,
            BigDecimal.ONE,
            cost,
            AMOUNT_UNIT,
            BigDecimal.valueOf(tokens.total()),
            "Tokens",
            null);
    return new FocusRow(
        key, provider, description(key, AMOUNT_METER), price, cost, cost, tokens, counts);
  }

  /** What rounding adds in a day. */
  static FocusRow rounding(FocusKey key, long picos) {
    BigDecimal cost = cost(BigInteger.valueOf(picos));
    return new FocusRow(
        key,
        FocusProvider.STIPEND,
        "Rounding of each entry of the day to a billionth of " + key.currency(),
        null,
        cost,
        cost,
        null,
        null);
  }

  /** How many tokens of a kind it is of; null if it is not of that kind. */
  @Nullable Long tokens(Kind kind) {
    if (unpriced != null) {
      return unpriced.of(kind);
    }
    return price != null && price.kind() == kind ? price.consumed().longValueExact() : null;
  }

  /** The model at its provider, whatever is counted. */
  static String modelId(FocusKey key, FocusProvider provider) {
    return part(provider.id()) + "/" + part(Objects.requireNonNull(key.model()));
  }

  private static String skuId(FocusKey key, FocusProvider provider, String meter) {
    return modelId(key, provider) + "/" + meter;
  }

  private static String skuPriceId(FocusKey key, String skuId, BigDecimal list) {
    String tier = key.tier() == null ? DEFAULT_TIER : key.tier();
    return skuId + "/" + part(tier) + "/" + key.currency() + "-" + FocusColumn.decimal(list);
  }

  /** Names may hold the slash that separates them. */
  private static String part(String name) {
    return name.replace("%", "%25").replace("/", "%2F");
  }

  private static String description(FocusKey key, String meter) {
    return key.model()
        + ": "
        + meter
        + (key.tier() == null ? "" : ", " + key.tier())
        + (key.correction() ? ", of a closed month" : "");
  }

  private static BigDecimal cost(BigInteger picos) {
    return new BigDecimal(picos, COST_DECIMALS);
  }
}
