package io.stipend.metering.export;

import com.fasterxml.jackson.databind.JsonNode;
import io.stipend.metering.export.FocusFile.Row;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Currency;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The rules of FOCUS 1.2 as its validator has them: a tree of composites from the dataset down to
 * single checks, each with a condition of its own. Rules that need a human are not run.
 */
final class FocusRules {
  /** What a gateway does not have. */
  private static final Set<String> NOT_SUPPORTED =
      Set.of(
          "AVAILABILITY_ZONE_SUPPORTED",
          "CAPACITY_RESERVATION_SUPPORTED",
          "COMMITMENT_DISCOUNT_SUPPORTED",
          "MULTIPLE_BILLING_ACCOUNT_TYPES_SUPPORTED",
          "VIRTUAL_CURRENCY_SUPPORTED");

  private static final Map<String, String> TYPES =
      Map.of(
          "TypeString", "String",
          "TypeDecimal", "Decimal",
          "TypeDateTime", "Date/Time",
          "FormatKeyValue", "JSON");

  private final JsonNode rules;
  private final Set<String> checked = new HashSet<>();

  FocusRules(JsonNode model) {
    rules = model.get("ModelRules");
  }

  private static String text(JsonNode node, String field) {
    return node.path(field).asText("");
  }

  private static JsonNode said(JsonNode rule) {
    return rule.get("ValidationCriteria");
  }

  private static JsonNode requirement(JsonNode rule) {
    return said(rule).path("Requirement");
  }

  /** Types of columns. */
  Map<String, String> types() {
    Map<String, String> types = new HashMap<>();
    for (JsonNode rule : rules) {
      String type = TYPES.get(text(requirement(rule), "CheckFunction"));
      if (type != null && text(rule, "EntityType").equals("Column")) {
        types.put(text(rule, "Reference"), type);
      }
    }
    return types;
  }

  /** How much a column is wanted: where there are several rules, the first that wants it. */
  Map<String, String> levels() {
    Map<String, String> levels = new HashMap<>();
    for (JsonNode rule : rules) {
      String keyword = text(said(rule), "Keyword");
      if (text(rule, "Function").equals("Presence") && !keyword.equals("MAY")) {
        String level = rule.get("ApplicabilityCriteria").isEmpty() ? "Mandatory" : "Conditional";
        levels.putIfAbsent(
            text(requirement(rule), "ColumnName"),
            keyword.equals("RECOMMENDED") ? "Recommended" : level);
      }
    }
    return levels;
  }

  /** Whether a column may be null; a rule that always holds ends in {@code -M}. */
  Map<String, Boolean> nulls() {
    Map<String, Boolean> nulls = new HashMap<>();
    types().keySet().forEach(column -> nulls.put(column, true));
    rules
        .properties()
        .forEach(
            named -> {
              JsonNode rule = named.getValue();
              if (text(rule, "Function").equals("Nullability")
                  && text(requirement(rule), "CheckFunction").equals("CheckNotValue")
                  && named.getKey().endsWith("-M")) {
                nulls.put(text(rule, "Reference"), false);
              }
            });
    return nulls;
  }

  /** The only values of a column. */
  Map<String, Set<String>> allowed() {
    Map<String, Set<String>> allowed = new HashMap<>();
    for (JsonNode rule : rules) {
      JsonNode items = requirement(rule).path("Items");
      boolean values =
          text(rule, "Function").equals("Validation")
              && text(requirement(rule), "CheckFunction").equals("OR")
              && StreamSupport.stream(items.spliterator(), false)
                  .allMatch(item -> text(item, "CheckFunction").equals("CheckValue"));
      if (values) {
        Set<String> set = new TreeSet<>();
        items.forEach(item -> set.add(text(item, "Value")));
        allowed.put(text(rule, "Reference"), set);
      }
    }
    return allowed;
  }

  /** How many rules the last file was checked by. */
  int checked() {
    return checked.size();
  }

  /** The rules that a file does not keep, each with where. */
  List<String> broken(FocusFile file) {
    checked.clear();
    List<String> broken = new ArrayList<>();
    walk("CostAndUsage-D-000-M", List.of(), file, broken);
    return broken;
  }

