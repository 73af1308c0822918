package io.stipend.metering.reconcile;

import io.stipend.metering.reconcile.CostRecord.Kind;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Records of Anthropic's reports.
 *
 * <p>Names of fields are those of its API reference: {@code GET
 * /v1/organizations/usage_report/messages} gives buckets with {@code starting_at} and {@code
 * ending_at} and results with {@code uncached_input_tokens}, {@code cache_creation} ({@code
 * ephemeral_5m_input_tokens}, {@code ephemeral_1h_input_tokens}), {@code cache_read_input_tokens},
 * {@code output_tokens}, {@code server_tool_use.web_search_requests}, {@code api_key_id}, {@code
 * workspace_id}, {@code model}, {@code service_tier}, {@code context_window}, {@code inference_geo}
 * and {@code speed}; {@code GET /v1/organizations/cost_report} gives {@code amount}, a decimal
 * string in the currency's lowest unit (cents), {@code currency}, {@code cost_type}, {@code
 * token_type}, {@code model}, {@code service_tier}, {@code context_window}, {@code description},
 * {@code workspace_id}; without grouping by description all but the amount is null.
 *
 * <p>The console's files have a line per UTC day: of usage {@code usage_date_utc, model_version,
 * api_key, workspace, usage_type, context_window, usage_input_tokens_no_cache,
 * usage_input_tokens_cache_write_5m, usage_input_tokens_cache_write_1h,
 * usage_input_tokens_cache_read, usage_output_tokens, web_search_count}; of costs {@code
 * usage_date_utc, model, workspace, api_key, usage_type, context_window, token_type, cost_usd,
 * list_price_usd, cost_type}, in dollars, with the model's title ({@code Claude Haiku 4.5}).
 */
final class AnthropicReports {
  private static final Pattern LONG = Pattern.compile("\\s*(200k-1M|>\\s*200k)\\s*");
  private static final int CENT_DIGITS = 2;
  private static final long HALF_A_CENT = 5_000_000;
  private static final Map<String, BillMeter> TOKEN_TYPES =
      Map.of(
          "uncached_input_tokens", BillMeter.INPUT,
          "cache_read_input_tokens", BillMeter.CACHE_READ,
          "cache_creation.ephemeral_5m_input_tokens", BillMeter.CACHE_WRITE_5M,
          "cache_creation.ephemeral_1h_input_tokens", BillMeter.CACHE_WRITE_1H,
          "output_tokens", BillMeter.OUTPUT,
          "input_no_cache", BillMeter.INPUT,
          "input_cache_read", BillMeter.CACHE_READ,
          "input_cache_write_5m", BillMeter.CACHE_WRITE_5M,
          "input_cache_write_1h", BillMeter.CACHE_WRITE_1H,
          "output", BillMeter.OUTPUT);

  private AnthropicReports() {}

  /** The usage of a result of the API. */
  static UsageRecord usage(Fields bucket, Fields result) {
    MeterSums quantity =
        MeterSums.of(BillMeter.INPUT, result.requiredCount("uncached_input_tokens"))
            .with(BillMeter.CACHE_READ, result.count("cache_read_input_tokens"))
            .with(
                BillMeter.CACHE_WRITE_5M, result.count("cache_creation.ephemeral_5m_input_tokens"))
            .with(
                BillMeter.CACHE_WRITE_1H, result.count("cache_creation.ephemeral_1h_input_tokens"))
            .with(BillMeter.OUTPUT, result.requiredCount("output_tokens"))
            .with(BillMeter.WEB_SEARCH, result.count("server_tool_use.web_search_requests"));
    return new UsageRecord(
        day(bucket),
        result.text("api_key_id"),
        result.text("workspace_id"),
        result.text("model"),
        tier(result.text("service_tier"), result),
        quantity,
        null,
        result.place(""));
  }

  /** The usage of a line of the console's file. */
  static UsageRecord usageLine(Fields line) {
    MeterSums quantity =
        MeterSums.of(BillMeter.INPUT, line.requiredCount("usage_input_tokens_no_cache"))
            .with(BillMeter.CACHE_READ, line.count("usage_input_tokens_cache_read"))
            .with(BillMeter.CACHE_WRITE_5M, line.count("usage_input_tokens_cache_write_5m"))
            .with(BillMeter.CACHE_WRITE_1H, line.count("usage_input_tokens_cache_write_1h"))
            .with(BillMeter.OUTPUT, line.requiredCount("usage_output_tokens"))
            .with(BillMeter.WEB_SEARCH, line.count("web_search_count"));
    return new UsageRecord(
        date(line),
        line.text("api_key"),
        line.text("workspace"),
        line.text("model_version"),
        tier(line.text("usage_type"), line),
        quantity,
        null,
        line.place(""));
  }

