package io.stipend.gateway.attacks;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Stands between the gateway and a provider and keeps every byte that goes to the provider. */
final class Tap implements AutoCloseable {
  private static final int BUFFER = 64 * 1_024;

  private final int providerPort;
  private final ServerSocket listening;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final List<ByteArrayOutputStream> kept = new CopyOnWriteArrayList<>();

  Tap(int providerPort) throws IOException {
    this.providerPort = providerPort;
    this.listening = new ServerSocket(0, 256, InetAddress.getLoopbackAddress());
    begin("tap", this::accept);
  }

  String url() {
    return "http://127.0.0.1:" + listening.getLocalPort();
  }

  /** What went to the provider since it was last asked, a text for each connection with some. */
  List<String> take() {
    List<String> taken = new ArrayList<>();
    for (ByteArrayOutputStream bytes : kept) {
      synchronized (bytes) {
        if (bytes.size() > 0) {
          taken.add(bytes.toString(StandardCharsets.ISO_8859_1));
          bytes.reset();
        }
      }
    }
    return taken;
  }

  private void accept() {
    try {
      while (true) {
        Socket gateway = listening.accept();
        Socket provider = new Socket(InetAddress.getLoopbackAddress(), providerPort);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (Socket socket : List.of(gateway, provider)) {
          socket.setTcpNoDelay(true);
          sockets.add(socket);
        }
        kept.add(bytes);
        begin("tap-up", () -> relay(gateway, provider, bytes));
        begin("tap-down", () -> relay(provider, gateway, null));
      }
    } catch (IOException e) {
      // The tap is closed.
    }
  }

  private static void relay(Socket from, Socket to, ByteArrayOutputStream keep) {
    byte[] buffer = new byte[BUFFER];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        if (keep != null) {
          synchronized (keep) {
            keep.write(buffer, 0, read);
          }
        }
        out.write(buffer, 0, read);
      }
    } catch (IOException e) {
      // One side left: so does the other.
    }
  }

  private static void begin(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    listening.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
