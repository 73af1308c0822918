package io.stipend.policy.config;

import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/** A value of a YAML file that knows where it stands and what it is called. */
final class Value {
  private final String file;
  private final String path;
  private final Node node;
  private final Problems problems;

  Value(String file, String path, Node node, Problems problems) {
    this.file = file;
    this.path = path;
    this.node = node;
    this.problems = problems;
  }

  static Place place(String file, @Nullable Mark mark) {
    return mark == null
        ? Place.start(file)
        : new Place(file, mark.getLine() + 1, mark.getColumn() + 1);
  }

  Place place() {
    return place(file, node.getStartMark());
  }

  String path() {
    return path;
  }

  Problems problems() {
    return problems;
  }

  boolean isSequence() {
    return node instanceof SequenceNode;
  }

  boolean isScalar() {
    return node instanceof ScalarNode;
  }

  boolean isMapping() {
    return node instanceof MappingNode;
  }

  /** Reports {@code path: message} here. */
  void problem(String message) {
    problems.add(place(), path + ": " + message);
  }

  /** Reports {@code path: "value" (expected: …)} here. */
  void unexpected(String value, String expected) {
    problem(Problems.shown(value) + " (expected: " + expected + ")");
  }

  /** The scalar as it was written, or null, reported, if it is none or empty. */
  @Nullable String text(String expected) {
    if (node instanceof ScalarNode scalar && !scalar.getValue().isEmpty() && !isNull(scalar)) {
      return scalar.getValue();
    }
    problem(kind() + " (expected: " + expected + ")");
    return null;
  }

  /** The mapping, or null, reported, if it is none. */
  @Nullable Section section(String expected) {
    if (node instanceof MappingNode mapping) {
      return new Section(this, mapping);
    }
    problem(kind() + " (expected: " + expected + ")");
    return null;
  }

  /** The items of a sequence; a single value is a sequence of one. */
  List<Value> oneOrMore() {
    if (node instanceof SequenceNode sequence) {
      List<Node> nodes = sequence.getValue();
      return IntStream.range(0, nodes.size())
          .mapToObj(i -> new Value(file, path + "[" + i + "]", nodes.get(i), problems))
          .toList();
    }
    return List.of(this);
  }

  /** The items of a sequence; nothing, reported, if it is none. */
  List<Value> items(String expected) {
    if (isSequence()) {
      return oneOrMore();
    }
    problem(kind() + " (expected: " + expected + ")");
    return List.of();
  }

  Value child(String key, Node value) {
    return new Value(file, path.isEmpty() ? key : path + "." + key, value, problems);
  }

  Place at(Node other) {
    return place(file, other.getStartMark());
  }

  /** What this is, without saying what it holds. */
  private String kind() {
    if (node instanceof MappingNode) {
      return "is a mapping";
    }
    if (node instanceof SequenceNode) {
      return "is a list";
    }
    return node instanceof ScalarNode scalar && (scalar.getValue().isEmpty() || isNull(scalar))
        ? "is empty"
        : "is a single value";
  }

  private static boolean isNull(ScalarNode scalar) {
    return Tag.NULL.equals(scalar.getTag());
  }
}