  /** The cost of a result of the API. */
  static CostRecord cost(Fields bucket, Fields result) {
    BigDecimal cents = result.decimal("amount", result.required("amount"));
    String type = result.text("cost_type");
    String description = Objects.requireNonNullElse(result.text("description"), "");
    String tokenType = result.text("token_type");
    boolean broken = type != null || tokenType != null || !description.isEmpty();
    Kind kind = broken ? kind(type, description, cents) : Kind.TOTAL;
    return new CostRecord(
        day(bucket),
        kind,
        null,
        result.text("workspace_id"),
        kind == Kind.MODEL ? result.text("model") : null,
        kind == Kind.MODEL ? tier(result.text("service_tier"), result) : null,
        meter(kind, type, tokenType, result),
        kind == Kind.MODEL ? isLong(result) : null,
        cents.movePointLeft(CENT_DIGITS),
        null,
        result.required("currency").toUpperCase(Locale.ROOT),
        description,
        0,
        result.place(""));
  }

  /** The cost of a line of the console's file. */
  static CostRecord costLine(Fields line) {
    BigDecimal amount = line.decimal("cost_usd", line.required("cost_usd"));
    String listText = line.text("list_price_usd");
    String type = line.text("cost_type");
    String tokenType = line.text("token_type");
    Kind kind = kind(type, Objects.requireNonNullElse(tokenType, ""), amount);
    String model = line.text("model");
    String usageType = line.text("usage_type");
    return new CostRecord(
        date(line),
        kind,
        line.text("api_key"),
        line.text("workspace"),
        kind == Kind.MODEL && model != null ? ModelNames.ofTitle(model) : null,
        // A message is the word of the cost file for what the usage file calls standard.
        kind == Kind.MODEL ? tier("message".equals(usageType) ? null : usageType, line) : null,
        meter(kind, type, tokenType, line),
        kind == Kind.MODEL ? isLong(line) : null,
        amount,
        listText == null ? null : line.decimal("list_price_usd", listText),
        "USD",
        model == null ? Objects.requireNonNullElse(type, "") : model + " " + tokenType,
        amount.scale() <= CENT_DIGITS ? HALF_A_CENT : 0,
        line.place(""));
  }

  private static Kind kind(@Nullable String type, String description, BigDecimal amount) {
    if (amount.signum() < 0 || Adjustments.isNamed(description + " " + type)) {
      return Kind.ADJUSTMENT;
    }
    boolean tokens = type == null || type.equals("tokens") || type.equals("token");
    return tokens ? Kind.MODEL : Kind.TOOL;
  }

  private static BillMeter meter(
      Kind kind, @Nullable String type, @Nullable String tokenType, Fields at) {
    if (kind == Kind.TOTAL) {
      return BillMeter.ALL;
    }
    if (kind != Kind.MODEL) {
      return "web_search".equals(type) ? BillMeter.WEB_SEARCH : BillMeter.OTHER;
    }
    BillMeter meter = tokenType == null ? null : TOKEN_TYPES.get(tokenType);
    if (meter == null) {
      throw at.problem(
          "token_type",
          Fields.shown(String.valueOf(tokenType))
              + " (expected: one of "
              + TOKEN_TYPES.keySet()
              + ")");
    }
    return meter;
  }

  private static @Nullable Boolean isLong(Fields fields) {
    String window = fields.text("context_window");
    return window == null ? null : LONG.matcher(window).matches();
  }

  /** The gateway's word for it: where it ran and how fast come before the service tier. */
  private static @Nullable String tier(@Nullable String serviceTier, Fields fields) {
    boolean fast = "fast".equals(fields.text("speed"));
    boolean us = "us".equals(fields.text("inference_geo"));
    if (fast || us) {
      return fast && us ? "fast+us" : fast ? "fast" : "us";
    }
    return serviceTier;
  }

  static LocalDate day(Fields bucket) {
    String text = bucket.required("starting_at");
    try {
      LocalDate day =
          OffsetDateTime.parse(text).withOffsetSameInstant(ZoneOffset.UTC).toLocalDate();
      String end = bucket.text("ending_at");
      OffsetDateTime next = day.plusDays(1).atStartOfDay().atOffset(ZoneOffset.UTC);
      if (end != null && OffsetDateTime.parse(end).isAfter(next)) {
        throw bucket.problem(
            "ending_at", end + " (expected: at most the end of the UTC day " + day + ")");
      }
      return day;
    } catch (DateTimeException e) {
      throw new ProviderFileException(
          bucket.place("starting_at"), Fields.shown(text) + " (expected: times by RFC 3339)", e);
    }
  }

  private static LocalDate date(Fields line) {
    String text = line.required("usage_date_utc");
    try {
      return LocalDate.parse(text.length() > 10 ? text.substring(0, 10) : text);
    } catch (DateTimeException e) {
      throw new ProviderFileException(
          line.place("usage_date_utc"),
          Fields.shown(text) + " (expected: a date such as 2026-01-31)",
          e);
    }
  }
}
