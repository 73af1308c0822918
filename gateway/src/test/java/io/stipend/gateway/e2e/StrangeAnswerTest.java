package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.gateway.upstream.RawProvider;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Providers answer with what no provider should: neither nothing nor a fortune is debited. */
class StrangeAnswerTest {
  private static final long CAP = 500;
  private static final String TEXT = "The team can see what each call will cost before it is made.";

  /** {@link #TEXT} in tokens of gpt-4o-mini. */
  private static final long TOKENS = 14;

  private RawProvider provider;
  private TestGateway gateway;
  private volatile String answer = "";

  @BeforeEach
  void start() throws Exception {
    provider =
        new RawProvider(
            wire -> {
              wire.request();
              wire.write(answer);
            });
    gateway =
        TestGateway.start(
            """
            calendar: { timezone: Europe/Berlin, currency: USD }
            providers:
              openai: { url: "http://127.0.0.1:%1$d", key: "provider-key" }
              anthropic: { url: "http://127.0.0.1:%1$d", key: "provider-key" }
            rate_cards: [builtin]
            models: { allow: ["gpt-4o-mini", "claude-haiku-4-5"] }
            allowances: { engineer: { amount: 400 USD, every: year } }
            people: { ada: { allowance: engineer } }
            """
                .formatted(provider.port()));
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    provider.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // what the completion or output says | what the prompt or input says
        "-5 | 9 ",
        "1000000000000000000 | 9",
        "1e400 | 9",
        "7 | 1000000000000000000",
        "-1 | -1",
        "999999999999999999999999999999 | -3",
        "501 | -9"
      })
  void absurdUsageIsTakenForNone(String output, String input) throws Exception {
    for (Api api : Api.BOTH) {
      for (boolean stream : new boolean[] {false, true}) {
        UsageRow row = row(api, stream, usage(api, input, output));
        assertThat(row.usage().output()).as("%s %s", api, row).isBetween(TOKENS, CAP);
        assertThat(row.usage().inputTotal()).isBetween(1L, 200L);
        assertThat(row.usageSource()).isEqualTo(UsageSource.COUNTED);
        assertThat(row.flags()).isEqualTo("absurd_usage");
        assertThat(row.nanos()).isBetween(1L, 10_000_000L);
      }
    }
    nothingIsHeld(4);
  }

  @Test
  void nullUsageIsNone() throws Exception {
    for (Api api : Api.BOTH) {
      for (boolean stream : new boolean[] {false, true}) {
        UsageRow row = row(api, stream, "null");
        assertThat(row.usage().output()).as("%s %s", api, row).isBetween(TOKENS, 3 * TOKENS);
        assertThat(row.usageSource()).isEqualTo(UsageSource.COUNTED);
      }
    }
    nothingIsHeld(4);
  }

  @Test
  void usageThatComesTwiceCountsOnce() throws Exception {
    for (Api api : Api.BOTH) {
      for (boolean stream : new boolean[] {false, true}) {
        String once = usage(api, "9", "20");
        UsageRow row = row(api, stream, once + ",\"usage\":" + once);
        assertThat(row.usage().output()).as("%s %s", api, row).isEqualTo(20);
        assertThat(row.usage().input()).isEqualTo(9);
        assertThat(row.usageSource()).isEqualTo(UsageSource.REPORTED);
      }
    }
    nothingIsHeld(4);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"choices\":[{\"message\":{\"content\":\"The team can see what each call will cost befo",
        "<html><body>The team can see what each call will cost before it is made.</body></html>",
        "]]]]]]]]}}}}}}} The team can see what each call will cost before it is made."
      })
  void anAnswerThatIsNoJsonIsPassedOnAndCounted(String body) throws Exception {
    for (Api api : Api.BOTH) {
      answer = whole(body);
      HttpResponse<String> got = post(api, false);
      assertThat(got.statusCode()).isEqualTo(200);
      assertThat(got.body()).isEqualTo(body);
    }
    Awaitility.await().until(() -> gateway.rows().size() == 2);
    for (UsageRow row : gateway.rows()) {
      assertThat(row.usageSource()).isEqualTo(UsageSource.COUNTED);
      assertThat(row.usage().output()).isBetween(TOKENS, CAP);
    }
    nothingIsHeld(2);
  }

  @ParameterizedTest
  @CsvSource({"301", "302", "307", "308"})
  void aRedirectIsNotFollowedAndNotPassedOn(int status) throws Exception {
    for (Api api : Api.BOTH) {
      answer =
          "HTTP/1.1 "
              + status
              + " Moved\r\nlocation: http://127.0.0.1:"
              + provider.port()
              + "/elsewhere\r\ncontent-length: 0\r\n\r\n";
      HttpResponse<String> got = post(api, true);
      assertThat(got.statusCode()).isEqualTo(502);
      assertThat(got.headers().firstValue("location")).isEmpty();
      assertThat(got.body()).contains("could not be read");
    }
    assertThat(provider.accepted()).isEqualTo(2);
    Awaitility.await().until(() -> gateway.rows().size() == 2);
    assertThat(gateway.rows())
        .allSatisfy(row -> assertThat(row.usageSource()).isEqualTo(UsageSource.ASSUMED));
    nothingIsHeld(2);
  }

  /** Identity was asked for: what cannot be read is not passed on, and not free either. */
  @ParameterizedTest
  @CsvSource({"gzip", "br", "zstd", "deflate", "'identity, gzip'", "x-unknown"})
  void anAnswerThatIsCompressedUnaskedIsRefusedAndAssumed(String coding) throws Exception {
    String field = "\r\ncontent-encoding: " + coding + "\r\n";
    for (Api api : Api.BOTH) {
      for (boolean stream : new boolean[] {false, true}) {
        String plain = stream ? chunked(stream(api, "null")) : whole(plain(api, "null"));
        answer = plain.replaceFirst("\r\n", field);
        HttpResponse<String> got = post(api, stream);
        assertThat(got.statusCode()).isEqualTo(502);
        assertThat(got.body()).contains("could not be read").doesNotContain(TEXT);
      }
    }
    Awaitility.await().until(() -> gateway.rows().size() == 4);
    assertThat(gateway.rows())
        .allSatisfy(row -> assertThat(row.usageSource()).isEqualTo(UsageSource.ASSUMED))
        .allSatisfy(row -> assertThat(row.nanos()).isPositive());
    nothingIsHeld(4);
  }

  /** Claude Code mends its next request by the wording of such an error. */
  @ParameterizedTest
  @CsvSource({"400", "413", "429", "529"})
  void anErrorReachesTheClientByteForByte(int status) throws Exception {
    String body =
        " { \"type\" : \"error\",\r\n \"error\":{\"type\":\"invalid_request_error\", \"message\":"
            + "\"prompt is too long: 210000 tokens \\u003e 200000 maximum\"}, \"new\":1e2 }\n";
    for (Api api : Api.BOTH) {
      answer =
          "HTTP/1.1 %d X\r\ncontent-type: application/json\r\nrequest-id: req_9\r\ncontent-length: %d\r\n\r\n%s"
              .formatted(status, body.length(), body);
      HttpResponse<String> got = post(api, true);
      assertThat(got.statusCode()).isEqualTo(status);
      assertThat(got.body()).isEqualTo(body);
      assertThat(got.headers().firstValue("request-id")).contains("req_9");
      assertThat(got.headers().firstValue("x-should-retry")).isEmpty();
    }
    Awaitility.await().until(() -> gateway.rows().size() == 2);
    assertThat(gateway.rows()).allSatisfy(row -> assertThat(row.nanos()).isZero());
    nothingIsHeld(2);
  }

  @Test
  void aSmallErrorThatIsCompressedPassesAsItIsAndIsFree() throws Exception {
    for (Api api : Api.BOTH) {
      answer = "HTTP/1.1 429 X\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello";
      HttpResponse<String> got = post(api, false);
      assertThat(got.statusCode()).isEqualTo(429);
      assertThat(got.headers().firstValue("content-encoding")).contains("gzip");
      assertThat(got.body()).isEqualTo("hello");
    }
    Awaitility.await().until(() -> gateway.rows().size() == 2);
    assertThat(gateway.rows()).allSatisfy(row -> assertThat(row.nanos()).isZero());
    nothingIsHeld(2);
  }

  @Test
  void aStreamThatEndsInTheMiddleOfAnEventEndsWithAnErrorThatCanBeRead() throws Exception {
    for (Api api : Api.BOTH) {
      String events = stream(api, "null");
      answer = chunked(events.substring(0, events.indexOf("The team") + 5));
      String got = post(api, true).body();
      String last = got.substring(got.stripTrailing().lastIndexOf("\n\n") + 2);
      assertThat(last).startsWith(api == Api.CHAT ? "data: {\"error\":{" : "event: error\ndata: {");
      assertThat(got.lines().filter(line -> line.startsWith("data: ")))
          .allSatisfy(line -> assertThat(line).endsWith("}"));
    }
    Awaitility.await().until(() -> gateway.rows().size() == 2);
    assertThat(gateway.rows())
        .allSatisfy(row -> assertThat(row.outcome()).isEqualTo("upstream_truncated"));
    nothingIsHeld(2);
  }

  private static String usage(Api api, String input, String output) {
    return api == Api.CHAT
        ? "{\"prompt_tokens\":" + input + ",\"completion_tokens\":" + output + "}"
        : "{\"input_tokens\":" + input + ",\"output_tokens\":" + output + "}";
  }

  private UsageRow row(Api api, boolean stream, String usage) throws Exception {
    int before = gateway.rows().size();
    answer = stream ? chunked(stream(api, usage)) : whole(plain(api, usage));
    assertThat(post(api, stream).statusCode()).isEqualTo(200);
    Awaitility.await().until(() -> gateway.rows().size() > before);
    return gateway.rows().get(before);
  }

  private static String plain(Api api, String usage) {
    return api == Api.CHAT
        ? "{\"id\":\"c\",\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"%s\"},\"finish_reason\":\"stop\"}],\"usage\":%s}"
            .formatted(TEXT, usage)
        : "{\"id\":\"m\",\"model\":\"claude-haiku-4-5\",\"content\":[{\"type\":\"text\",\"text\":\"%s\"}],\"stop_reason\":\"end_turn\",\"usage\":%s}"
            .formatted(TEXT, usage);
  }

  private static String stream(Api api, String usage) {
    return api == Api.CHAT
        ? """
          data: {"id":"c","model":"gpt-4o-mini","choices":[{"index":0,"delta":{"content":"%s"}}]}

          data: {"id":"c","model":"gpt-4o-mini","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

          data: {"id":"c","model":"gpt-4o-mini","choices":[],"usage":%s}

          data: [DONE]

          """
            .formatted(TEXT, usage)
        : """
          event: message_start
          data: {"type":"message_start","message":{"id":"m","model":"claude-haiku-4-5","content":[]}}

          event: content_block_delta
          data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"%s"}}

          event: message_delta
          data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":%s}

          event: message_stop
          data: {"type":"message_stop"}

          """
            .formatted(TEXT, usage);
  }

  private static String whole(String body) {
    return "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
        + body.getBytes(StandardCharsets.UTF_8).length
        + "\r\n\r\n"
        + body;
  }

  private static String chunked(String events) {
    return "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        + Integer.toHexString(events.length())
        + "\r\n"
        + events
        + "\r\n0\r\n\r\n";
  }

  private HttpResponse<String> post(Api api, boolean stream) throws Exception {
    return api.post(gateway, gateway.key("ada"), api.body(stream, CAP));
  }

  private void nothingIsHeld(int rows) {
    Awaitility.await()
        .untilAsserted(() -> assertThat(gateway.balance("ada").held()).isEqualTo("0"));
    assertThat(gateway.rows()).hasSize(rows);
    assertThat(gateway.verify().problems()).isEmpty();
  }
}
