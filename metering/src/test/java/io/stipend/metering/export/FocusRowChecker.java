package io.stipend.metering.export;

import static io.stipend.metering.export.FocusRule.BILLING_PERIOD;
import static io.stipend.metering.export.FocusRule.CATEGORY;
import static io.stipend.metering.export.FocusRule.CHARGE_PERIOD;
import static io.stipend.metering.export.FocusRule.CONTRACTED_COST;
import static io.stipend.metering.export.FocusRule.EFFECTIVE_COST;
import static io.stipend.metering.export.FocusRule.INVOICE_ISSUER;
import static io.stipend.metering.export.FocusRule.LIST_COST;
import static io.stipend.metering.export.FocusRule.NOT_USAGE;
import static io.stipend.metering.export.FocusRule.PAIR;
import static io.stipend.metering.export.FocusRule.PRICING_CURRENCY;
import static io.stipend.metering.export.FocusRule.PRICING_QUANTITY;
import static io.stipend.metering.export.FocusRule.ROUNDING;
import static io.stipend.metering.export.FocusRule.ROW_TWICE;
import static io.stipend.metering.export.FocusRule.SERVICE;
import static io.stipend.metering.export.FocusRule.SKU;
import static io.stipend.metering.export.FocusRule.SUM_COST;
import static io.stipend.metering.export.FocusRule.SUM_REQUESTS;
import static io.stipend.metering.export.FocusRule.SUM_TOKENS;
import static io.stipend.metering.export.FocusRule.TOKENS;
import static io.stipend.metering.export.FocusRule.USAGE_INCOMPLETE;

import io.stipend.metering.export.FocusChecker.Finding;
import io.stipend.metering.export.FocusFacts.Fact;
import io.stipend.metering.export.FocusFile.Row;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What the cells of a row say together, and what the rows do. */
final class FocusRowChecker {
  /** What must stand on every row of usage that corrects nothing. */
  private static final List<String> USAGE =
      List.of(
          "ListUnitPrice",
          "ContractedUnitPrice",
          "PricingQuantity",
          "PricingUnit",
          "PricingCategory",
          "ConsumedQuantity",
          "ConsumedUnit",
          "SkuId",
          "SkuPriceId",
          "SkuMeter");

  /** What is there exactly when the other is. */
  private static final Map<String, String> PAIRS =
      Map.of(
          "PricingUnit", "PricingQuantity",
          "ConsumedUnit", "ConsumedQuantity",
          "SubAccountName", "SubAccountId",
          "SubAccountType", "SubAccountId",
          "RegionName", "RegionId",
          "ResourceName", "ResourceId",
          "ResourceType", "ResourceId",
          "SkuMeter", "SkuId",
          "SkuPriceId", "SkuId",
          "SkuPriceDetails", "SkuPriceId");

  /** What a row of usage is of: no two rows have all of it in common. */
  private static final List<String> KEY =
      List.of(
          "BillingCurrency",
          "BillingAccountId",
          "ChargeCategory",
          "ChargeClass",
          "ChargePeriodStart",
          "ContractedUnitPrice",
          "SkuPriceId",
          "SubAccountId",
          "Tags",
          "x_BookedDate",
          "x_ConsumerId",
          "x_CredentialId",
          "x_CostCenter",
          "x_Project",
          "x_PriceVersion",
          "x_ServiceTier");

  private static final Map<String, String> KINDS =
      Map.of(
          "x_InputTokens", "\"x_TokenDirection\":\"Input\",\"x_TokenCacheAction\":\"Uncached\"",
          "x_CacheReadTokens", "\"x_TokenDirection\":\"Input\",\"x_TokenCacheAction\":\"Read\"",
          "x_CacheWriteTokens", "\"x_TokenDirection\":\"Input\",\"x_TokenCacheAction\":\"Write\"",
          "x_OutputTokens", "\"x_TokenDirection\":\"Output\",\"x_TokenCacheAction\":\"Uncached\"");

  private static final BigDecimal NANO = BigDecimal.valueOf(1, 9);

  private final Map<String, Fact> facts;
  private final FocusFile file;
  private final List<Finding> findings = new ArrayList<>();

  private FocusRowChecker(Map<String, Fact> facts, FocusFile file) {
    this.facts = facts;
    this.file = file;
  }

  static List<Finding> check(
      FocusVersion version, Map<String, Fact> facts, FocusFile file, @Nullable FocusSums ledger) {
    FocusRowChecker checker = new FocusRowChecker(facts, file);
    for (Row row : file.rows) {
      checker.periods(row);
      checker.nulls(row);
      checker.arithmetic(row);
      checker.tokens(row);
      if (version == FocusVersion.V1_2) {
        checker.pricingCurrency(row);
      }
    }
    checker.together();
    checker.roundings();
    if (ledger != null) {
      checker.sums(ledger);
    }
    return checker.findings;
  }

