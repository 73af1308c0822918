package io.stipend.policy.config;

/**
 * Where a listener binds.
 *
 * @param host a name or address; IPv6 without brackets
 * @param port 0..65535; 0 lets the system choose one
 */
public record HostPort(String host, int port) {
  private static final int MAX_PORT = 65_535;

  /** Checks both parts. */
  public HostPort {
    if (host.isEmpty()) {
      throw new IllegalArgumentException("host is empty (expected: a name or an address)");
    }
    if (port < 0 || port > MAX_PORT) {
      throw new IllegalArgumentException("port: " + port + " (expected: 0.." + MAX_PORT + ")");
    }
  }

  /**
   * Reads {@code host:port} or {@code [v6]:port}.
   *
   * @throws IllegalArgumentException if it is neither
   */
  public static HostPort parse(String text) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      host = "";
    }
    String port = text.substring(colon + 1);
    if (host.isEmpty() || !port.matches("[0-9]{1,6}")) {
      throw new IllegalArgumentException(
          "address: " + text + " (expected: host:port, such as 127.0.0.1:8080)");
    }
    return new HostPort(host, Integer.parseInt(port));
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
