package io.stipend.metering.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.export.FocusChecker.Finding;
import io.stipend.metering.export.FocusExport.FocusOptions;
import io.stipend.metering.export.FocusFile.Row;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.Progress;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Faults are planted in a file that has none, one at a time: the checker names each. */
class FocusFaultsTest {
  private static final int SEED = 3;
  private static final int STEPS = 90;
  private static final Predicate<Row> ANY = row -> true;
  private static final Predicate<Row> PLAIN =
      row -> row.is("PricingUnit", "1000000 Tokens") && row.isNull("ChargeClass");
  private static final Predicate<Row> CACHED =
      PLAIN.and(row -> row.is("SkuMeter", "Cache Read Input Tokens"));
  private static final Predicate<Row> SEARCHES = row -> row.is("SkuMeter", "Web Searches");
  private static final Predicate<Row> ROUNDING = row -> row.is("ChargeCategory", "Adjustment");
  private static final Predicate<Row> CORRECTION = row -> row.is("ChargeClass", "Correction");

  @TempDir private static Path folder;

  private static FocusFile clean14;
  private static FocusFile clean12;
  private static FocusSums ledger;

  @BeforeAll
  static void export() throws Exception {
    try (FocusHistory history = new FocusHistory(folder, SEED).steps(STEPS);
        LedgerReader reader = history.reader()) {
      clean14 = export(reader, FocusVersion.V1_4);
      clean12 = export(reader, FocusVersion.V1_2);
      ledger =
          FocusSums.of(reader, FocusHistory.START.minusSeconds(86_400L * 30), FocusHistory.END);
    }
  }

  private static FocusFile export(LedgerReader reader, FocusVersion version) {
    StringWriter out = new StringWriter();
    new FocusExport(new FocusOptions(version, Map.of()))
        .write(
            reader,
            FocusHistory.START.minusSeconds(86_400L * 30),
            FocusHistory.END,
            out,
            Progress.NONE);
    return FocusFile.parse(out.toString());
  }

  /**
   * A fault.
   *
   * @param rule what the checker must call it
   * @param planted what is done to a clean file
   */
  record Fault(String what, FocusVersion version, FocusRule rule, Consumer<FocusFile> planted) {
    @Override
    public String toString() {
      return version.label() + " " + what;
    }
  }

  private static Fault fault(String what, FocusRule rule, Consumer<FocusFile> planted) {
    return new Fault(what, FocusVersion.V1_4, rule, planted);
  }

  /** A cell of the first row of a kind becomes another, or null. */
  private static Fault cell(
      String what, FocusRule rule, Predicate<Row> kind, String column, String value) {
    return fault(what, rule, file -> file.first(kind).set(column, value));
  }

  private static void add(Row row, String column, String more) {
    row.set(column, FocusColumn.decimal(row.number(column).add(new BigDecimal(more))));
  }

  static Stream<Fault> faults() {
    return Stream.of(columns(), values(), together(), tokens(), money(), of12())
        .flatMap(List::stream);
  }

  private static List<Fault> columns() {
    return List.of(
        fault(
            "a mandatory column is left out",
            FocusRule.COLUMN_MISSING,
            file -> file.header.remove("HostProviderName")),
        fault(
            "a column stands twice",
            FocusRule.COLUMN_TWICE,
            file -> file.header.add("x_InputTokens")),
        fault(
            "a column of ours has no x_",
            FocusRule.COLUMN_UNKNOWN,
            file -> file.header.set(file.header.indexOf("x_CostCenter"), "CostCenter")),
        fault(
            "a column of 1.2 in a file of 1.4",
            FocusRule.COLUMN_UNKNOWN,
            file -> file.header.add(0, "PublisherName")),
        fault(
            "a column of ours comes first",
            FocusRule.COLUMN_ORDER,
            file -> file.header.add(0, file.header.remove(file.header.size() - 1))),
        fault(
            "columns of FOCUS change places",
            FocusRule.COLUMN_ORDER,
            file -> file.header.add(3, file.header.remove(0))),
        fault(
            "the metadata tells of another order",
            FocusRule.METADATA,
            file -> file.header.add(file.header.remove(file.header.indexOf("x_PrincipalId")))),
        cell(
            "more decimals than the metadata tells",
            FocusRule.METADATA,
            ROUNDING,
            "ListCost",
            "0.0000000000001"));
  }

