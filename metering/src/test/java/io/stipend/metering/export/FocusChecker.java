package io.stipend.metering.export;

import static io.stipend.metering.export.FocusRule.BLANK;
import static io.stipend.metering.export.FocusRule.COLUMN_MISSING;
import static io.stipend.metering.export.FocusRule.COLUMN_ORDER;
import static io.stipend.metering.export.FocusRule.COLUMN_TWICE;
import static io.stipend.metering.export.FocusRule.COLUMN_UNKNOWN;
import static io.stipend.metering.export.FocusRule.CURRENCY;
import static io.stipend.metering.export.FocusRule.DECIMAL;
import static io.stipend.metering.export.FocusRule.FORMULA;
import static io.stipend.metering.export.FocusRule.METADATA;
import static io.stipend.metering.export.FocusRule.NEGATIVE_PRICE;
import static io.stipend.metering.export.FocusRule.NULL;
import static io.stipend.metering.export.FocusRule.PERSONAL_DATA;
import static io.stipend.metering.export.FocusRule.TIME;
import static io.stipend.metering.export.FocusRule.UNIT;
import static io.stipend.metering.export.FocusRule.VALUE;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.stipend.metering.export.FocusFacts.Fact;
import io.stipend.metering.export.FocusFile.Row;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Currency;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads a FOCUS file and says what is at fault in it, by the table of {@link FocusFacts}: columns,
 * types, nulls and values here, what rows say together in {@link FocusRowChecker}.
 */
final class FocusChecker {
  private static final Pattern PLAIN_DECIMAL = Pattern.compile("-?(0|[1-9]\\d*)\\.\\d+");
  private static final Pattern SECONDS =
      Pattern.compile("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");
  private static final Pattern UNITS = Pattern.compile("([1-9]\\d* )?[A-Z][A-Za-z]*");
  private static final Pattern MAIL = Pattern.compile("[\\w.+-]+@[\\w-]+\\.[\\w.-]+");
  private static final Set<String> CURRENCIES =
      Currency.getAvailableCurrencies().stream()
          .map(Currency::getCurrencyCode)
          .collect(Collectors.toSet());
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final FocusVersion version;
  private final Map<String, Fact> facts;
  private final FocusFile file;
  private final List<Finding> findings = new ArrayList<>();

  private FocusChecker(FocusVersion version, FocusFile file) {
    this.version = version;
    this.file = file;
    facts = FocusFacts.of(version);
  }

  /** A fault: which rule, where and what. */
  record Finding(FocusRule rule, String what) {}

  /**
   * All faults of a file.
   *
   * @param schema what was written beside it
   * @param ledger what it must add up to; null if that is not known
   */
  static List<Finding> check(
      FocusVersion version, FocusFile file, FocusSchema schema, @Nullable FocusSums ledger) {
    FocusChecker checker = new FocusChecker(version, file);
    checker.columns();
    checker.file.rows.forEach(checker::cells);
    checker.metadata(schema);
    // Rows of cells that are none cannot be compared.
    if (checker.findings.isEmpty()) {
      checker.findings.addAll(FocusRowChecker.check(version, checker.facts, file, ledger));
    }
    return checker.findings;
  }

  /** Where a fault is. */
  private record Cell(Row row, String column) {
    @Override
    public String toString() {
      return "line " + row.line + " " + column + ": " + row.get(column);
    }
  }

  private void find(FocusRule rule, Cell where) {
    find(rule, where.toString());
  }

  private void find(FocusRule rule, String what) {
    findings.add(new Finding(rule, what));
  }

  private void columns() {
    Set<String> seen = new HashSet<>();
    String before = "";
    for (String column : file.header) {
      boolean ours = column.startsWith("x_");
      if (!seen.add(column)) {
        find(COLUMN_TWICE, column);
      }
      if (!ours && !facts.containsKey(column)) {
        find(COLUMN_UNKNOWN, column);
      }
      if (!ours && (before.startsWith("x_") || column.compareTo(before) < 0)) {
        find(COLUMN_ORDER, column + " after " + before);
      }
      before = column;
    }
    for (Fact fact : facts.values()) {
      boolean left = fact.level().equals("Conditional") || fact.name().equals("AvailabilityZone");
      boolean allocation = fact.name().startsWith("Allocated");
      if (!left && !allocation && !seen.contains(fact.name())) {
        find(COLUMN_MISSING, fact.name());
      }
    }
  }

