package io.stipend.policy.config;

import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.reader.ReaderException;

/**
 * Reads YAML as a tree of nodes that know where they stand. No object is ever constructed from it;
 * size, depth and aliases are bounded.
 */
final class YamlFile {
  /** Characters of one file. */
  static final int MAX_CHARS = 8 * 1_024 * 1_024;

  private static final int MAX_DEPTH = 32;
  private static final int MAX_ALIASES = 50;
  private static final char REPLACEMENT = '\uFFFD';
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  private YamlFile() {}

  /** The root of the file, or null, reported, if it is no YAML. */
  static @Nullable Value read(byte[] bytes, String file, Problems problems) {
    String text = decode(bytes, file, problems);
    if (text == null) {
      return null;
    }
    try {
      LoaderOptions options = new LoaderOptions();
      options.setAllowDuplicateKeys(false);
      options.setCodePointLimit(MAX_CHARS);
      options.setNestingDepthLimit(MAX_DEPTH);
      options.setMaxAliasesForCollections(MAX_ALIASES);
      Node root = new Yaml(new SafeConstructor(options)).compose(new StringReader(text));
      if (root == null) {
        problems.add(Place.start(file), "the file is empty (expected: a quota file)");
        return null;
      }
      return new Value(file, "", root, problems);
    } catch (MarkedYAMLException e) {
      problems.add(Value.place(file, e.getProblemMark()), "no YAML: " + e.getProblem());
    } catch (ReaderException e) {
      problems.add(placeAt(text, e.getPosition(), file), "no YAML: a character is not allowed");
    } catch (YAMLException e) {
      problems.add(Place.start(file), "no YAML: " + e.getMessage());
    }
    return null;
  }

  /** The text of a file, or null, reported, if it is no UTF-8. */
  static @Nullable String decode(byte[] bytes, String file, Problems problems) {
    try {
      // Lenient, and with the least copies; only what then looks replaced is decoded strictly.
      String text = new String(bytes, StandardCharsets.UTF_8);
      if (text.indexOf(REPLACEMENT) >= 0) {
        text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      }
      return !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      problems.add(Place.start(file), "the file is no text in UTF-8");
      return null;
    }
  }

  private static Place placeAt(String text, int position, String file) {
    int end = Math.min(Math.max(position, 0), text.length());
    String before = text.substring(0, end);
    int line = (int) before.chars().filter(c -> c == '\n').count() + 1;
    return new Place(file, line, end - before.lastIndexOf('\n'));
  }
}
