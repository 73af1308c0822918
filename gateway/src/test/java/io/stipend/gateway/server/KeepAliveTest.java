package io.stipend.gateway.server;

import static io.stipend.gateway.server.RawClient.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.epoll.Epoll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Requests that are good are served, one after the other, on one connection. */
class KeepAliveTest {
  @ParameterizedTest
  @EnumSource(Transport.Kind.class)
  void aConnectionServesRequestAfterRequest(Transport.Kind kind) throws Exception {
    Assumptions.assumeTrue(kind != Transport.Kind.EPOLL || Epoll.isAvailable());
    try (Served served = new Served(kind, ServerLimits.DEFAULTS);
        RawClient client = served.client()) {
      assertThat(served.transport.kind()).isEqualTo(kind);
      for (int i = 0; i < 3; i++) {
        RawClient.Answer answer = client.post("/echo", "body " + i).answer();
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("body " + i);
        assertThat(answer.headers()).doesNotContainKey("connection");
      }
      assertThat(served.listener.openConnections()).isEqualTo(1);
    }
  }

  @Test
  void pipelinedRequestsAreAnsweredInTheirOrder() throws Exception {
    try (Served served = Served.withDefaults();
        RawClient client = served.client()) {
      StringBuilder all = new StringBuilder();
      for (int i = 0; i < 50; i++) {
        all.append(request(i % 2 == 0 ? "/echo" : "/events", "n" + i));
      }
      client.send(all.toString());
      for (int i = 0; i < 50; i++) {
        String body = client.answer().body();
        assertThat(body).isEqualTo(i % 2 == 0 ? "n" + i : "data: 0\n\ndata: 1\n\ndata: 2\n\n");
      }
    }
  }
}
