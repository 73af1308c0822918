package io.stipend.metering.price;

import io.stipend.metering.Suggestion;
import io.stipend.metering.price.RateCardException.Problem;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Currency;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * One mapping of a rate-card file. Reading a key that is missing or of the wrong form notes a
 * problem at its place and returns null or nothing; {@link #finish} notes keys that nobody asked
 * for. Scalars are read as text, so that no decimal passes through binary floating point.
 */
final class YamlMap {
  private final String file;
  private final Node node;
  private final List<Problem> problems;
  private final Map<String, Node> values = new LinkedHashMap<>();
  private final Map<String, Node> keys = new LinkedHashMap<>();
  private final Set<String> asked = new LinkedHashSet<>();

  YamlMap(String file, Node node, List<Problem> problems) {
    this.file = file;
    this.node = node;
    this.problems = problems;
    if (!(node instanceof MappingNode mapping)) {
      problem(node, "expected a mapping of keys to values");
      return;
    }
    for (NodeTuple tuple : mapping.getValue()) {
      if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
        problem(tuple.getKeyNode(), "expected a plain key");
      } else if (values.putIfAbsent(key.getValue(), tuple.getValueNode()) != null) {
        problem(key, key.getValue() + ": given twice");
      } else {
        keys.put(key.getValue(), key);
      }
    }
  }

  boolean has(String key) {
    asked.add(key);
    return values.containsKey(key);
  }

  Set<String> keys() {
    return keys.keySet();
  }

  int line() {
    return node.getStartMark().getLine() + 1;
  }

  @Nullable String text(String key) {
    asked.add(key);
    Node value = values.get(key);
    return value == null ? null : scalar(key, value);
  }

  String requiredText(String key) {
    String text = text(key);
    if (text == null && !values.containsKey(key)) {
      problem(node, key + ": missing");
    }
    return text == null ? "" : text;
  }

  @Nullable LocalDate date(String key) {
    String text = text(key);
    if (text == null) {
      return null;
    }
    try {
      return LocalDate.parse(text);
    } catch (DateTimeException e) {
      problem(key, key + ": " + text + " (expected: a date such as 2026-01-31)");
      return null;
    }
  }

  /** A whole number; null if missing or not within the bounds. */
  @Nullable Long count(String key, long min, long max) {
    String text = text(key);
    if (text == null) {
      return null;
    }
    long value = text.matches("\\d{1,18}") ? Long.parseLong(text) : -1;
    if (value < min || value > max) {
      problem(key, key + ": " + text + " (expected: " + min + ".." + max + ")");
      return null;
    }
    return value;
  }

  @Nullable Boolean flag(String key) {
    String text = text(key);
    if (text == null) {
      return null;
    }
    if (!text.equals("true") && !text.equals("false")) {
      problem(key, key + ": " + text + " (expected: true or false)");
    }
    return text.equals("true");
  }

  List<String> texts(String key) {
    List<String> texts = new ArrayList<>();
    for (Node item : items(key)) {
      String text = scalar(key, item);
      if (text != null) {
        texts.add(text);
      }
    }
    return texts;
  }

  List<YamlMap> maps(String key) {
    return items(key).stream().map(item -> new YamlMap(file, item, problems)).toList();
  }

  /** Whether a mapping stands under this key, and no single value. */
  boolean hasMap(String key) {
    return has(key) && values.get(key) instanceof MappingNode;
  }

  /** The mapping under a key; null if there is none. */
  @Nullable YamlMap map(String key) {
    asked.add(key);
    Node value = values.get(key);
    return value == null ? null : new YamlMap(file, value, problems);
  }

  /** Notes a problem at a key, or at the mapping if it has no such key. */
  void problem(String key, String message) {
    Node at = values.getOrDefault(key, node);
    problem(at, message);
  }

  /** Where the value of a key stands; the mapping itself if it has no such key. */
  Place place(String key) {
    Node at = values.getOrDefault(key, node);
    return new Place(file, at.getStartMark().getLine() + 1, at.getStartMark().getColumn() + 1);
  }

  /** Whether it is the code of a currency that exists or has existed. */
  static boolean isCurrency(String code) {
    return Currency.getAvailableCurrencies().stream()
        .anyMatch(currency -> currency.getCurrencyCode().equals(code));
  }

  /** Notes every key that was never asked for. */
  void finish() {
    keys.forEach(
        (name, key) -> {
          if (!asked.contains(name)) {
            problem(key, name + ": unknown key" + Suggestion.hint(name, asked));
          }
        });
  }

  private List<Node> items(String key) {
    asked.add(key);
    Node value = values.get(key);
    if (value == null) {
      return List.of();
    }
    if (value instanceof SequenceNode sequence) {
      return sequence.getValue();
    }
    problem(value, key + ": expected a list");
    return List.of();
  }

  private @Nullable String scalar(String key, Node value) {
    if (value instanceof ScalarNode scalar && !scalar.getValue().isBlank()) {
      return scalar.getValue();
    }
    problem(value, key + ": expected a value");
    return null;
  }

  private void problem(Node at, String message) {
    int line = at.getStartMark().getLine() + 1;
    int column = at.getStartMark().getColumn() + 1;
    problems.add(new Problem(file, line, column, message));
  }
}
