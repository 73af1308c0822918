package io.stipend.gateway.server;

import java.util.Locale;
import java.util.Set;

/**
 * The parameter names that carry a credential. A name is compared unescaped, without case, hyphens
 * and underscores; what it carries is neither read nor kept.
 */
final class QueryCredentials {
  private static final Set<String> NAMES =
      Set.of(
          "key",
          "apikey",
          "xapikey",
          "xgoogapikey",
          "googapikey",
          "accesskey",
          "accesstoken",
          "authtoken",
          "bearertoken",
          "idtoken",
          "refreshtoken",
          "token",
          "bearer",
          "auth",
          "authorization",
          "credential",
          "credentials",
          "secret",
          "clientsecret",
          "password");

  private QueryCredentials() {}

  /**
   * Whether a query names one.
   *
   * @param query with its {@code ?}
   */
  static boolean in(String query) {
    int from = 1;
    for (int i = 1; i <= query.length(); i++) {
      char c = i < query.length() ? query.charAt(i) : '&';
      if (c == '&' || c == ';' || c == '?') {
        if (i > from && NAMES.contains(name(query, from, i))) {
          return true;
        }
        from = i + 1;
      }
    }
    return false;
  }

  /** The name of the parameter that stands there, up to its {@code =} or {@code [}, normalised. */
  private static String name(String query, int from, int to) {
    StringBuilder name = new StringBuilder(to - from);
    for (int i = from; i < to; i++) {
      char c = query.charAt(i);
      if (c == '%' && i + 2 < to) {
        int high = Character.digit(query.charAt(i + 1), 16);
        int low = Character.digit(query.charAt(i + 2), 16);
        if (high >= 0 && low >= 0) {
          c = (char) (high << 4 | low);
          i += 2;
        }
      }
      if (c == '=' || c == '[') {
        break;
      }
      if (c != '-' && c != '_' && c != '+' && c > ' ') {
        name.append(c);
      }
    }
    return name.toString().toLowerCase(Locale.ROOT);
  }
}
