package io.stipend.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;

class ConnectionCensusTest {
  @Test
  void anIpv6ClientCountsByItsNetwork() throws Exception {
    ConnectionCensus census = new ConnectionCensus(100, 2);
    assertThat(census.enter(InetAddress.getByName("2001:db8:0:1::1"))).isTrue();
    assertThat(census.enter(InetAddress.getByName("2001:db8:0:1::2"))).isTrue();
    assertThat(census.enter(InetAddress.getByName("2001:db8:0:1:ffff::3"))).isFalse();
    assertThat(census.enter(InetAddress.getByName("2001:db8:0:2::1"))).isTrue();
    census.leave(InetAddress.getByName("2001:db8:0:1::1"));
    assertThat(census.enter(InetAddress.getByName("2001:db8:0:1::4"))).isTrue();
    assertThat(census.open()).isEqualTo(3);
  }

  @Test
  void whoeverIsTurnedAwayIsNotCounted() throws Exception {
    ConnectionCensus census = new ConnectionCensus(2, 1);
    InetAddress a = InetAddress.getByName("192.0.2.1");
    assertThat(census.enter(a)).isTrue();
    for (int i = 0; i < 5; i++) {
      assertThat(census.enter(a)).isFalse();
    }
    assertThat(census.open()).isEqualTo(1);
    assertThat(census.enter(InetAddress.getByName("192.0.2.2"))).isTrue();
    assertThat(census.enter(InetAddress.getByName("192.0.2.3"))).isFalse();
    census.leave(a);
    assertThat(census.enter(a)).isTrue();
  }
}