  private void walk(String id, List<JsonNode> conditions, FocusFile file, List<String> broken) {
    JsonNode rule = rules.get(id);
    if (!applies(rule)) {
      return;
    }
    JsonNode condition = said(rule).path("Condition");
    List<JsonNode> all = new ArrayList<>(conditions);
    if (!condition.isEmpty()) {
      all.add(condition);
    }
    JsonNode requirement = requirement(rule);
    boolean composite = text(rule, "Function").equals("Composite");
    if (composite && text(requirement, "CheckFunction").equals("AND")) {
      requirement.get("Items").forEach(item -> walk(text(item, "ModelRuleId"), all, file, broken));
    } else if (text(requirement, "CheckFunction").equals("ColumnPresent")) {
      checked.add(id);
      if (!file.header.contains(text(requirement, "ColumnName"))) {
        broken.add(id);
      }
    } else if (text(requirement, "CheckFunction").equals("CheckDistinctCount")) {
      checked.add(id);
      distinct(id, requirement, file, broken);
    } else if (!requirement.isEmpty() && file.header.contains(text(rule, "Reference"))) {
      checked.add(id);
      file.rows.stream()
          .filter(row -> all.stream().allMatch(c -> holds(c, row)) && !holds(requirement, row))
          .findFirst()
          .ifPresent(row -> broken.add(id + " line " + row.line + " " + row.cells));
    }
  }

  /** Whether it is of what we have, and must be kept. */
  private static boolean applies(JsonNode rule) {
    for (JsonNode criterion : rule.get("ApplicabilityCriteria")) {
      if (NOT_SUPPORTED.contains(criterion.textValue())) {
        return false;
      }
    }
    return text(said(rule), "Keyword").startsWith("MUST");
  }

  private static void distinct(
      String id, JsonNode requirement, FocusFile file, List<String> broken) {
    Map<String, Set<String>> found = new HashMap<>();
    for (Row row : file.rows) {
      String one = row.get(text(requirement, "ColumnAName"));
      if (one != null) {
        found
            .computeIfAbsent(one, key -> new HashSet<>())
            .add("" + row.get(text(requirement, "ColumnBName")));
      }
    }
    found.forEach(
        (value, others) -> {
          if (others.size() != requirement.get("ExpectedCount").intValue()) {
            broken.add(id + " " + value + " " + others);
          }
        });
  }

  private boolean holds(JsonNode check, Row row) {
    String value = row.get(text(check, "ColumnName"));
    return switch (text(check, "CheckFunction")) {
      case "AND" ->
          StreamSupport.stream(check.get("Items").spliterator(), false)
              .allMatch(item -> holds(item, row));
      case "OR" ->
          StreamSupport.stream(check.get("Items").spliterator(), false)
              .anyMatch(item -> holds(item, row));
      case "CheckModelRule" -> rule(rules.get(text(check, "ModelRuleId")), row);
      case "CheckValue" -> isValue(value, check.get("Value"));
      case "CheckNotValue" -> !isValue(value, check.get("Value"));
      case "CheckSameValue" -> same(check, row);
      case "CheckNotSameValue" -> !same(check, row);
      case "TypeString", "FormatString" -> value == null || !value.isBlank();
      case "TypeDecimal", "FormatNumeric", "CheckDecimalValue" ->
          value == null || value.matches("-?\\d+(\\.\\d+)?");
      case "TypeDateTime", "FormatDateTime" ->
          value == null || Instant.parse(value).toString().equals(value);
      case "FormatKeyValue" ->
          value == null || value.matches("\\{(\"[^\"]+\":\"([^\"\\\\]|\\\\.)*\",?)*}");
      case "FormatCurrency", "CheckNationalCurrency" ->
          value == null || Currency.getInstance(value).getCurrencyCode().equals(value);
      case "FormatUnit" -> value == null || value.matches("([1-9]\\d* )?[A-Z][A-Za-z]*");
      case "CheckGreaterOrEqualThanValue" ->
          value == null || new BigDecimal(value).compareTo(check.get("Value").decimalValue()) >= 0;
      case "ColumnByColumnEqualsColumnValue" ->
          row.number(text(check, "ColumnAName"))
                  .multiply(row.number(text(check, "ColumnBName")))
                  .compareTo(row.number(text(check, "ResultColumnName")))
              == 0;
      default -> throw new IllegalArgumentException("check: " + check);
    };
  }

  /** A rule within an alternative: kept where its condition does not hold. */
  private boolean rule(JsonNode rule, Row row) {
    JsonNode condition = said(rule).path("Condition");
    JsonNode requirement = requirement(rule);
    return requirement.isEmpty()
        || (!condition.isEmpty() && !holds(condition, row))
        || holds(requirement, row);
  }

  private static boolean isValue(@Nullable String value, JsonNode expected) {
    if (expected.isNull()) {
      return value == null;
    }
    if (expected.isNumber()) {
      return value != null && new BigDecimal(value).compareTo(expected.decimalValue()) == 0;
    }
    return expected.asText().equals(value);
  }

  private static boolean same(JsonNode check, Row row) {
    return ("" + row.get(text(check, "ColumnAName")))
        .equals("" + row.get(text(check, "ColumnBName")));
  }
}