  private void require(boolean holds, FocusRule rule, Row row, Object... what) {
    if (!holds) {
      findings.add(new Finding(rule, "line " + row.line + ": " + Arrays.toString(what)));
    }
  }

  private static boolean isUsage(Row row) {
    return row.is("ChargeCategory", "Usage");
  }

  private static boolean isCorrection(Row row) {
    return row.is("ChargeClass", "Correction");
  }

  private static Instant time(Row row, String column) {
    return Instant.parse(Objects.requireNonNull(row.get(column)));
  }

  private void periods(Row row) {
    OffsetDateTime billed = time(row, "BillingPeriodStart").atOffset(ZoneOffset.UTC);
    Instant end = time(row, "BillingPeriodEnd");
    boolean month =
        billed.equals(
                billed.withDayOfMonth(1).toLocalDate().atStartOfDay().atOffset(ZoneOffset.UTC))
            && billed.plusMonths(1).toInstant().equals(end);
    require(month, BILLING_PERIOD, row, billed, end);
    Instant from = time(row, "ChargePeriodStart");
    Instant to = time(row, "ChargePeriodEnd");
    boolean day = from.getEpochSecond() % 86_400 == 0 && from.plusSeconds(86_400).equals(to);
    require(day, CHARGE_PERIOD, row, from, to);
    boolean before = from.isBefore(billed.toInstant());
    require(!to.isAfter(end) && (isCorrection(row) || !before), CHARGE_PERIOD, row, from, billed);
    Instant booked = time(row, "x_BookedDate");
    boolean within = !booked.isBefore(billed.toInstant()) && booked.isBefore(end);
    require(within, BILLING_PERIOD, row, "booked", booked);
  }

  private void nulls(Row row) {
    if (isUsage(row)) {
      for (String column : USAGE) {
        require(isCorrection(row) || !row.isNull(column), USAGE_INCOMPLETE, row, column);
      }
    } else {
      require(row.isNull("ConsumedQuantity"), NOT_USAGE, row, "ConsumedQuantity");
    }
    PAIRS.forEach(
        (column, other) ->
            require(row.isNull(column) == row.isNull(other), PAIR, row, column, other));
    Fact category = facts.get("ServiceSubcategory");
    String parent = category == null ? null : category.allowed().get(row.get("ServiceSubcategory"));
    require(row.is("ServiceCategory", "" + parent), CATEGORY, row, "" + parent);
    String issuer = file.header.contains("ProviderName") ? "ProviderName" : "ServiceProviderName";
    require(row.is(issuer, "" + row.get("InvoiceIssuerName")), INVOICE_ISSUER, row, issuer);
  }

  private void arithmetic(Row row) {
    product(row, "ListUnitPrice", "ListCost", LIST_COST);
    product(row, "ContractedUnitPrice", "ContractedCost", CONTRACTED_COST);
    same(row, "BilledCost", "EffectiveCost", EFFECTIVE_COST);
    same(row, "BilledCost", "ContractedCost", CONTRACTED_COST);
    String unit = row.get("PricingUnit");
    String consumed = row.get("ConsumedUnit");
    if (unit != null && consumed != null && unit.endsWith(consumed)) {
      String size = unit.equals(consumed) ? "1" : unit.substring(0, unit.indexOf(' '));
      BigDecimal all = row.number("PricingQuantity").multiply(new BigDecimal(size));
      require(
          all.compareTo(row.number("ConsumedQuantity")) == 0,
          PRICING_QUANTITY,
          row,
          unit,
          consumed);
    }
  }

  private void product(Row row, String price, String cost, FocusRule rule) {
    BigDecimal expected =
        row.isNull(price)
            ? row.number("BilledCost")
            : row.number(price).multiply(row.number("PricingQuantity"));
    require(expected.compareTo(row.number(cost)) == 0, rule, row, cost, expected);
  }

  private void same(Row row, String one, String other, FocusRule rule) {
    require(row.number(one).compareTo(row.number(other)) == 0, rule, row, one, other);
  }

  /** A token stands in one kind: a cached one is never an input token too. */
  private void tokens(Row row) {
    List<String> told = KINDS.keySet().stream().filter(column -> !row.isNull(column)).toList();
    if (!row.is("ConsumedUnit", "Tokens")) {
      require(told.isEmpty(), TOKENS, row, told);
      return;
    }
    BigDecimal sum = told.stream().map(row::number).reduce(BigDecimal.ZERO, BigDecimal::add);
    require(sum.compareTo(row.number("ConsumedQuantity")) == 0, TOKENS, row, sum);
    if (row.is("PricingUnit", "1000000 Tokens")) {
      String details = "" + row.get("SkuPriceDetails");
      require(told.size() == 1, TOKENS, row, told);
      for (String column : told) {
        require(details.contains("" + KINDS.get(column)), TOKENS, row, column, details);
      }
    }
  }

