package io.stipend.gateway.demo;

import static io.stipend.gateway.demo.FakeClient.CHAT;
import static io.stipend.gateway.demo.FakeClient.MESSAGES;
import static io.stipend.gateway.demo.FakeClient.data;
import static io.stipend.gateway.demo.FakeClient.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.demo.FakeProvider.End;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FakeFaultsTest {
  private static final String STREAM =
      "{\"model\":\"gpt-5\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
          + "\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}";
  private static final String PLAIN =
      "{\"model\":\"gpt-5\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}";

  private final FakeProvider provider = FakeProvider.start(0, 20, 0);
  private final FakeClient client = new FakeClient(provider);

  @AfterEach
  void stop() {
    provider.close();
  }

  private Billed only() {
    assertThat(provider.billed()).hasSize(1);
    return provider.billed().get(0);
  }

  @Test
  void aScriptedStatusIsAnErrorInTheDialectAndNotBilled() throws Exception {
    HttpResponse<String> chat = client.post(CHAT, PLAIN, "x-fake-status", "429");
    assertThat(chat.statusCode()).isEqualTo(429);
    assertThat(json(chat.body()).at("/error/type").asText()).isEqualTo("rate_limit_error");
    HttpResponse<String> messages = client.post(MESSAGES, PLAIN, "x-fake-status", "529");
    assertThat(messages.statusCode()).isEqualTo(529);
    assertThat(json(messages.body()).at("/error/type").asText()).isEqualTo("overloaded_error");
    assertThat(provider.billed()).isEmpty();
    assertThat(provider.requests()).isEqualTo(2);
  }

  @Test
  void aScriptThatIsNoNumberIsRefused() throws Exception {
    HttpResponse<String> response = client.post(CHAT, PLAIN, "x-fake-output-tokens", "many");
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).contains("x-fake-output-tokens: many (expected: 0..");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5})
  void aResetComesAfterTheScriptedEvents(int events) throws Exception {
    try (Socket socket =
        client.open(CHAT, STREAM, "x-fake-reset-after", Integer.toString(events))) {
      StringBuilder seen = new StringBuilder();
      assertThatThrownBy(
              () -> {
                InputStream in = socket.getInputStream();
                for (int next = in.read(); next >= 0; next = in.read()) {
                  seen.append((char) next);
                }
              })
          .isInstanceOf(IOException.class)
          .hasMessageContaining("reset");
      assertThat(data(seen.toString())).hasSize(events);
    }
    assertThat(only().end()).isEqualTo(End.FAULT);
    // The first event names the role and has no token.
    assertThat(only().usage().output()).isEqualTo(Math.max(0, events - 1));
  }

  @Test
  void aPlainAnswerIsCutWithinItsBody() {
    for (String fault : new String[] {"x-fake-reset-after", "x-fake-truncate-after"}) {
      assertThatThrownBy(() -> client.post(CHAT, PLAIN, fault, "1"))
          .isInstanceOf(IOException.class);
      assertThatThrownBy(() -> client.post(CHAT, PLAIN, fault, "0"))
          .isInstanceOf(IOException.class);
    }
    // The JDK's client sends a request again if its connection closed without an answer.
    assertThat(provider.billed())
        .hasSizeGreaterThanOrEqualTo(4)
        .allSatisfy(row -> assertThat(row.usage().output()).isEqualTo(20));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5, 21})
  void aTruncatedStreamEndsAsIfItWereComplete(int events) throws Exception {
    HttpResponse<String> response =
        client.post(CHAT, STREAM, "x-fake-truncate-after", Integer.toString(events));
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(data(response.body())).hasSize(events).doesNotContain("[DONE]");
    assertThat(only().end()).isEqualTo(End.FAULT);
  }

  @Test
  void usageIsMissingWhereTheScriptSaysSoAndBilledAllTheSame() throws Exception {
    HttpResponse<String> plain = client.post(CHAT, PLAIN, "x-fake-no-usage", "true");
    assertThat(plain.body()).doesNotContain("usage");
    HttpResponse<String> stream = client.post(CHAT, STREAM, "x-fake-no-usage", "true");
    assertThat(stream.body()).doesNotContain("usage").contains("[DONE]");
    String message =
        STREAM.replace("\"stream_options\":{\"include_usage\":true}", "\"max_tokens\":9");
    HttpResponse<String> messages = client.post(MESSAGES, message, "x-fake-no-usage", "true");
    assertThat(messages.body()).doesNotContain("usage").contains("message_stop");
    assertThat(provider.billed()).extracting(b -> b.usage().output()).containsExactly(20L, 20L, 9L);
  }

  @Test
  void segmentsOfOneByteCarryTheSameBytes() throws Exception {
    String whole = client.post(CHAT, STREAM, "x-fake-output-tokens", "5").body();
    String cut =
        client.post(CHAT, STREAM, "x-fake-output-tokens", "5", "x-fake-segment-bytes", "1").body();
    assertThat(cut.replaceAll("fake\\d+", "").replaceAll("created\":\\d+", ""))
        .isEqualTo(whole.replaceAll("fake\\d+", "").replaceAll("created\":\\d+", ""));
  }

  @Test
  void aStallLastsUntilTheClientGoes() throws Exception {
    Socket socket = client.open(CHAT, STREAM, "x-fake-stall-after", "4");
    await().until(() -> provider.billed().size() == 1 && only().usage().output() == 3);
    assertThat(only().end()).isEqualTo(End.RUNNING);
    socket.close();
    await().until(() -> only().end() == End.CLIENT_GONE);
    assertThat(only().usage().output()).isEqualTo(3);
    assertThat(only().usage().input()).isPositive();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 30})
  void aClientThatGoesPaysForWhatWasGeneratedUntilThen(int events) throws Exception {
    try (Socket socket =
        client.open(CHAT, STREAM, "x-fake-output-tokens", "2000", "x-fake-pace-micros", "2000")) {
      InputStream in = socket.getInputStream();
      int before = 0;
      for (int seen = 0; seen < events; ) {
        int next = in.read();
        seen += before == '\n' && next == '\n' ? 1 : 0;
        before = next;
      }
    }
    await().until(() -> only().end() == End.CLIENT_GONE);
    assertThat(only().usage().output()).isBetween(events - 1L, 1_000L);
  }

  @Test
  void aClientThatLeavesAPlainAnswerPaysForTheTimeUntilThen() throws Exception {
    try (Socket socket =
        client.open(CHAT, PLAIN, "x-fake-output-tokens", "2000", "x-fake-pace-micros", "2000")) {
      await().until(() -> provider.billed().size() == 1);
      assertThat(socket.isConnected()).isTrue();
    }
    await().until(() -> only().end() == End.CLIENT_GONE);
    assertThat(only().usage().output()).isLessThan(1_000);
  }

  @Test
  void aReplyKeepsItsPace() throws Exception {
    long start = System.nanoTime();
    client.post(CHAT, STREAM, "x-fake-output-tokens", "200", "x-fake-pace-micros", "1000");
    assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(190));
    start = System.nanoTime();
    client.post(CHAT, PLAIN, "x-fake-delay-millis", "120");
    assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(119));
  }

  @Test
  void nothingIsGeneratedForAClientThatDoesNotRead() throws Exception {
    try (Socket socket =
        client.open(CHAT, STREAM, "x-fake-output-tokens", "50000", "x-fake-token-bytes", "1024")) {
      await()
          .pollDelay(Duration.ofMillis(300))
          .untilAsserted(() -> assertThat(only().usage().output()).isBetween(1L, 25_000L));
      assertThat(only().end()).isEqualTo(End.RUNNING);
      assertThat(socket.isConnected()).isTrue();
    }
  }

  @Test
  void fiveHundredStreamsRunAtOnce() throws Exception {
    List<CompletableFuture<HttpResponse<String>>> running = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      running.add(
          client
              .http()
              .sendAsync(
                  client.request(
                      CHAT,
                      STREAM,
                      "x-fake-output-tokens",
                      Integer.toString(20 + i % 10),
                      "x-fake-pace-micros",
                      "20000"),
                  HttpResponse.BodyHandlers.ofString()));
    }
    long tokens = 0;
    for (CompletableFuture<HttpResponse<String>> one : running) {
      List<String> events = data(one.get(20, TimeUnit.SECONDS).body());
      assertThat(events.get(events.size() - 1)).isEqualTo("[DONE]");
      tokens += json(events.get(events.size() - 2)).at("/usage/completion_tokens").asLong();
    }
    assertThat(provider.billed()).hasSize(500);
    assertThat(provider.billed()).allSatisfy(b -> assertThat(b.end()).isEqualTo(End.COMPLETED));
    assertThat(provider.billed().stream().mapToLong(b -> b.usage().output()).sum())
        .isEqualTo(tokens);
  }
}
