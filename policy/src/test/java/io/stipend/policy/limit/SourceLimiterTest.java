package io.stipend.policy.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class SourceLimiterTest {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

  private final SourceLimiter limiter = new SourceLimiter(3);

  @Test
  void aSourceIsLimitedForTheRestOfItsMinuteAndNoOtherIs() throws Exception {
    InetAddress bad = InetAddress.getByName("192.0.2.1");
    for (int i = 0; i < 3; i++) {
      assertThat(limiter.limited(bad, NOW)).isFalse();
      limiter.bad(bad, NOW);
    }
    assertThat(limiter.limited(bad, NOW.plusSeconds(59))).isTrue();
    assertThat(limiter.limited(InetAddress.getByName("192.0.2.2"), NOW)).isFalse();
    assertThat(limiter.limited(bad, NOW.plusSeconds(60))).isFalse();
    limiter.bad(bad, NOW.plusSeconds(60));
    assertThat(limiter.limited(bad, NOW.plusSeconds(60))).isFalse();
  }

  @Test
  void allAddressesOfOneIpv6NetworkAreOneSource() throws Exception {
    for (int i = 1; i <= 3; i++) {
      limiter.bad(InetAddress.getByName("2001:db8::" + i), NOW);
    }
    assertThat(limiter.limited(InetAddress.getByName("2001:db8::ffff"), NOW)).isTrue();
    assertThat(limiter.limited(InetAddress.getByName("2001:db8:0:1::1"), NOW)).isFalse();
  }
}
