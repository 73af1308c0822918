package io.stipend.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpMethod;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever providers do and callers cancel: one end each, and nothing is left behind. */
class ManyAttemptsTest {
  private static final int COUNT = Boolean.getBoolean("stipend.tests.full") ? 20_000 : 1_500;
  private static final int AT_ONCE = 24;
  private static final int BODY = 40_000;

  /** What each path is answered with, and what that must come to. */
  private static final Map<String, String> OUTCOMES =
      Map.of(
          "/whole", "end",
          "/chunks", "end",
          "/to-close", "end",
          "/surplus", "end",
          "/short", "RESET",
          "/nothing", "RESET",
          "/redirect", "PROTOCOL",
          "/junk", "PROTOCOL");

  private static final List<String> PATHS = OUTCOMES.keySet().stream().sorted().toList();

  private static void serve(RawProvider.Wire wire) throws Exception {
    String body = "b".repeat(BODY);
    String ok = "HTTP/1.1 200 OK\r\n";
    for (String head = wire.request(); head != null; head = wire.request()) {
      String path = head.split(" ")[1];
      switch (path) {
        case "/whole" -> wire.answer(body);
        case "/chunks" ->
            wire.write(
                ok
                    + "transfer-encoding: chunked\r\n\r\n"
                    + (Integer.toHexString(BODY / 4) + "\r\n" + body.substring(0, BODY / 4))
                    + ("\r\n" + Integer.toHexString(BODY * 3 / 4) + "\r\n")
                    + (body.substring(BODY / 4) + "\r\n0\r\n\r\n"));
        case "/surplus" -> wire.write(ok + "content-length: " + BODY + "\r\n\r\n" + body + "HTTP/");
        case "/to-close" -> wire.write(ok + "\r\n" + body);
        case "/short" -> wire.write(ok + "content-length: " + (BODY + 1) + "\r\n\r\n" + body);
        case "/redirect" -> wire.write("HTTP/1.1 307 X\r\ncontent-length: 0\r\n\r\n");
        case "/junk" -> wire.write("SMTP ready\r\n\r\n");
        default -> {}
      }
      if (!path.equals("/whole") && !path.equals("/chunks")) {
        return;
      }
    }
  }

  /** Pauses now and then, and cancels where the plan says so. */
  private static final class Acting extends Heard {
    private final String path;
    private final int cancelAfterBytes;
    private final boolean pausing;
    private final Upstreaming up;
    private final CompletableFuture<Void> finished = new CompletableFuture<>();
    private boolean cancelled;

    Acting(Upstreaming up, String path, int cancelAfterBytes, boolean pausing) {
      this.up = up;
      this.path = path;
      this.cancelAfterBytes = cancelAfterBytes;
      this.pausing = pausing;
      over.thenRun(() -> finished.complete(null));
    }

    @Override
    public void data(ByteBuf part) {
      super.data(part);
      if (cancelAfterBytes >= 0 && bytes.get() >= cancelAfterBytes) {
        cancel();
      } else if (pausing) {
        attempt.pause();
        up.loop.execute(attempt::resume);
      }
    }

    @Override
    public void sending() {
      super.sending();
      if (cancelAfterBytes == 0) {
        cancel();
      }
    }

    private void cancel() {
      cancelled = true;
      attempt.cancel();
      finished.complete(null);
    }

    void check(long seed) {
      String what = "seed " + seed + ", " + path + ", " + events;
      long ends = events.stream().filter(e -> e.equals("end") || e.startsWith("failed")).count();
      if (cancelled) {
        assertThat(ends).as(what).isZero();
      } else {
        assertThat(ends).as(what).isEqualTo(1);
        assertThat(over.join()).as(what).isEqualTo(OUTCOMES.get(path));
      }
      if (over.isDone() && over.join().equals("end")) {
        assertThat(bytes.get()).as(what).isEqualTo(BODY);
      }
      assertThat(requestBody.refCnt()).as(what).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void everyAttemptEndsOnceAndNothingIsLeftBehind(boolean epoll) throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    var atOnce = new Semaphore(AT_ONCE);
    List<Acting> all = new ArrayList<>();
    try (var provider = new RawProvider(ManyAttemptsTest::serve);
        var up = new Upstreaming(Upstreaming.pooled(Duration.ofSeconds(30), AT_ONCE * 4), epoll)) {
      for (int i = 0; i < COUNT; i++) {
        assertThat(atOnce.tryAcquire(20, TimeUnit.SECONDS)).as("seed %d", seed).isTrue();
        String path = random.nextInt(3) == 0 ? PATHS.get(random.nextInt(PATHS.size())) : "/whole";
        int cancelAfter = random.nextInt(5) == 0 ? random.nextInt(BODY / 2) : -1;
        var heard = new Acting(up, path, random.nextInt(40) == 0 ? 0 : cancelAfter, i % 3 == 0);
        heard.finished.thenRun(atOnce::release);
        all.add(heard);
        byte[] body = new byte[random.nextInt(2_000)];
        up.send(provider.config(), HttpMethod.POST, path, body, heard);
      }
      assertThat(atOnce.tryAcquire(AT_ONCE, 20, TimeUnit.SECONDS)).as("seed %d", seed).isTrue();
      up.on(() -> {});
      await()
          .untilAsserted(
              () ->
                  assertThat(up.upstreams.openConnections())
                      .as("seed %d", seed)
                      .isEqualTo(up.upstreams.idleConnections()));
      all.forEach(heard -> heard.check(seed));
      assertThat(provider.accepted()).as("seed %d", seed).isLessThan(COUNT);
    }
  }
}
