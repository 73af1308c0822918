package io.stipend.gateway.server;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where and how a listener listens.
 *
 * @param host a name or address of this machine
 * @param port 0..65535; 0 lets the system choose one
 * @param tls its certificate; null means plain HTTP
 * @param limits its bounds
 */
public record ListenerOptions(String host, int port, @Nullable Tls tls, ServerLimits limits) {
  private static final int MAX_PORT = 65_535;

  /** Checks the port. */
  public ListenerOptions {
    if (port < 0 || port > MAX_PORT) {
      throw new IllegalArgumentException("port: " + port + " (expected: 0.." + MAX_PORT + ")");
    }
  }

  /**
   * PEM files.
   *
   * @param certificate the chain, the listener's own certificate first
   * @param key its private key, PKCS #8, not encrypted
   */
  public record Tls(Path certificate, Path key) {}
}
