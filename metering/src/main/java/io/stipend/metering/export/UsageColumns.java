package io.stipend.metering.export;

import io.stipend.metering.Unit;
import io.stipend.metering.Units;
import io.stipend.metering.ledger.Booking;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** The columns of the usage export, in their order: the one row model of every format. */
final class UsageColumns {
  /** RFC 3339, always with milliseconds, always UTC. */
  static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  /** Digits after the decimal point of nano-units. */
  private static final int MONEY_SCALE = 9;

  static final List<Column> ALL =
      List.of(
          Column.text("exchange_id", row -> row.attempt().exchangeId()),
          Column.number("attempt", row -> (long) row.attempt().attempt()),
          Column.time("started_at", Booking::startedAt),
          Column.time("finished_at", Booking::finishedAt),
          Column.text("person", row -> row.attempt().person()),
          Column.text("team", row -> row.attempt().team()),
          Column.text("cost_center", row -> row.attempt().costCenter()),
          Column.text("project", row -> row.attempt().project()),
          Column.text("key_id", row -> row.attempt().keyId()),
          Column.text("session_id", row -> row.attempt().sessionId()),
          Column.text("client", row -> row.attempt().client()),
          Column.text("dialect", row -> row.attempt().dialect()),
          Column.text("provider", row -> row.attempt().provider()),
          Column.text("model_requested", row -> row.attempt().modelRequested()),
          Column.text("model_served", row -> row.attempt().modelServed()),
          Column.text("service_tier", row -> row.attempt().serviceTier()),
          Column.number("input_tokens", row -> row.usage().input()),
          Column.number("cache_read_tokens", row -> row.usage().cacheRead()),
          Column.number("cache_write_tokens", row -> row.usage().cacheWrite()),
          Column.number("cache_write_1h_tokens", row -> row.usage().cacheWrite1h()),
          Column.number("output_tokens", row -> row.usage().output()),
          Column.number("reasoning_tokens", row -> row.usage().reasoning()),
          Column.word("usage_source", row -> row.attempt().usageSource().label()),
          Column.text("outcome", Booking::outcome),
          Column.number(
              "http_status",
              row -> row.attempt().httpStatus() == 0 ? null : (long) row.attempt().httpStatus()),
          Column.money("cost", row -> row.usage().nanos()),
          Column.text("currency", row -> row.attempt().currency()),
          Column.text("price_version", Booking::priceVersion),
          Column.text("provider_request_id", row -> row.attempt().providerRequestId()),
          Column.text("agent_id", row -> row.attempt().agentId()),
          Column.text("parent_agent_id", row -> row.attempt().parentAgentId()),
          Column.word("units", UsageColumns::units));

  private UsageColumns() {}

  /** How a column is found in a row. */
  @FunctionalInterface
  interface Getter<T> {
    @Nullable T of(Booking row);
  }

  /** How a column's value is handed on. */
  @FunctionalInterface
  interface Put {
    void put(Booking row, Cells cells);
  }

  /**
   * A column.
   *
   * @param name its name in every format
   * @param value its value, written out; null if there is none
   * @param raw the same, of the class that its type names
   * @param put hands the same to whoever writes it out, by the shortest way
   */
  record Column(String name, ColumnType type, Getter<String> value, Getter<Object> raw, Put put) {
    static Column text(String name, Getter<String> value) {
      Put put =
          (row, cells) -> {
            String text = value.of(row);
            if (text == null) {
              cells.none();
            } else {
              cells.text(text);
            }
          };
      return new Column(name, ColumnType.TEXT, value, value::of, put);
    }

    static Column word(String name, Getter<String> value) {
      Put put =
          (row, cells) -> {
            String word = value.of(row);
            if (word == null) {
              cells.none();
            } else {
              cells.word(word);
            }
          };
      return new Column(name, ColumnType.WORD, value, value::of, put);
    }

    static Column time(String name, Getter<Instant> value) {
      return new Column(
          name,
          ColumnType.TIME,
          row -> {
            Instant instant = value.of(row);
            return instant == null ? null : TIME.format(instant);
          },
          value::of,
          (row, cells) -> {
            Instant instant = value.of(row);
            if (instant == null) {
              cells.none();
            } else {
              cells.time(instant);
            }
          });
    }

    static Column number(String name, Getter<Long> value) {
      return new Column(
          name,
          ColumnType.INTEGER,
          row -> {
            Long number = value.of(row);
            return number == null ? null : Long.toString(number);
          },
          value::of,
          (row, cells) -> {
            Long number = value.of(row);
            if (number == null) {
              cells.none();
            } else {
              cells.number(number);
            }
          });
    }

    /** Money in nano-units of the row's currency. */
    static Column money(String name, ToLongFunction<Booking> nanos) {
      return new Column(
          name,
          ColumnType.DECIMAL,
          row -> new Unit(row.attempt().currency()).format(nanos.applyAsLong(row)),
          row -> BigDecimal.valueOf(nanos.applyAsLong(row), MONEY_SCALE),
          (row, cells) -> cells.money(nanos.applyAsLong(row)));
    }
  }

  /** The columns as readers of the files know them. */
  static List<Field> fields() {
    return ALL.stream().map(column -> new Field(column.name(), column.type())).toList();
  }

  /** The values of a row, in the order of the columns. */
  static @Nullable Object[] values(Booking row) {
    @Nullable Object[] values = new @Nullable Object[ALL.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = ALL.get(i).raw().of(row);
    }
    return values;
  }

  /** A correction is of tokens and cost: what else was used stands on the attempt's own line. */
  private static @Nullable String units(Booking row) {
    Units units = row.attempt().units();
    return row.correction() || units.isNone() ? null : units.text();
  }
}
