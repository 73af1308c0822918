package io.stipend.metering.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CommitPaceTest {
  private static final long HOUR = TimeUnit.HOURS.toNanos(1);
  private static final long SHORT = TimeUnit.MILLISECONDS.toNanos(50);

  @Test
  void gathersForTheWholeTimeWhileNobodyWaits() {
    CommitPace pace = new CommitPace(Thread.currentThread(), SHORT);

    assertTrue(gather(pace) >= SHORT);
  }

  @Test
  void whoeverWaitsEndsIt() throws InterruptedException {
    CommitPace[] pace = new CommitPace[1];
    Thread writer = new Thread(() -> pace[0].gather());
    pace[0] = new CommitPace(writer, HOUR);
    writer.start();
    while (writer.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    writer.join(50);
    assertTrue(writer.isAlive(), "nobody waits yet");

    pace[0].hurry();
    writer.join();

    assertEquals(Thread.State.TERMINATED, writer.getState());
  }

  @Test
  void aHurryFromBeforeCountsOnce() {
    CommitPace pace = new CommitPace(Thread.currentThread(), SHORT);
    pace.hurry();
    pace.hurry();

    pace.gather();

    assertTrue(gather(pace) >= SHORT);
  }

  @Test
  void afterAFullCommitEvenAHurryKeepsThePace() {
    CommitPace pace = new CommitPace(Thread.currentThread(), HOUR);
    pace.hurry();

    long begun = System.nanoTime();
    pace.begins(CommitPace.FEW + 1);
    pace.gather();

    assertTrue(System.nanoTime() - begun >= CommitPace.PACE_NANOS);
  }

  private static long gather(CommitPace pace) {
    long begun = System.nanoTime();
    pace.gather();
    return System.nanoTime() - begun;
  }
}