  private static List<Fault> values() {
    return List.of(
        cell("a cost is missing", FocusRule.NULL, ANY, "BilledCost", null),
        cell("a provider has no name", FocusRule.NULL, ANY, "ServiceProviderName", null),
        cell("a null is written as empty text", FocusRule.BLANK, PLAIN, "RegionId", ""),
        cell("an exponent", FocusRule.DECIMAL, PLAIN, "ListCost", "1.5E-7"),
        cell("a plus sign", FocusRule.DECIMAL, PLAIN, "BilledCost", "+1.0"),
        cell("a whole number without a point", FocusRule.DECIMAL, PLAIN, "ConsumedQuantity", "12"),
        cell("a comma for thousands", FocusRule.DECIMAL, PLAIN, "ConsumedQuantity", "1,840.0"),
        cell("milliseconds", FocusRule.TIME, ANY, "ChargePeriodStart", "2026-10-01T00:00:00.000Z"),
        cell("an offset", FocusRule.TIME, ANY, "ChargePeriodEnd", "2026-10-01T00:00:00+00:00"),
        cell("a day that is none", FocusRule.TIME, ANY, "ChargePeriodEnd", "2026-02-30T00:00:00Z"),
        cell("tags are a list", FocusRule.JSON, PLAIN, "Tags", "[\"payments\"]"),
        cell("tags are nested", FocusRule.JSON, PLAIN, "Tags", "{\"team\":{\"name\":\"a\"}}"),
        cell("a tag stands twice", FocusRule.JSON, PLAIN, "Tags", "{\"a\":\"1\",\"a\":\"2\"}"),
        cell("a charge is of no category", FocusRule.VALUE, PLAIN, "ChargeCategory", "Spend"),
        cell(
            "a correction in other words", FocusRule.VALUE, CORRECTION, "ChargeClass", "Corrected"),
        cell("a negative price", FocusRule.NEGATIVE_PRICE, PLAIN, "ListUnitPrice", "-1.0"),
        cell("a currency that is none", FocusRule.CURRENCY, PLAIN, "BillingCurrency", "US$"),
        cell("a unit in small letters", FocusRule.UNIT, PLAIN, "ConsumedUnit", "tokens"),
        cell("a formula", FocusRule.FORMULA, PLAIN, "x_Project", "=HYPERLINK(\"x\")"),
        cell(
            "a person's address",
            FocusRule.PERSONAL_DATA,
            PLAIN,
            "x_ConsumerId",
            "ada@example.com"),
        cell(
            "an address in the tags",
            FocusRule.PERSONAL_DATA,
            PLAIN,
            "Tags",
            "{\"team\":\"ada@example.com\"}"));
  }

  private static List<Fault> together() {
    return List.of(
        cell(
            "a subcategory of another category",
            FocusRule.CATEGORY,
            PLAIN,
            "ServiceSubcategory",
            "Search"),
        cell(
            "a billing period of no month",
            FocusRule.BILLING_PERIOD,
            ANY,
            "BillingPeriodStart",
            "2026-09-02T00:00:00Z"),
        cell(
            "a charge before its billing period",
            FocusRule.CHARGE_PERIOD,
            PLAIN,
            "ChargePeriodStart",
            "2026-01-01T00:00:00Z"),
        cell(
            "a correction that says it is none",
            FocusRule.CHARGE_PERIOD,
            CORRECTION,
            "ChargeClass",
            null),
        cell("a unit without a quantity", FocusRule.PAIR, CORRECTION, "PricingQuantity", null),
        cell(
            "usage without a price",
            FocusRule.USAGE_INCOMPLETE,
            PLAIN,
            "ContractedUnitPrice",
            null),
        cell("usage without a SKU", FocusRule.USAGE_INCOMPLETE, PLAIN, "SkuPriceId", null),
        cell(
            "an adjustment that was used",
            FocusRule.NOT_USAGE,
            ROUNDING,
            "ConsumedQuantity",
            "1.0"),
        cell(
            "a team without a name",
            FocusRule.PAIR,
            row -> !row.isNull("SubAccountId"),
            "SubAccountName",
            null),
        cell("a meter of another SKU", FocusRule.SKU, PLAIN, "SkuMeter", "Tokens"),
        cell(
            "a service of two kinds",
            FocusRule.SERVICE,
            PLAIN,
            "ServiceSubcategory",
            "AI Platforms"),
        fault(
            "one SKU price at two prices",
            FocusRule.SKU,
            file -> {
              Row row = file.first(PLAIN.and(r -> r.number("ListUnitPrice").signum() > 0));
              row.set("SkuPriceId", file.first(r -> isOtherPrice(r, row)).get("SkuPriceId"));
            }),
        cell(
            "a service of two names",
            FocusRule.INVOICE_ISSUER,
            PLAIN,
            "InvoiceIssuerName",
            "Bank"));
  }

