package io.stipend.gateway.server;

import java.io.IOException;
import java.time.Duration;

/** A listener on loopback with an {@link EchoHandler}, for one test. */
final class Served implements AutoCloseable {
  final EchoHandler handler = new EchoHandler();
  final Transport transport;
  final Listener listener;

  Served(Transport.Kind kind, ServerLimits limits) throws IOException {
    this(kind, null, limits);
  }

  Served(Transport.Kind kind, ListenerOptions.Tls tls, ServerLimits limits) throws IOException {
    this.transport = Transport.start(kind, 1);
    this.listener =
        Listener.start(transport, new ListenerOptions("127.0.0.1", 0, tls, limits), handler);
  }

  static Served withDefaults() throws IOException {
    return new Served(Transport.Kind.best(), ServerLimits.DEFAULTS);
  }

  RawClient client() throws IOException {
    return new RawClient(listener.address());
  }

  /** The defaults with other times. */
  static ServerLimits times(
      Duration header, Duration body, Duration idle, Duration total, Duration writeStall) {
    ServerLimits d = ServerLimits.DEFAULTS;
    return new ServerLimits(
        d.lineBytes(),
        d.headerBytes(),
        d.headerCount(),
        d.bodyBytes(),
        d.decodedBodyBytes(),
        d.connections(),
        d.connectionsPerAddress(),
        header,
        body,
        idle,
        total,
        writeStall);
  }

  /** The defaults with other sizes and counts. */
  static ServerLimits counts(int bodyBytes, int connections, int connectionsPerAddress) {
    ServerLimits d = ServerLimits.DEFAULTS;
    return new ServerLimits(
        d.lineBytes(),
        d.headerBytes(),
        d.headerCount(),
        bodyBytes,
        bodyBytes,
        connections,
        connectionsPerAddress,
        d.header(),
        d.body(),
        d.idle(),
        d.total(),
        d.writeStall());
  }

  @Override
  public void close() {
    listener.close();
    transport.close();
  }
}
