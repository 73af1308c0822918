package io.stipend.gateway.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LoadTest {
  private static final String BODY = "0123456789";

  /** Answers each request of 10 body bytes; before the n-th it stalls. */
  private static final class Answering implements AutoCloseable {
    final AtomicLong requests = new AtomicLong();
    private final ServerSocket listening =
        new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final String answer;
    private final long stallAt;
    private final long stallMillis;

    Answering(String answer, long stallAt, long stallMillis) throws IOException {
      this.answer = answer;
      this.stallAt = stallAt;
      this.stallMillis = stallMillis;
      start(this::accept);
    }

    private static void start(Runnable task) {
      Thread thread = new Thread(task, "load-test");
      thread.setDaemon(true);
      thread.start();
    }

    private void accept() {
      try {
        while (true) {
          Socket socket = listening.accept();
          start(() -> serve(socket));
        }
      } catch (IOException e) {
        // Closed by the test.
      }
    }

    private void serve(Socket socket) {
      try (socket) {
        socket.setTcpNoDelay(true);
        InputStream in = socket.getInputStream();
        int last = 0;
        for (int next = in.read(); next >= 0; next = in.read()) {
          last = last << 8 | next;
          if (last == 0x0d0a0d0a) {
            in.readNBytes(BODY.length());
            if (requests.incrementAndGet() == stallAt) {
              new CountDownLatch(1).await(stallMillis, TimeUnit.MILLISECONDS);
            }
            socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
          }
        }
      } catch (IOException | InterruptedException e) {
        // Closed by the test.
      }
    }

    LoadPlan plan(int connections, double rate) {
      return new LoadPlan(
          URI.create("http://127.0.0.1:" + listening.getLocalPort() + "/v1/x?y=1"),
          List.of("authorization: Bearer k"),
          BODY.getBytes(StandardCharsets.ISO_8859_1),
          1,
          connections,
          rate,
          Duration.ofMillis(1_000),
          Duration.ofSeconds(5));
    }

    @Override
    public void close() throws IOException {
      listening.close();
    }
  }

  private static final String OK = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

  @Test
  void aClosedLoopCountsEveryAnswerOnce() throws Exception {
    try (var server = new Answering(OK, -1, 0)) {
      LoadResult result = Load.run(server.plan(4, 0));
      assertThat(result.completed()).isEqualTo(server.requests.get()).isGreaterThan(50);
      assertThat(result.statuses).containsOnlyKeys(200);
      assertThat(result.resets + result.unfinished).isZero();
    }
  }

  @Test
  void anOpenLoopSendsAtItsRateWhateverTheAnswersTake() throws Exception {
    try (var server = new Answering(OK, -1, 0)) {
      LoadResult result = Load.run(server.plan(4, 200));
      assertThat(result.completed()).isEqualTo(200);
      assertThat(server.requests.get()).isEqualTo(200);
    }
  }

  @Test
  void aStallCountsForEveryRequestThatItDelayed() throws Exception {
    try (var server = new Answering(OK, 20, 500)) {
      LoadResult result = Load.run(server.plan(1, 200));
      assertThat(result.completed()).isEqualTo(200);
      // About 100 of 200 were due while the only connection stood still.
      assertThat(result.latencies.micros(0.99)).isGreaterThan(400_000);
      assertThat(result.latencies.micros(0.75)).isGreaterThan(100_000);
    }
  }

  @Test
  void eventsOfStreamsAreCounted() throws Exception {
    String events = "data: 1\n\nevent: x\r\ndata: 2\r\n\r\ndata: [DONE]\n\n";
    String chunk = Integer.toHexString(events.length()) + "\r\n" + events + "\r\n0\r\n\r\n";
    String head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    try (var server = new Answering(head + chunk, -1, 0)) {
      LoadResult result = Load.run(server.plan(4, 0));
      assertThat(result.completed()).isGreaterThan(50);
      assertThat(result.events).isEqualTo(3 * result.completed());
    }
  }

  @Test
  void anAnswerIsParsedTheSameHoweverItIsSplit() {
    String answers =
        OK
            + "HTTP/1.1 100 Continue\r\n\r\n"
            + "HTTP/1.1 429 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            + "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
            + "9\r\ndata: x\n\n\r\na;q=1\r\n0123456789\r\n0\r\nx-t: 1\r\n\r\n";
    for (int size = 1; size <= answers.length(); size++) {
      var parser = new AnswerParser();
      var seen = new StringBuilder();
      for (int from = 0; from < answers.length(); from += size) {
        String part = answers.substring(from, Math.min(answers.length(), from + size));
        var bytes = Unpooled.copiedBuffer(part, StandardCharsets.ISO_8859_1);
        while (parser.feed(bytes)) {
          seen.append(parser.status()).append(parser.close() ? "c" : "");
          seen.append('/').append(parser.events()).append(' ');
        }
        bytes.release();
      }
      assertThat(seen.toString()).as("parts of %d", size).isEqualTo("200/0 429c/0 200/1 ");
    }
  }

  @Test
  void percentilesAreWithinTheirPrecision() {
    long seed = 42;
    Random random = new Random(seed);
    var latencies = new Latencies();
    long[] micros = new long[10_000];
    for (int i = 0; i < micros.length; i++) {
      micros[i] = (long) Math.exp(random.nextDouble() * 16);
      latencies.record(micros[i] * 1_000);
    }
    java.util.Arrays.sort(micros);
    for (double share : new double[] {0.01, 0.5, 0.9, 0.99, 0.999, 1}) {
      long exact = micros[(int) Math.ceil(share * micros.length) - 1];
      assertThat(latencies.micros(share))
          .as("share %s, seed %d", share, seed)
          .isBetween(exact, exact + exact / 256 + 1);
    }
    assertThat(new Latencies().micros(0.5)).isZero();
  }
}
