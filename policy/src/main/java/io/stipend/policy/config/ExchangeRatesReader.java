package io.stipend.policy.config;

import io.stipend.metering.price.ExchangeRate;
import io.stipend.metering.price.ExchangeRates;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Currency;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads {@code exchange_rates}: a list of dated rates, or the path of a file that holds one. */
final class ExchangeRatesReader {
  private static final int MAX_RATES = 20_000;
  private static final int MAX_SOURCE = 200;
  private static final Pattern DECIMAL =
      Pattern.compile("[0-9]{1,7}(\\.[0-9]{1," + ExchangeRate.SCALE + "})?");

  private final Path folder;
  private final Sources sources;
  private final Problems problems;

  ExchangeRatesReader(Path folder, Sources sources, Problems problems) {
    this.folder = folder;
    this.sources = sources;
    this.problems = problems;
  }

  ExchangeRates read(@Nullable Value value) {
    Value list = value != null && value.isScalar() ? file(value) : value;
    if (list == null) {
      return ExchangeRates.NONE;
    }
    List<Value> items = list.items("a list of rates with from, to, date and rate");
    if (items.size() > MAX_RATES) {
      list.problem(items.size() + " rates (expected: at most " + MAX_RATES + ")");
      return ExchangeRates.NONE;
    }
    List<ExchangeRate> rates = new ArrayList<>();
    Set<List<Object>> begun = new HashSet<>();
    for (Value item : items) {
      ExchangeRate rate = rate(item);
      if (rate != null && begun.add(List.of(rate.from(), rate.to(), rate.date()))) {
        rates.add(rate);
      } else if (rate != null) {
        item.problem("a second rate of " + rate.from() + " that begins on " + rate.date());
      }
    }
    return new ExchangeRates(rates);
  }

  private @Nullable Value file(Value value) {
    Path path = Scalars.path(value, folder);
    byte[] bytes = path == null ? null : sources.read(path, true, value::problem);
    return bytes == null || path == null ? null : YamlFile.read(bytes, path.toString(), problems);
  }

  private static @Nullable ExchangeRate rate(Value value) {
    Section section = value.section("a mapping with from, to, date and rate");
    if (section == null) {
      return null;
    }
    try (section) {
      String from = currency(section.require("from"));
      String to = currency(section.require("to"));
      LocalDate date = date(section.require("date"));
      Value untilValue = section.get("until");
      LocalDate until = date(untilValue);
      BigDecimal rate = decimal(section.require("rate"));
      String source =
          Scalars.line(section.require("source"), MAX_SOURCE, "where the rate was read");
      if (from != null && from.equals(to)) {
        section.problem("to", to + " (expected: another currency than from)");
        return null;
      }
      if (untilValue != null && until != null && date != null && !until.isAfter(date)) {
        untilValue.problem(until + " (expected: after date, " + date + ")");
        return null;
      }
      return from == null || to == null || date == null || rate == null || source == null
          ? null
          : new ExchangeRate(from, to, date, until, rate, source);
    }
  }

  private static @Nullable String currency(@Nullable Value value) {
    String text = value == null ? null : value.text("an ISO 4217 code such as EUR");
    if (value == null || text == null) {
      return null;
    }
    boolean known =
        Currency.getAvailableCurrencies().stream().anyMatch(c -> c.getCurrencyCode().equals(text));
    if (!known) {
      value.unexpected(text, "an ISO 4217 code such as EUR");
    }
    return known ? text : null;
  }

  private static @Nullable LocalDate date(@Nullable Value value) {
    String text = value == null ? null : value.text("a date such as 2026-11-30");
    if (value == null || text == null) {
      return null;
    }
    LocalDate date = Scalars.date(text);
    if (date == null) {
      value.problem(Scalars.dateProblem(text));
    }
    return date;
  }

  private static @Nullable BigDecimal decimal(@Nullable Value value) {
    String expected =
        "a decimal above 0, at most %s, with at most %d decimals"
            .formatted(ExchangeRate.MOST, ExchangeRate.SCALE);
    String text = value == null ? null : value.text(expected);
    if (value == null || text == null) {
      return null;
    }
    BigDecimal rate = DECIMAL.matcher(text).matches() ? new BigDecimal(text) : BigDecimal.ZERO;
    if (rate.signum() <= 0 || rate.compareTo(ExchangeRate.MOST) > 0) {
      value.unexpected(text, expected);
      return null;
    }
    return rate;
  }
}
