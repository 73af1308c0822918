package io.stipend.gateway.upstream;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP proxy on the way out. Not a record: it must not print its password.
 *
 * <p>TLS goes through a tunnel ({@code CONNECT}); plain HTTP is sent to the proxy in absolute form,
 * since many proxies tunnel to 443 only.
 */
final class OutboundProxy {
  private static final int HTTP_PORT = 80;

  private final String host;
  private final int port;
  private final @Nullable String user;
  private final String password;

  OutboundProxy(URI url) {
    Origin where = Origin.of(url);
    host = where.host();
    port = url.getPort() > 0 ? url.getPort() : HTTP_PORT;
    String info = url.getRawUserInfo();
    int colon = info == null ? -1 : info.indexOf(':');
    user = info == null ? null : decode(colon < 0 ? info : info.substring(0, colon));
    password = info == null || colon < 0 ? "" : decode(info.substring(colon + 1));
  }

  String host() {
    return host;
  }

  int port() {
    return port;
  }

  @Nullable String user() {
    return user;
  }

  String password() {
    return password;
  }

  /** The value of {@code proxy-authorization}; null if the proxy wants none. */
  @Nullable String authorization() {
    return user == null
        ? null
        : "Basic "
            + Base64.getEncoder()
                .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
  }

  /** User info is not a form: a plus is a plus. */
  private static String decode(String raw) {
    return URLDecoder.decode(raw.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
