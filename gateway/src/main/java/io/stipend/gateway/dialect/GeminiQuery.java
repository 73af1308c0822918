package io.stipend.gateway.dialect;

import java.util.HashSet;
import java.util.Set;

/**
 * The query of a Gemini request. Google's servers take parameters there that change the form of an
 * answer, up to leaving its usage out ({@code fields}): only those that leave it readable pass.
 */
final class GeminiQuery {
  private static final Set<String> SERVED =
      Set.of("alt=sse", "alt=json", "prettyPrint=false", "prettyPrint=true");

  private GeminiQuery() {}

  /**
   * Checks it.
   *
   * @param query with its {@code ?}; empty if none
   */
  static void check(String query) throws BadBody {
    Set<String> names = new HashSet<>();
    String rest = query.isEmpty() ? "" : query.substring(1);
    for (String part : rest.split("&", -1)) {
      int equals = part.indexOf('=');
      String name = equals < 0 ? part : part.substring(0, equals);
      if (!part.isEmpty() && !(SERVED.contains(part) && names.add(name))) {
        throw BadBody.field("query", BodyScan.shown(part), "alt=sse or alt=json, once");
      }
    }
  }
}
