package io.stipend.metering.export;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.stipend.metering.export.FocusMeter.Kind;
import io.stipend.metering.export.FocusRow.Counts;
import io.stipend.metering.export.FocusRow.Price;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The columns of a FOCUS file: those of the specification by name, then ours, which begin with
 * {@code x_}. docs/focus.md says what each holds.
 *
 * <p>Columns of what a gateway cannot know, such as commitment discounts, are left out; those that
 * a reconciliation can fill (invoices, regions) are there and null.
 */
final class FocusColumns {
  private static final JsonFactory JSON = new JsonFactory();
  private static final int QUANTITY_DECIMALS = FocusRow.COST_DECIMALS;
  private static final String USAGE = "Usage";
  private static final String TEAM = "Team";

  private FocusColumns() {}

  /** The columns of a version, in their order. */
  static List<FocusColumn> of(FocusVersion version) {
    List<FocusColumn> columns = new ArrayList<>();
    columns.addAll(charge());
    columns.addAll(parties());
    columns.addAll(prices());
    columns.addAll(version == FocusVersion.V1_2 ? onlyIn12() : onlyIn14());
    columns.sort(Comparator.comparing(FocusColumn::name));
    columns.addAll(ours());
    return List.copyOf(columns);
  }

  private static List<FocusColumn> charge() {
    return List.of(
        FocusColumn.decimal("BilledCost", FocusRow.COST_DECIMALS, FocusRow::cost),
        FocusColumn.text("BillingCurrency", row -> row.key().currency()),
        FocusColumn.day(
            "BillingPeriodEnd", row -> row.key().booked().withDayOfMonth(1).plusMonths(1)),
        FocusColumn.day("BillingPeriodStart", row -> row.key().booked().withDayOfMonth(1)),
        FocusColumn.text("ChargeCategory", row -> row.price() == null ? "Adjustment" : USAGE),
        FocusColumn.text("ChargeClass", row -> row.key().correction() ? "Correction" : null),
        FocusColumn.text("ChargeDescription", FocusRow::description),
        FocusColumn.text("ChargeFrequency", row -> "Usage-Based"),
        FocusColumn.day("ChargePeriodEnd", row -> row.key().used().plusDays(1)),
        FocusColumn.day("ChargePeriodStart", row -> row.key().used()),
        priced("ConsumedQuantity", QUANTITY_DECIMALS, Price::consumed),
        pricedText("ConsumedUnit", Price::consumedUnit),
        FocusColumn.decimal("ContractedCost", FocusRow.COST_DECIMALS, FocusRow::cost),
        FocusColumn.decimal("EffectiveCost", FocusRow.COST_DECIMALS, FocusRow::cost),
        FocusColumn.decimal("ListCost", FocusRow.COST_DECIMALS, FocusRow::listCost));
  }

  private static List<FocusColumn> parties() {
    return List.of(
        FocusColumn.text("BillingAccountId", row -> row.key().provider()),
        FocusColumn.text("BillingAccountName", row -> row.key().provider()),
        FocusColumn.text("InvoiceId", row -> null),
        FocusColumn.text("InvoiceIssuerName", row -> row.provider().name()),
        FocusColumn.text("RegionId", row -> null),
        FocusColumn.text("RegionName", row -> null),
        FocusColumn.text(
            "ResourceId",
            row -> row.key().model() == null ? null : FocusRow.modelId(row.key(), row.provider())),
        FocusColumn.text("ResourceName", row -> row.key().model()),
        FocusColumn.text("ResourceType", row -> row.key().model() == null ? null : "Model"),
        FocusColumn.text("ServiceCategory", row -> "AI and Machine Learning"),
        FocusColumn.text("ServiceName", row -> row.provider().service()),
        FocusColumn.text("ServiceSubcategory", row -> "Generative AI"),
        FocusColumn.text("SubAccountId", row -> row.key().team()),
        FocusColumn.text("SubAccountName", row -> row.key().team()),
        FocusColumn.text("SubAccountType", row -> row.key().team() == null ? null : TEAM),
        FocusColumn.json("Tags", FocusColumns::tags));
  }

  private static List<FocusColumn> prices() {
    return List.of(
        priced("ContractedUnitPrice", FocusRow.COST_DECIMALS, Price::contracted),
        priced("ListUnitPrice", FocusRow.COST_DECIMALS, Price::list),
        pricedText("PricingCategory", price -> "Standard"),
        priced("PricingQuantity", QUANTITY_DECIMALS, Price::quantity),
        pricedText("PricingUnit", Price::pricingUnit),
        pricedText("SkuId", Price::skuId),
        pricedText("SkuMeter", Price::meter),
        FocusColumn.json("SkuPriceDetails", FocusColumns::details),
        pricedText("SkuPriceId", Price::skuPriceId));
  }

