package io.stipend.gateway.upstream;

import io.stipend.policy.config.ProviderConfig;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ServerSocketFactory;

/** A provider that says byte for byte what its script says, one thread for each connection. */
public final class RawProvider implements AutoCloseable {
  /** What is done with each connection, from its accept to its close. */
  public interface Script {
    void serve(Wire wire) throws Exception;
  }

  private final ServerSocket listening;
  private final Script script;
  private final AtomicInteger accepted = new AtomicInteger();
  private final Queue<Socket> open = new ConcurrentLinkedQueue<>();
  public final Queue<Throwable> faults = new ConcurrentLinkedQueue<>();

  public RawProvider(Script script) throws IOException {
    this(script, ServerSocketFactory.getDefault());
  }

  public RawProvider(Script script, ServerSocketFactory sockets) throws IOException {
    this.script = script;
    listening = sockets.createServerSocket(0, 256, InetAddress.getLoopbackAddress());
    start("raw-provider", this::accept);
  }

  /** Answers every request of a connection with its number, and keeps it. */
  static RawProvider keeping() throws IOException {
    return new RawProvider(
        wire -> {
          while (wire.request() != null) {
            wire.answer(String.valueOf(wire.number));
          }
        });
  }

  /** Reads one request, writes this, closes. */
  static RawProvider saying(String answer) throws IOException {
    return new RawProvider(
        wire -> {
          wire.request();
          wire.write(answer);
        });
  }

  public int port() {
    return listening.getLocalPort();
  }

  public int accepted() {
    return accepted.get();
  }

  ProviderConfig config() {
    return config("http://127.0.0.1:" + port());
  }

  static ProviderConfig config(String url) {
    return new ProviderConfig("test", URI.create(url), null, "openai", List.of());
  }

  private void accept() {
    while (!listening.isClosed()) {
      try {
        Socket socket = listening.accept();
        open.add(socket);
        int number = accepted.incrementAndGet();
        start("raw-provider-" + number, () -> serve(socket, number));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket socket, int number) {
    try (socket) {
      script.serve(new Wire(socket, number));
    } catch (Throwable e) {
      faults.add(e);
    }
  }

  private static void start(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    listening.close();
    for (Socket socket : open) {
      socket.close();
    }
  }

  /** One accepted connection. */
  public static final class Wire {
    public final int number;
    public final Socket socket;
    private final InputStream in;
    private final OutputStream out;

    Wire(Socket socket, int number) throws IOException {
      this.number = number;
      this.socket = socket;
      socket.setTcpNoDelay(true);
      in = new BufferedInputStream(socket.getInputStream());
      out = socket.getOutputStream();
    }

    /** The head as it came, or null at the end; the body is read off. */
    public String request() throws IOException {
      String head = head();
      if (head != null) {
        readBody(head);
      }
      return head;
    }

    /** The head alone. */
    public String head() throws IOException {
      var head = new ByteArrayOutputStream();
      int last = 0;
      while (last != 0x0d0a0d0a) {
        int next = in.read();
        if (next < 0) {
          if (head.size() == 0) {
            return null;
          }
          throw new EOFException("in a head");
        }
        head.write(next);
        last = last << 8 | next;
      }
      return head.toString(StandardCharsets.ISO_8859_1);
    }

    public String readBody(String head) throws IOException {
      for (String line : head.toLowerCase(Locale.ROOT).split("\r\n")) {
        if (line.startsWith("content-length: ")) {
          int length = Integer.parseInt(line.substring("content-length: ".length()));
          return new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
        }
      }
      return "";
    }

    public void answer(String body) throws IOException {
      write("HTTP/1.1 200 OK\r\ncontent-length: " + body.length() + "\r\n\r\n" + body);
    }

    public void write(String bytes) throws IOException {
      write(bytes.getBytes(StandardCharsets.ISO_8859_1));
    }

    public void write(byte[] bytes) throws IOException {
      out.write(bytes);
      out.flush();
    }

    public void transferTo(OutputStream other) throws IOException {
      in.transferTo(other);
    }

    /** Reads on until the other side closes; a reset counts. */
    public void awaitClose() {
      try {
        in.skip(Long.MAX_VALUE);
        while (in.read() >= 0) {
          in.skip(Long.MAX_VALUE);
        }
      } catch (IOException e) {
        // A reset is an end too.
      }
    }

    public static void await(CountDownLatch latch) throws InterruptedException {
      if (!latch.await(10, TimeUnit.SECONDS)) {
        throw new AssertionError("the test never let the provider go on");
      }
    }
  }
}
