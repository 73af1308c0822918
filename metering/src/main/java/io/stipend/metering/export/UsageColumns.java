package io.stipend.metering.export;

import io.stipend.metering.Unit;
import io.stipend.metering.ledger.UsageRow;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The columns of the usage export, in their order: the one row model of every format. */
final class UsageColumns {
  /** RFC 3339, always with milliseconds, always UTC. */
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  static final List<Column> ALL =
      List.of(
          Column.text("exchange_id", UsageRow::exchangeId),
          Column.number("attempt", row -> (long) row.attempt()),
          Column.plain("started_at", row -> time(row.startedAt())),
          Column.plain("finished_at", row -> time(row.finishedAt())),
          Column.text("person", UsageRow::person),
          Column.text("team", UsageRow::team),
          Column.text("cost_center", UsageRow::costCenter),
          Column.text("project", UsageRow::project),
          Column.text("key_id", UsageRow::keyId),
          Column.text("session_id", UsageRow::sessionId),
          Column.text("client", UsageRow::client),
          Column.text("dialect", UsageRow::dialect),
          Column.text("provider", UsageRow::provider),
          Column.text("model_requested", UsageRow::modelRequested),
          Column.text("model_served", UsageRow::modelServed),
          Column.text("service_tier", UsageRow::serviceTier),
          Column.number("input_tokens", row -> row.usage().input()),
          Column.number("cache_read_tokens", row -> row.usage().cacheRead()),
          Column.number("cache_write_tokens", row -> row.usage().cacheWrite()),
          Column.number("cache_write_1h_tokens", row -> row.usage().cacheWrite1h()),
          Column.number("output_tokens", row -> row.usage().output()),
          Column.number("reasoning_tokens", row -> row.usage().reasoning()),
          Column.plain("usage_source", row -> row.usageSource().label()),
          Column.text("outcome", UsageRow::outcome),
          Column.number(
              "http_status", row -> row.httpStatus() == 0 ? null : (long) row.httpStatus()),
          Column.plain("cost", row -> new Unit(row.currency()).format(row.nanos())),
          Column.text("currency", UsageRow::currency),
          Column.text("price_version", UsageRow::priceVersion),
          Column.text("provider_request_id", UsageRow::providerRequestId));

  private UsageColumns() {}

  /** What a value is to a reader of the file. */
  enum Kind {
    /** Words that somebody chose: a spreadsheet must not take them for a formula. */
    TEXT,
    /** A time, a decimal or a word of ours. */
    PLAIN,
    /** A whole number. */
    NUMBER
  }

  /** How a column is found in a row. */
  @FunctionalInterface
  interface Getter<T> {
    @Nullable T of(UsageRow row);
  }

  /**
   * A column.
   *
   * @param name its name in every format
   * @param value its value, written out; null if there is none
   */
  record Column(String name, Kind kind, Getter<String> value) {
    static Column text(String name, Getter<String> value) {
      return new Column(name, Kind.TEXT, value);
    }

    static Column plain(String name, Getter<String> value) {
      return new Column(name, Kind.PLAIN, value);
    }

    static Column number(String name, Getter<Long> value) {
      return new Column(
          name,
          Kind.NUMBER,
          row -> {
            Long number = value.of(row);
            return number == null ? null : Long.toString(number);
          });
    }
  }

  private static String time(Instant instant) {
    return TIME.format(instant);
  }
}
