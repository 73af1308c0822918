package io.stipend.gateway.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.PooledByteBufAllocator;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeakGuardTest {
  @Test
  void aBufferThatNobodyReleasesIsReported() {
    LeakGuard.take();
    assertThat(LeakGuard.anyToLookAt()).as("all there is was looked at").isFalse();
    leak();
    assertThat(LeakGuard.anyToLookAt()).as("what is open is looked for").isTrue();
    List<String> reports = LeakGuard.take();
    assertThat(reports).hasSize(1);
    assertThat(reports.get(0)).contains("LeakGuardTest.leak");
  }

  @Test
  void whatIsReleasedNeedsNoLook() {
    LeakGuard.take();
    PooledByteBufAllocator.DEFAULT.directBuffer(16).writeInt(1).release();
    assertThat(LeakGuard.anyToLookAt()).isFalse();
    assertThat(LeakGuard.take()).isEmpty();
  }

  private static void leak() {
    PooledByteBufAllocator.DEFAULT.directBuffer(16).writeInt(1);
  }
}