  private void pricingCurrency(Row row) {
    require(
        Objects.equals(row.get("PricingCurrency"), row.get("BillingCurrency"))
            && row.isNull("CommitmentDiscountStatus"),
        PRICING_CURRENCY,
        row,
        "PricingCurrency");
    for (String column : List.of("ListUnitPrice", "ContractedUnitPrice", "EffectiveCost")) {
      require(
          Objects.equals(row.get(column), row.get("PricingCurrency" + column)),
          PRICING_CURRENCY,
          row,
          column);
    }
  }

  private void together() {
    Set<List<String>> keys = new HashSet<>();
    Map<String, Row> first = new HashMap<>();
    for (Row row : file.rows) {
      List<String> key = new ArrayList<>();
      KEY.forEach(column -> key.add("" + row.get(column)));
      require(keys.add(key), ROW_TWICE, row, key);
      one(first, row, "SkuPriceId", "SkuId", SKU);
      one(first, row, "SkuPriceId", "ListUnitPrice", SKU);
      one(first, row, "SkuPriceId", "SkuPriceDetails", SKU);
      one(first, row, "SkuId", "SkuMeter", SKU);
      one(first, row, "ServiceName", "ServiceCategory", SERVICE);
      one(first, row, "ServiceName", "ServiceSubcategory", SERVICE);
      one(first, row, "ResourceId", "ResourceName", SKU);
    }
  }

  /** All rows with the same in one column have the same in the other. */
  private void one(Map<String, Row> first, Row row, String id, String column, FocusRule rule) {
    if (row.isNull(id)) {
      return;
    }
    Row other = first.putIfAbsent(id + " " + column + " " + row.get(id), row);
    require(
        other == null || Objects.equals(other.get(column), row.get(column)), rule, row, column, id);
  }

  /** One row a day and currency, and no more than a nano for each entry that it rounds. */
  private void roundings() {
    Map<String, BigDecimal> entries = new HashMap<>();
    Set<String> seen = new HashSet<>();
    for (Row row : file.rows) {
      String day = row.get("x_BookedDate") + " " + row.get("BillingCurrency");
      BigDecimal count =
          isCorrection(row) ? BigDecimal.valueOf(1_000) : row.number("x_RequestCount");
      entries.merge(day, count, BigDecimal::add);
    }
    for (Row row : file.rows) {
      if (!isUsage(row)) {
        String day = row.get("x_BookedDate") + " " + row.get("BillingCurrency");
        BigDecimal most = NANO.multiply(entries.get(day));
        require(
            seen.add(day) && row.number("BilledCost").abs().compareTo(most) < 0,
            ROUNDING,
            row,
            day,
            most);
      }
    }
  }

  private void sums(FocusSums ledger) {
    Map<String, BigDecimal> costs = new TreeMap<>();
    for (Row row : file.rows) {
      String day = ("" + row.get("x_BookedDate")).substring(0, 10);
      costs.merge(
          day + " " + row.get("BillingCurrency"), row.number("BilledCost"), BigDecimal::add);
    }
    Map<String, String> expected = new TreeMap<>();
    ledger.costs().forEach((day, cost) -> expected.put(day, FocusColumn.decimal(cost)));
    Map<String, String> found = new TreeMap<>();
    costs.forEach((day, cost) -> found.put(day, FocusColumn.decimal(cost)));
    if (!found.equals(expected)) {
      findings.add(new Finding(SUM_COST, found + " (expected: " + expected + ")"));
    }
    sum("x_InputTokens", ledger.input(), SUM_TOKENS);
    sum("x_CacheReadTokens", ledger.cacheRead(), SUM_TOKENS);
    sum("x_CacheWriteTokens", ledger.cacheWrite(), SUM_TOKENS);
    sum("x_OutputTokens", ledger.output(), SUM_TOKENS);
    sum("x_RequestCount", ledger.requests(), SUM_REQUESTS);
  }

  private void sum(String column, long expected, FocusRule rule) {
    BigDecimal sum =
        file.rows.stream().map(row -> row.number(column)).reduce(BigDecimal.ZERO, BigDecimal::add);
    if (sum.compareTo(BigDecimal.valueOf(expected)) != 0) {
      findings.add(new Finding(rule, column + ": " + sum + " (expected: " + expected + ")"));
    }
  }
}
