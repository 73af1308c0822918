package io.stipend.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.DefaultEventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class DeadlineTest {
  @Test
  void movingItOnSchedulesNothing() throws Exception {
    AtomicInteger scheduled = new AtomicInteger();
    AtomicInteger passed = new AtomicInteger();
    DefaultEventLoop loop =
        new DefaultEventLoop() {
          @Override
          public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
            scheduled.incrementAndGet();
            return super.schedule(task, delay, unit);
          }
        };
    try {
      Deadline deadline = new Deadline(loop, passed::incrementAndGet);
      loop.submit(
              () -> {
                for (int i = 0; i < 1_000; i++) {
                  deadline.in(Duration.ofSeconds(60));
                  deadline.clear();
                }
              })
          .sync();
      assertThat(scheduled).hasValue(1);
      loop.submit(() -> deadline.in(Duration.ofMillis(1))).sync();
      await().until(() -> passed.get() == 1);
      assertThat(scheduled).hasValue(2);
    } finally {
      loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
  }
}
