package io.stipend.policy.config;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads secrets: {@code ${NAME}} from the environment, {@code file:path}, or the value itself. No
 * message ever holds what was read.
 */
final class SecretReader {
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)}");
  private static final String FILE = "file:";
  private static final int MAX_LENGTH = 16_384;

  private final Path folder;
  private final Map<String, String> env;
  private final Sources sources;
  private final Problems warnings;

  SecretReader(Path folder, Map<String, String> env, Sources sources, Problems warnings) {
    this.folder = folder;
    this.env = env;
    this.sources = sources;
    this.warnings = warnings;
  }

  @Nullable Secret read(@Nullable Value value) {
    return read(value, true);
  }

  /** What names a secret and is none itself: it may stand in the file without a warning. */
  @Nullable Secret readName(@Nullable Value value) {
    return read(value, false);
  }

  /** The bytes of {@code file:path}; null, reported, if that is not what stands there. */
  byte @Nullable [] document(Value value, String expected) {
    String text = value.text(expected);
    if (text == null) {
      return null;
    }
    if (!text.startsWith(FILE)) {
      value.problem("names no file (expected: " + expected + ")");
      return null;
    }
    Path path = Scalars.path(value, folder);
    return path == null ? null : sources.read(path, false, value::problem);
  }

  private @Nullable Secret read(@Nullable Value value, boolean warn) {
    String text = value == null ? null : value.text("${NAME}, file:path or the secret itself");
    if (value == null || text == null) {
      return null;
    }
    Matcher variable = VARIABLE.matcher(text);
    if (variable.matches()) {
      return variable(value, variable.group(1));
    }
    if (text.startsWith(FILE)) {
      return file(value);
    }
    if (text.contains("${")) {
      value.problem("holds ${ inside other text (expected: ${NAME} is the whole value)");
      return null;
    }
    if (warn) {
      warnings.add(
          value.place(),
          value.path() + ": a secret stands in the file (better: ${NAME} or file:path)");
    }
    return checked(value, text, "the value");
  }

  /** Whether a text names where a value stands instead of being it. */
  static boolean isReference(String text) {
    return text.contains("${") || text.startsWith(FILE);
  }

  private @Nullable Secret variable(Value value, String name) {
    String secret = env.get(name);
    if (secret == null || secret.isEmpty()) {
      value.problem(
          "the environment variable " + name + " is " + (secret == null ? "not set" : "empty"));
      return null;
    }
    return checked(value, secret, "the environment variable " + name);
  }

  private @Nullable Secret file(Value value) {
    Path path = Scalars.path(value, folder);
    byte[] bytes = path == null ? null : sources.read(path, false, value::problem);
    return bytes == null
        ? null
        : checked(value, new String(bytes, StandardCharsets.UTF_8).strip(), "the file " + path);
  }

  /** A secret goes into a header: anything but visible ASCII would break it, or the request. */
  private static @Nullable Secret checked(Value value, String secret, String where) {
    boolean visible = secret.chars().allMatch(c -> c > ' ' && c < 0x7f);
    if (secret.isEmpty() || secret.length() > MAX_LENGTH || !visible) {
      value.problem(
          where + " holds no usable secret (expected: 1 to 16384 visible ASCII characters)");
      return null;
    }
    return new Secret(secret);
  }
}
