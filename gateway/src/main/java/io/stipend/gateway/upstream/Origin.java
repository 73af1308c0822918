package io.stipend.gateway.upstream;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where connections go: what of a provider's URL decides whether two providers can share one.
 *
 * @param tls whether the scheme is https
 * @param host a name or an address; IPv6 without brackets
 * @param port never 0 or less
 */
record Origin(boolean tls, String host, int port) {
  private static final int HTTP_PORT = 80;
  private static final int HTTPS_PORT = 443;

  static Origin of(URI url) {
    boolean tls = "https".equalsIgnoreCase(url.getScheme());
    if (url.getHost() == null || (!tls && !"http".equalsIgnoreCase(url.getScheme()))) {
      throw new IllegalArgumentException("provider url: " + url + " (expected: http(s)://host)");
    }
    String host = url.getHost().toLowerCase(Locale.ROOT);
    if (host.startsWith("[")) {
      host = host.substring(1, host.length() - 1);
    }
    int port = url.getPort() > 0 ? url.getPort() : tls ? HTTPS_PORT : HTTP_PORT;
    return new Origin(tls, host, port);
  }

  /** The value of the header {@code host}. */
  String authority() {
    String bracketed = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    return port == (tls ? HTTPS_PORT : HTTP_PORT) ? bracketed : bracketed + ":" + port;
  }

  /** The address, if the host is a literal. */
  static @Nullable InetAddress literal(String host) {
    byte[] address = NetUtil.createByteArrayFromIpAddressString(host);
    if (address == null) {
      return null;
    }
    try {
      return InetAddress.getByAddress(address);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("address of " + address.length + " bytes", e);
    }
  }

  boolean loopback() {
    InetAddress address = literal(host);
    return host.equals("localhost") || (address != null && address.isLoopbackAddress());
  }

  @Override
  public String toString() {
    return (tls ? "https://" : "http://") + authority();
  }
}
