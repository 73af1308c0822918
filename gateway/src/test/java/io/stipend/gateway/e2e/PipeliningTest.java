package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.testing.TestGateway;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Requests that come before the answer to the one before: each is its own exchange, in turn. */
class PipeliningTest {
  private static final int CALLS = 5;

  @Test
  void oneWhoMayHaveOneCallUnderWayIsServedOneAfterTheOther() throws Exception {
    try (FakeProvider provider = FakeProvider.start(0);
        TestGateway gateway =
            TestGateway.start(
                """
                calendar: { timezone: UTC, currency: USD }
                providers:
                  openai: { url: "%s", key: "provider-key" }
                rate_cards: [builtin]
                models: { allow: ["gpt-4o-mini"] }
                allowances:
                  engineer: { amount: 400 USD, every: month }
                people:
                  ada: { allowance: engineer, limits: { concurrent: 1 } }
                """
                    .formatted(provider.url()));
        Socket socket =
            new Socket(InetAddress.getLoopbackAddress(), gateway.gateway().address().getPort())) {
      String key = gateway.key("ada");
      ByteArrayOutputStream calls = new ByteArrayOutputStream();
      for (int i = 0; i < CALLS; i++) {
        String last = i == CALLS - 1 ? "close" : "keep-alive";
        String body = Wire.CHAT.body(i % 2 == 0 ? "\"stream\":true" : "");
        calls.writeBytes(Wire.CHAT.request(key, body, "Connection: " + last));
      }
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(calls.toByteArray());
      String answers;
      try (InputStream in = socket.getInputStream()) {
        answers = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      }
      assertThat(answers.split("HTTP/1\\.1 200 OK", -1)).hasSize(CALLS + 1);
      // An end is recorded in the same order, but on disk a moment after the client has it.
      Awaitility.await().until(() -> gateway.rows().size() == CALLS);
      assertThat(provider.requests()).isEqualTo(CALLS);
    }
  }
}
