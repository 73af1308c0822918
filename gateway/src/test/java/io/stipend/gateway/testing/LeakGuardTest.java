package io.stipend.gateway.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.PooledByteBufAllocator;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeakGuardTest {
  @Test
  void aBufferThatNobodyReleasesIsReported() {
    LeakGuard.take();
    leak();
    List<String> reports = LeakGuard.take();
    assertThat(reports).hasSize(1);
    assertThat(reports.get(0)).contains("LeakGuardTest.leak");
  }

  private static void leak() {
    PooledByteBufAllocator.DEFAULT.directBuffer(16).writeInt(1);
  }
}