  private static List<FocusColumn> onlyIn14() {
    return List.of(
        FocusColumn.text("HostProviderName", row -> row.provider().host()),
        FocusColumn.text("InvoiceDetailId", row -> null),
        FocusColumn.text("ServiceProviderName", row -> row.provider().name()));
  }

  private static List<FocusColumn> onlyIn12() {
    return List.of(
        FocusColumn.text("CommitmentDiscountStatus", row -> null),
        FocusColumn.text("PricingCurrency", row -> row.key().currency()),
        priced("PricingCurrencyContractedUnitPrice", FocusRow.COST_DECIMALS, Price::contracted),
        FocusColumn.decimal("PricingCurrencyEffectiveCost", FocusRow.COST_DECIMALS, FocusRow::cost),
        priced("PricingCurrencyListUnitPrice", FocusRow.COST_DECIMALS, Price::list),
        FocusColumn.text("ProviderName", row -> row.provider().name()),
        FocusColumn.text("PublisherName", row -> row.provider().name()));
  }

  private static List<FocusColumn> ours() {
    return List.of(
        FocusColumn.text("x_ConsumerId", row -> row.key().person()),
        FocusColumn.text("x_PrincipalId", row -> row.key().person()),
        FocusColumn.text("x_CredentialId", row -> row.key().keyId()),
        FocusColumn.text("x_CostCenter", row -> row.key().costCenter()),
        FocusColumn.text("x_Project", row -> row.key().project()),
        FocusColumn.text("x_ServiceTier", row -> row.key().tier()),
        FocusColumn.text("x_PriceVersion", row -> row.key().priceVersion()),
        FocusColumn.day("x_BookedDate", row -> row.key().booked()),
        FocusColumn.count(
            "x_RequestCount",
            row -> {
              Counts counts = row.counts();
              return counts == null ? null : counts.requests();
            }),
        FocusColumn.text(
            "x_UsageSource",
            row -> {
              Counts counts = row.counts();
              return counts == null ? null : counts.source();
            }),
        FocusColumn.count("x_InputTokens", row -> row.tokens(Kind.INPUT)),
        FocusColumn.count("x_CacheReadTokens", row -> row.tokens(Kind.CACHE_READ)),
        FocusColumn.count("x_CacheWriteTokens", row -> row.tokens(Kind.CACHE_WRITE)),
        FocusColumn.count("x_OutputTokens", row -> row.tokens(Kind.OUTPUT)));
  }

  @FunctionalInterface
  private interface OfPrice<T> {
    T of(Price price);
  }

  private static FocusColumn priced(String name, int decimals, OfPrice<BigDecimal> value) {
    return FocusColumn.decimal(
        name,
        decimals,
        row -> {
          Price price = row.price();
          return price == null ? null : value.of(price);
        });
  }

  private static FocusColumn pricedText(String name, OfPrice<String> value) {
    return FocusColumn.text(
        name,
        row -> {
          Price price = row.price();
          return price == null ? null : value.of(price);
        });
  }

  private static @Nullable String tags(FocusRow row) {
    Map<String, @Nullable String> tags = new LinkedHashMap<>();
    tags.put("team", row.key().team());
    tags.put("cost_center", row.key().costCenter());
    tags.put("project", row.key().project());
    return object(tags);
  }

  /** What all rows of a SKU price have in common; its keys are those of FOCUS 1.5's draft. */
  private static @Nullable String details(FocusRow row) {
    Price price = row.price();
    if (price == null) {
      return null;
    }
    Kind kind = price.kind();
    Map<String, @Nullable String> details = new LinkedHashMap<>();
    details.put("x_ModelId", row.key().model());
    details.put("x_ServiceTier", row.key().tier());
    details.put("x_TokenDirection", kind == null ? null : kind.direction());
    details.put("x_TokenCacheAction", kind == null ? null : kind.cacheAction());
    return object(details);
  }

  /** A flat JSON object without what is null; null if nothing is left. */
  private static @Nullable String object(Map<String, @Nullable String> fields) {
    StringWriter text = new StringWriter();
    boolean any = false;
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      for (Map.Entry<String, @Nullable String> field : fields.entrySet()) {
        String value = field.getValue();
        if (value != null) {
          json.writeStringField(field.getKey(), value);
          any = true;
        }
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return any ? text.toString() : null;
  }
}
