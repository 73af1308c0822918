package io.stipend.gateway.upstream;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Takes {@code CONNECT} for any host and leads to one port of this machine. */
public final class TinyProxy implements AutoCloseable {
  public final Queue<String> heads = new ConcurrentLinkedQueue<>();
  private final RawProvider listening;

  public TinyProxy(int target) throws IOException {
    listening =
        new RawProvider(
            wire -> {
              heads.add(wire.head());
              try (Socket there = new Socket(InetAddress.getLoopbackAddress(), target)) {
                wire.write("HTTP/1.1 200 Connection established\r\n\r\n");
                Thread back =
                    new Thread(
                        () -> {
                          try {
                            there.getInputStream().transferTo(wire.socket.getOutputStream());
                          } catch (IOException e) {
                            // The tunnel's end.
                          }
                        });
                back.setDaemon(true);
                back.start();
                wire.transferTo(there.getOutputStream());
              }
            });
  }

  public int port() {
    return listening.port();
  }

  @Override
  public void close() throws IOException {
    listening.close();
  }
}
