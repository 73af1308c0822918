package io.stipend.metering.reconcile;

import io.stipend.metering.reconcile.CostRecord.Kind;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Records of OpenAI's reports.
 *
 * <p>Names of fields are those of its API reference: {@code GET /v1/organization/usage/completions}
 * gives buckets with {@code start_time} and {@code end_time} in seconds and results with {@code
 * input_tokens} (which hold {@code input_cached_tokens} and {@code input_cache_write_tokens}),
 * {@code output_tokens}, {@code num_model_requests}, {@code project_id}, {@code api_key_id}, {@code
 * model}, {@code batch}, {@code service_tier}; {@code GET /v1/organization/costs} gives buckets of
 * UTC days with {@code amount{value,currency}}, {@code line_item}, {@code project_id} and {@code
 * api_key_id}. The value is a JSON number or a decimal string. The console exports the same fields
 * as columns, {@code amount_value} and {@code amount_currency} among them, with a row of empty
 * cells for a day of nothing. A line item reads {@code MODEL, input}, {@code … output}, {@code …
 * cached input} or {@code … cache writes}, perhaps with a modality behind the model, {@code , long
 * context} at its end, and {@code priority | } or the name of another product before it; what is no
 * model has no such end, such as {@code web search tool calls}.
 */
final class OpenAiReports {
  private static final Pattern LINE_ITEM =
      Pattern.compile(
          "(?:(?<surface>[^|]+?) \\| )?(?<model>[^,|]+?)(?: (?:text|audio|image))?"
              + ", (?:(?:text|audio|image) )?(?<what>input|output|cached input|cache writes)"
              + "(?<long>, long context)?");

  private static final Pattern TOOL =
      Pattern.compile("(?i).*\\b(tool calls?|web search|file search|code interpreter)\\b.*");
  private static final Set<String> TIERS = Set.of("priority", "flex", "batch", "scale");
  private static final Duration DAY = Duration.ofDays(1);

  private OpenAiReports() {}

  /** The usage of a result, or null where a console's row tells of a day without any. */
  static @Nullable UsageRecord usage(Fields bucket, Fields result) {
    LocalDate day = day(bucket);
    if (result.text("input_tokens") == null && result.text("num_model_requests") == null) {
      if (result instanceof JsonFields) {
        throw result.problem("input_tokens", "missing (expected: a result of usage/completions)");
      }
      return null;
    }
    long all = result.requiredCount("input_tokens");
    long cached = result.count("input_cached_tokens");
    long written = result.count("input_cache_write_tokens");
    long plain = all - cached - written;
    if (plain < 0) {
      throw result.problem(
          "input_tokens",
          all + " (expected: at least its cached and written tokens, " + (cached + written) + ")");
    }
    boolean batch = "true".equalsIgnoreCase(result.text("batch"));
    MeterSums quantity =
        MeterSums.of(BillMeter.INPUT, plain)
            .with(BillMeter.CACHE_READ, cached)
            .with(BillMeter.CACHE_WRITE_5M, written)
            .with(BillMeter.OUTPUT, result.count("output_tokens"));
    return new UsageRecord(
        day,
        result.text("api_key_id"),
        result.text("project_id"),
        result.text("model"),
        batch ? "batch" : result.text("service_tier"),
        quantity,
        result.countOrNull("num_model_requests"),
        result.place(""));
  }

  /** The cost of a result, or null where a console's row tells of a day without any. */
  static @Nullable CostRecord cost(Fields bucket, Fields result) {
    LocalDate day = day(bucket);
    boolean json = result instanceof JsonFields;
    String name = json ? "amount.value" : "amount_value";
    String text = result.text(name);
    if (text == null) {
      if (json) {
        throw result.problem(name, "missing (expected: a decimal number)");
      }
      return null;
    }
    BigDecimal amount = result.decimal(name, text);
    String currency = result.required(json ? "amount.currency" : "amount_currency");
    String item = result.text("line_item");
    Item read = item(item, amount);
    return new CostRecord(
        day,
        read.kind,
        result.text("api_key_id"),
        result.text("project_id"),
        read.model,
        read.tier,
        read.meter,
        read.kind == Kind.MODEL ? read.isLong : null,
        amount,
        null,
        currency.toUpperCase(Locale.ROOT),
        item == null ? "" : item,
        0,
        result.place(""));
  }

  private record Item(
      Kind kind,
      @Nullable String model,
      @Nullable String tier,
      BillMeter meter,
      @Nullable Boolean isLong) {}

  private static Item item(@Nullable String item, BigDecimal amount) {
    if (item == null) {
      return new Item(Kind.TOTAL, null, null, BillMeter.ALL, null);
    }
    if (amount.signum() < 0 || Adjustments.isNamed(item)) {
      return new Item(Kind.ADJUSTMENT, null, null, BillMeter.OTHER, null);
    }
    Matcher parts = LINE_ITEM.matcher(item);
    if (parts.matches()) {
      String surface = parts.group("surface");
      if (surface != null && !TIERS.contains(surface)) {
        return new Item(Kind.ELSEWHERE, item, null, BillMeter.OTHER, null);
      }
      BillMeter meter =
          switch (Objects.requireNonNull(parts.group("what"))) {
            case "input" -> BillMeter.INPUT;
            case "cached input" -> BillMeter.CACHE_READ;
            case "cache writes" -> BillMeter.CACHE_WRITE_5M;
            default -> BillMeter.OUTPUT;
          };
      String tier = surface == null ? "default" : surface;
      return new Item(Kind.MODEL, parts.group("model"), tier, meter, parts.group("long") != null);
    }
    if (item.contains(" | ")) {
      return new Item(Kind.ELSEWHERE, item, null, BillMeter.OTHER, null);
    }
    if (TOOL.matcher(item).matches()) {
      boolean search = item.toLowerCase(Locale.ROOT).contains("web search");
      return new Item(Kind.TOOL, null, null, search ? BillMeter.WEB_SEARCH : BillMeter.OTHER, null);
    }
    String model = item.contains(",") ? item.substring(0, item.indexOf(',')) : item;
    return new Item(Kind.MODEL, model, "default", BillMeter.OTHER, null);
  }

  static LocalDate day(Fields bucket) {
    Instant start = Instant.ofEpochSecond(bucket.requiredCount("start_time"));
    LocalDate day = start.atOffset(ZoneOffset.UTC).toLocalDate();
    Long end = bucket.countOrNull("end_time");
    Instant next = day.atStartOfDay(ZoneOffset.UTC).toInstant().plus(DAY);
    if (end != null && Instant.ofEpochSecond(end).isAfter(next)) {
      throw bucket.problem(
          "end_time", end + " (expected: at most the end of the UTC day " + day + ")");
    }
    return day;
  }
}
