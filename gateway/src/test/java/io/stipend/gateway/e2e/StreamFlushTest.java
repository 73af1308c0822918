package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.server.RawClient;
import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.gateway.upstream.RawProvider;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a provider sends reaches the client event by event, while the next one is withheld. */
class StreamFlushTest {
  private static final int EVENTS = 100;
  private static final String HEAD =
      "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

  /**
   * Of the median event. A leg that waits for more to send, or for an acknowledgement, takes 40 ms;
   * single events may be late on a busy machine.
   */
  private static final long MOST_MICROS = 15_000;

  private static final String END = "end";

  static TestGateway gateway(int providerPort) {
    return TestGateway.start(
        """
        calendar: { timezone: UTC, currency: USD }
        providers:
          openai: { url: "http://127.0.0.1:%1$d", key: "provider-key" }
          anthropic: { url: "http://127.0.0.1:%1$d", key: "provider-key" }
          gemini: { url: "http://127.0.0.1:%1$d", key: "provider-key" }
        rate_cards: [builtin]
        models: { allow: ["gpt-4o-mini", "claude-haiku-4-5", "gemini-2.0-flash"] }
        allowances: { engineer: { amount: 4000 USD, every: month } }
        people: { ada: { allowance: engineer } }
        """
            .formatted(providerPort));
  }

  private static String event(Api api, int number) {
    String text = "\"word " + number + "\"";
    return switch (api) {
      case CHAT ->
          "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
              + "\"choices\":[{\"index\":0,\"delta\":{\"content\":"
              + text
              + "},\"finish_reason\":null}]}\n\n";
      case MESSAGES ->
          "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
              + "\"delta\":{\"type\":\"text_delta\",\"text\":"
              + text
              + "}}\n\n";
      case RESPONSES ->
          "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\","
              + "\"delta\":"
              + text
              + "}\n\n";
      case GEMINI ->
          "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":" + text + "}]}}]}\r\n\r\n";
    };
  }

  @ParameterizedTest
  @EnumSource
  void anEventIsWithTheClientBeforeTheNextOneIsSent(Api api) throws Exception {
    BlockingQueue<String> toSend = new ArrayBlockingQueue<>(1);
    RawProvider.Script script =
        connection -> {
          connection.request();
          connection.write(HEAD);
          for (String event = toSend.poll(30, TimeUnit.SECONDS);
              event != null && !event.equals(END);
              event = toSend.poll(30, TimeUnit.SECONDS)) {
            String size = Integer.toHexString(event.length()).toLowerCase(Locale.ROOT);
            connection.write(size + "\r\n" + event + "\r\n");
          }
          connection.write("0\r\n\r\n");
          connection.awaitClose();
        };
    long[] micros = new long[EVENTS];
    try (RawProvider provider = new RawProvider(script);
        TestGateway gateway = gateway(provider.port());
        RawClient client = new RawClient(gateway.gateway().address())) {
      client.send(api.wire(gateway.key("ada"), api.body(true, 1_000)));
      assertThat(client.head().status()).isEqualTo(200);
      for (int i = 0; i < EVENTS; i++) {
        String event = event(api, i);
        final long begin = System.nanoTime();
        toSend.add(event);
        String got = new String(client.chunk(), StandardCharsets.ISO_8859_1);
        micros[i] = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - begin);
        assertThat(got).isEqualTo(event);
      }
      toSend.put(END);
    }
    Arrays.sort(micros);
    System.out.printf(
        "%s, provider to client: median %d µs, p90 %d µs, max %d µs%n",
        api, micros[EVENTS / 2], micros[EVENTS * 9 / 10], micros[EVENTS - 1]);
    assertThat(micros[EVENTS / 2]).isLessThan(MOST_MICROS);
  }
}