  private static List<Fault> tokens() {
    return List.of(
        fault(
            "a cached token is an input token too",
            FocusRule.TOKENS,
            file -> {
              Row row = file.first(CACHED);
              row.set("x_InputTokens", row.get("x_CacheReadTokens"));
            }),
        fault(
            "cached tokens are called uncached",
            FocusRule.TOKENS,
            file -> {
              Row row = file.first(CACHED);
              row.set(
                  "SkuPriceDetails", ("" + row.get("SkuPriceDetails")).replace("Read", "Uncached"));
            }),
        cell("searches are tokens too", FocusRule.TOKENS, SEARCHES, "x_OutputTokens", "3.0"),
        fault(
            "a row stands twice",
            FocusRule.ROW_TWICE,
            file -> file.rows.add(file.first(PLAIN).copy())));
  }

  private static boolean isOtherPrice(Row row, Row than) {
    return row.is("SkuId", "" + than.get("SkuId"))
        && !row.is("ListUnitPrice", "" + than.get("ListUnitPrice"));
  }

  private static List<Fault> money() {
    return List.of(
        fault(
            "a list cost by a rounded price",
            FocusRule.LIST_COST,
            file -> add(file.first(PLAIN), "ListCost", "0.000000000001")),
        fault(
            "a cost that is not price times quantity",
            FocusRule.CONTRACTED_COST,
            file -> add(file.first(PLAIN), "ContractedCost", "0.000000000001")),
        fault(
            "an effective cost of its own",
            FocusRule.EFFECTIVE_COST,
            file -> add(file.first(PLAIN), "EffectiveCost", "0.01")),
        fault(
            "a price of a thousand tokens",
            FocusRule.PRICING_QUANTITY,
            file -> file.first(PLAIN).set("PricingUnit", "1000 Tokens")),
        fault(
            "a day is rounded by more than its entries can be",
            FocusRule.ROUNDING,
            file -> costs(file.first(ROUNDING), "0.001")),
        fault(
            "a day is rounded twice",
            FocusRule.ROUNDING,
            file -> {
              Row more = file.first(ROUNDING).copy();
              more.set("ChargeClass", "Correction");
              file.rows.add(more);
            }),
        fault(
            "a day is not rounded",
            FocusRule.SUM_COST,
            file -> file.rows.remove(file.first(ROUNDING))),
        fault(
            "a row of usage is lost",
            FocusRule.SUM_COST,
            file -> file.rows.remove(file.first(PLAIN))),
        fault(
            "tokens of a row are lost",
            FocusRule.SUM_TOKENS,
            file -> file.rows.remove(file.first(CACHED))),
        fault(
            "a request is counted on two rows",
            FocusRule.SUM_REQUESTS,
            file -> add(file.first(PLAIN), "x_RequestCount", "1")));
  }

  private static void costs(Row row, String cost) {
    for (String column : List.of("BilledCost", "EffectiveCost", "ContractedCost", "ListCost")) {
      row.set(column, cost);
    }
  }

  private static List<Fault> of12() {
    return List.of(
        new Fault(
            "a pricing currency of its own",
            FocusVersion.V1_2,
            FocusRule.PRICING_CURRENCY,
            file ->
                file.first(PLAIN.and(row -> row.is("BillingCurrency", "USD")))
                    .set("PricingCurrency", "EUR")),
        new Fault(
            "a commitment that nobody made",
            FocusVersion.V1_2,
            FocusRule.VALUE,
            file -> file.first(PLAIN).set("CommitmentDiscountStatus", "Used")),
        new Fault(
            "no publisher",
            FocusVersion.V1_2,
            FocusRule.NULL,
            file -> file.first(PLAIN).set("PublisherName", null)));
  }

  @Test
  void theFilesHaveNoFault() {
    assertThat(check(FocusVersion.V1_4, clean14)).isEmpty();
    assertThat(check(FocusVersion.V1_2, clean12)).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("faults")
  void eachFaultIsNamed(Fault fault) {
    FocusFile file = (fault.version() == FocusVersion.V1_4 ? clean14 : clean12).copy();
    fault.planted().accept(file);
    assertThat(check(fault.version(), file)).extracting(Finding::rule).contains(fault.rule());
  }

  /** A rule that no fault shows would be one that cannot fail. */
  @Test
  void everyRuleHasAFaultThatShowsIt() {
    List<FocusRule> rules = new ArrayList<>(List.of(FocusRule.values()));
    faults().map(Fault::rule).forEach(rules::remove);
    assertThat(rules).isEmpty();
  }

  private static List<Finding> check(FocusVersion version, FocusFile file) {
    return FocusChecker.check(version, file, FocusSchema.of(version, "test"), ledger);
  }
}
