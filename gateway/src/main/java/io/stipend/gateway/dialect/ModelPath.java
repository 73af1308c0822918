package io.stipend.gateway.dialect;

import io.stipend.gateway.server.RequestHead;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A path that names its model, as the Gemini API has it: {@code /v1beta/models/MODEL:METHOD}, or as
 * Azure has it: {@code /openai/deployments/MODEL/METHOD}, or Bedrock: {@code /model/MODEL/METHOD}.
 * The server lets no escape through but that of a colon in a name of Bedrock's, which it undoes; so
 * the name stands as it is. A name that a path could read in a second way, with a slash, with a
 * colon that is not Bedrock's or a dot at its front, is none.
 *
 * @param prefix up to the name, such as {@code /v1beta/models/}
 * @param model the name
 * @param method all behind it, such as {@code :generateContent}
 */
record ModelPath(String prefix, String model, String method) {
  /** Stands for the name in the paths of a dialect; no name holds it. */
  static final String ANY = "*";

  private static final String HEX = "0123456789ABCDEF";

  /** The parts of a path; null if it names no model. */
  static @Nullable ModelPath of(String path) {
    if (Vertex.owns(path)) {
      return Vertex.parts(path);
    }
    boolean bedrock = path.startsWith(Bedrock.MODELS);
    boolean slashed = bedrock || path.startsWith(Azure.DEPLOYMENTS);
    String before = bedrock ? Bedrock.MODELS : Azure.DEPLOYMENTS;
    int name = slashed ? before.length() : path.lastIndexOf('/') + 1;
    int end = slashed ? path.indexOf('/', name) : path.lastIndexOf(':');
    if (end < name) {
      return null;
    }
    String model = path.substring(name, end);
    return isName(model, bedrock ? ':' : '.')
        ? new ModelPath(path.substring(0, name), model, path.substring(end))
        : null;
  }

  /** The parts of a path of which a dialect is known to be asked. */
  static ModelPath named(RequestHead head) {
    ModelPath path = of(head.path());
    if (path == null) {
      throw new IllegalArgumentException("path: " + head.path() + " (expected: one with a model)");
    }
    return path;
  }

  /** Whether it is a name in which, besides what is plain, this may stand. */
  static boolean isName(String model, char more) {
    return !model.isEmpty()
        && model.length() <= CallFields.MAX_MODEL_LENGTH
        && model.charAt(0) != '.'
        && model.chars().allMatch(c -> isPlain(c) || c == more);
  }

  /** Whether it stands for itself in a path: RFC 3986 calls it unreserved. */
  private static boolean isPlain(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '.'
        || c == '_'
        || c == '-'
        || c == '~';
  }

  /** The path as a dialect lists it. */
  String shape() {
    return prefix + ANY + method;
  }

  /** The path of another model, whose name is escaped where it must be. */
  String with(String other) {
    StringBuilder path = new StringBuilder(prefix);
    for (byte b : other.getBytes(StandardCharsets.UTF_8)) {
      if (isPlain(b) || b == '@') {
        path.append((char) b);
      } else {
        path.append('%').append(HEX.charAt(b >> 4 & 0xF)).append(HEX.charAt(b & 0xF));
      }
    }
    return path.append(method).toString();
  }
}
