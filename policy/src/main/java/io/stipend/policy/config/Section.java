package io.stipend.policy.config;

import io.stipend.metering.Suggestion;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;

/**
 * A mapping of a YAML file. Every key that is asked for is known; {@link #close} reports the rest,
 * so that no key is ever ignored.
 */
final class Section implements AutoCloseable {
  private static final String NOT_BUILT = "is not built yet (expected: leave it out)";

  private final Value self;
  private final Map<String, Value> values = new LinkedHashMap<>();
  private final Map<String, Place> keys = new LinkedHashMap<>();
  private final Set<String> known = new LinkedHashSet<>();
  private final Set<String> unbuilt = new LinkedHashSet<>();
  private boolean closed;

  Section(Value self, MappingNode mapping) {
    this.self = self;
    for (NodeTuple tuple : mapping.getValue()) {
      Node key = tuple.getKeyNode();
      Place place = self.at(key);
      if (!(key instanceof ScalarNode scalar)) {
        self.problems().add(place, prefix() + "a key is no plain text (expected: a name)");
      } else if (keys.putIfAbsent(scalar.getValue(), place) != null) {
        self.problems()
            .add(
                place,
                prefix()
                    + Problems.shown(scalar.getValue())
                    + " stands twice (expected: once; the first is in line "
                    + keys.get(scalar.getValue()).line()
                    + ")");
      } else {
        values.put(scalar.getValue(), self.child(scalar.getValue(), tuple.getValueNode()));
      }
    }
  }

  String path() {
    return self.path();
  }

  Place place() {
    return self.place();
  }

  Problems problems() {
    return self.problems();
  }

  /** The value of a key that may be left out. */
  @Nullable Value get(String key) {
    Value value = values.get(key);
    if (known.add(key) && value != null && problems().isNotYet(key)) {
      problem(key, NOT_BUILT);
    }
    return value;
  }

  /** The value of a key that must stand here; null, reported, if it does not. */
  @Nullable Value require(String key) {
    Value value = get(key);
    if (value == null) {
      problems().add(place(), prefix() + key + " is missing");
    }
    return value;
  }

  /** The mapping under a key that may be left out; null if it is, or, reported, is no mapping. */
  @Nullable Section section(String key) {
    Value value = get(key);
    return value == null ? null : value.section("a mapping");
  }

  /** Where a key stands; the section's own place if it does not. */
  Place placeOf(String key) {
    return keys.getOrDefault(key, place());
  }

  /** Reports a problem of one key of this section. */
  void problem(String key, String message) {
    problems().add(placeOf(key), prefix() + key + ": " + message);
  }

  /** Refuses keys by name whose features this version does not have. */
  void notBuilt(String... names) {
    for (String name : names) {
      if (keys.containsKey(name)) {
        problem(name, NOT_BUILT);
      }
      unbuilt.add(name);
    }
  }

  /** The values by free names, such as those of people, in the order of the file. */
  Map<String, Value> named() {
    known.addAll(values.keySet());
    return values;
  }

  /** Reports one of the {@link #named} keys if it is no name. */
  void checkName(String name) {
    if (!Scalars.isId(name)) {
      problem(name, "is no name (expected: " + Scalars.ID_EXPECTED + ")");
    }
  }

  /** Reports every key that nobody asked for. Reporting twice is reporting once. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    for (String key : values.keySet()) {
      if (!known.contains(key) && !unbuilt.contains(key)) {
        String hint = Suggestion.hint(key, known);
        String expected = " (expected: " + String.join(", ", known) + ")";
        problems()
            .add(
                placeOf(key),
                prefix()
                    + "unknown key "
                    + Problems.shown(key)
                    + (hint.isEmpty() ? expected : hint));
      }
    }
  }

  private String prefix() {
    return path().isEmpty() ? "" : path() + ": ";
  }
}
