package io.stipend.gateway.dialect;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a header such as {@code form-data; name="model"}: each once, a value in quotes
 * without an escaped quote, for about that readers differ.
 */
final class HeaderParameters {
  private static final String TOKEN_MARKS = "!#$%&'*+-.^_`|~";

  private final String header;
  private final String text;
  private final Map<String, String> byName = new HashMap<>();
  private int at;

  private HeaderParameters(String header, String text) {
    this.header = header;
    this.text = text;
  }

  /**
   * Reads them.
   *
   * @param header its name, for messages
   */
  static HeaderParameters of(String header, String text) throws BadBody {
    HeaderParameters parameters = new HeaderParameters(header, text);
    parameters.at = beforeParameters(text).length();
    while (parameters.at < text.length()) {
      parameters.next();
    }
    return parameters;
  }

  /** The value up to its parameters, in lower case, such as {@code text/plain}. */
  static String mediaType(String text) {
    return beforeParameters(text).strip().toLowerCase(Locale.ROOT);
  }

  private static String beforeParameters(String text) {
    int end = text.indexOf(';');
    return end < 0 ? text : text.substring(0, end);
  }

  /** The value of a parameter; null if there is none. */
  @Nullable String get(String name) {
    return byName.get(name);
  }

  /** How many there are. */
  int size() {
    return byName.size();
  }

  /**
   * Whether the name of one holds an asterisk (RFC 8187, RFC 2231): some readers then take its
   * value, or pieces of it, for the parameter of the plain name, and some do not.
   */
  boolean extended() {
    return byName.keySet().stream().anyMatch(name -> name.indexOf('*') >= 0);
  }

  private void next() throws BadBody {
    at++;
    space();
    int from = at;
    while (at < text.length() && isToken(text.charAt(at))) {
      at++;
    }
    String name = text.substring(from, at).toLowerCase(Locale.ROOT);
    if (name.isEmpty() || at == text.length() || text.charAt(at) != '=') {
      throw bad("parameters as ; name=value");
    }
    at++;
    if (byName.put(name, value()) != null) {
      throw bad("each parameter once");
    }
    space();
    if (at < text.length() && text.charAt(at) != ';') {
      throw bad("a semicolon between parameters");
    }
  }

  private String value() throws BadBody {
    int from = at;
    if (at < text.length() && text.charAt(at) == '"') {
      int end = text.indexOf('"', at + 1);
      if (end < 0 || text.charAt(end - 1) == '\\') {
        throw bad("a value in quotes, without an escaped quote");
      }
      at = end + 1;
      return text.substring(from + 1, end);
    }
    while (at < text.length() && isToken(text.charAt(at))) {
      at++;
    }
    if (at == from) {
      throw bad("a value for each parameter");
    }
    return text.substring(from, at);
  }

  private void space() {
    while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
      at++;
    }
  }

  private BadBody bad(String expected) {
    return BadBody.of(header + ": " + BodyScan.shown(text) + " (expected: " + expected + ")");
  }

  /** Whether a character may stand in a token (RFC 9110, 5.6.2). */
  static boolean isToken(int c) {
    return isAlphanumeric(c) || TOKEN_MARKS.indexOf(c) >= 0;
  }

  /** Whether it is a letter or a digit of ASCII. */
  static boolean isAlphanumeric(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }
}