  private void cells(Row row) {
    for (String column : file.header) {
      Cell where = new Cell(row, column);
      Fact fact = facts.get(column);
      String value = row.get(column);
      if (value == null) {
        if (fact != null && !fact.nulls()) {
          find(NULL, where);
        }
      } else if (value.isBlank()) {
        find(BLANK, where);
      } else {
        typed(column, type(column, fact), value, where);
        if (fact != null && !fact.allowed().isEmpty() && !fact.allowed().containsKey(value)) {
          find(VALUE, where);
        }
      }
    }
  }

  /** Our own columns have no fact: their types are what their names say. */
  private static String type(String column, @Nullable Fact fact) {
    if (fact != null) {
      return fact.type();
    }
    if (column.endsWith("Tokens") || column.endsWith("Count")) {
      return "Decimal";
    }
    return column.endsWith("Date") ? "Date/Time" : "String";
  }

  private void typed(String column, String type, String value, Cell where) {
    switch (type) {
      case "Decimal" -> {
        if (!PLAIN_DECIMAL.matcher(value).matches()) {
          find(DECIMAL, where);
        } else if (column.endsWith("UnitPrice") && new BigDecimal(value).signum() < 0) {
          find(NEGATIVE_PRICE, where);
        }
      }
      case "Date/Time" -> {
        if (!isTime(value)) {
          find(TIME, where);
        }
      }
      case "JSON" -> json(value, where);
      default -> text(column, value, where);
    }
  }

  private static boolean isTime(String value) {
    try {
      return SECONDS.matcher(value).matches() && Instant.parse(value).toString().equals(value);
    } catch (DateTimeException e) {
      return false;
    }
  }

  private void json(String value, Cell where) {
    try {
      JsonNode node = JSON.readTree(value);
      boolean flat = node.isObject();
      for (JsonNode each : node) {
        flat &= each.isValueNode();
        if (MAIL.matcher(each.asText()).find()) {
          find(PERSONAL_DATA, where);
        }
      }
      if (!flat) {
        find(FocusRule.JSON, where);
      }
    } catch (JsonProcessingException e) {
      find(FocusRule.JSON, where);
    }
  }

  private void text(String column, String value, Cell where) {
    if ("=+-@\t\r".indexOf(value.charAt(0)) >= 0) {
      find(FORMULA, where);
    }
    if (MAIL.matcher(value).find()) {
      find(PERSONAL_DATA, where);
    }
    if (column.endsWith("Currency") && !CURRENCIES.contains(value)) {
      find(CURRENCY, where);
    }
    if (column.endsWith("Unit") && !UNITS.matcher(value).matches()) {
      find(UNIT, where);
    }
  }

  /** What is told of the columns must be true of them. */
  private void metadata(FocusSchema schema) {
    Map<String, FocusSchema.Definition> told = new HashMap<>();
    List<String> names = new ArrayList<>();
    for (FocusSchema.Definition column : schema.columnDefinition()) {
      told.put(column.columnName(), column);
      names.add(column.columnName());
    }
    if (!names.equals(file.header) || !schema.focusVersion().equals(version.label())) {
      find(METADATA, schema.focusVersion() + " " + names);
      return;
    }
    if (!schema.schemaId().contains(version.label()) || !isTime(schema.creationDate())) {
      find(METADATA, schema.schemaId() + " " + schema.creationDate());
    }
    for (String column : file.header) {
      FocusSchema.Definition definition = told.get(column);
      Fact fact = facts.get(column);
      String type = type(column, fact).replace("/", "").toUpperCase(Locale.ROOT);
      if (definition != null && !definition.dataType().equals(type)) {
        find(METADATA, column + ": " + definition.dataType() + " (expected: " + type + ")");
      }
    }
    file.rows.forEach(row -> told.forEach((column, definition) -> digits(row, definition)));
  }

  private void digits(Row row, FocusSchema.Definition definition) {
    String value = row.get(definition.columnName());
    Integer precision = definition.numericPrecision();
    Integer scale = definition.numberScale();
    if (value == null || precision == null || scale == null) {
      return;
    }
    if (!PLAIN_DECIMAL.matcher(value).matches()) {
      return;
    }
    BigDecimal number = new BigDecimal(value).stripTrailingZeros();
    if (number.scale() > scale || number.precision() - number.scale() + scale > precision) {
      find(METADATA, definition + " holds no " + value);
    }
  }
}
