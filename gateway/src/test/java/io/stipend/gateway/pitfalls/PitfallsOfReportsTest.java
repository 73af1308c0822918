package io.stipend.gateway.pitfalls;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.gateway.upstream.RawProvider;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Row P9 of {@code docs/pitfalls.md}: a provider says its usage in every way but the right one. */
class PitfallsOfReportsTest {
  private static final long CAP = 500;

  /** Longer than the least that it may be counted for: 14 tokens. */
  private static final String TEXT = "The team can see what each call will cost before it is made.";

  private static final long TOKENS = 14;
  private static final int INPUT = 9;

  private static RawProvider provider;
  private static TestGateway gateway;
  private static String key;
  private static volatile String events = "";

  @BeforeAll
  static void start() throws Exception {
    provider =
        new RawProvider(
            wire -> {
              wire.request();
              String head =
                  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
                      + "connection: close\r\ntransfer-encoding: chunked\r\n\r\n";
              String size = Integer.toHexString(events.length());
              wire.write(head + size + "\r\n" + events + "\r\n0\r\n\r\n");
            });
    gateway =
        TestGateway.start(
            Bench.quotas(
                    """
                    allowances: { rich: { amount: 400 USD, every: year } }
                    people: { p9: { allowance: rich } }
                    """)
                .replace("PROVIDER", "http://127.0.0.1:" + provider.port()));
    key = gateway.key("p9");
  }

  @AfterAll
  static void stop() throws Exception {
    gateway.close();
    provider.close();
  }

  /** What a provider says, and what the ledger makes of it. */
  private enum Said {
    MISSING(UsageSource.COUNTED, "", "text finish done"),
    NULL(UsageSource.COUNTED, "", "text finish usage=null done"),
    ZERO(UsageSource.REPORTED, "", "finish usage=0 done"),
    ZERO_BESIDE_TEXT(UsageSource.COUNTED, "absurd_usage", "text finish usage=0 done"),
    NEGATIVE(UsageSource.COUNTED, "absurd_usage", "text finish usage=-5 done"),
    HUGE(UsageSource.COUNTED, "absurd_usage", "text finish usage=1000000000000000000 done"),
    BEYOND_THE_CAP(UsageSource.COUNTED, "absurd_usage", "text finish usage=1e400 done"),
    TWICE(UsageSource.REPORTED, "", "text finish usage=14 usage=20 done"),
    IN_THE_MIDDLE(UsageSource.COUNTED, "", "usage=1 text finish done"),
    IN_THE_MIDDLE_AND_AT_THE_END(UsageSource.REPORTED, "", "usage=1 text finish usage=20 done");

    private final UsageSource source;
    private final String flags;
    private final String events;

    Said(UsageSource source, String flags, String events) {
      this.source = source;
      this.flags = flags;
      this.events = events;
    }

    /** Output tokens that must be charged at least, and at most. */
    private long least() {
      return source == UsageSource.COUNTED ? TOKENS : this == ZERO ? 0 : 20;
    }

    private long most() {
      return source == UsageSource.COUNTED ? CAP : least();
    }
  }

  @ParameterizedTest
  @EnumSource
  void p9WhatAChatStreamSaysOfItsUsageIsNeitherFreeNorAFortune(Said said) throws Exception {
    StringBuilder stream = new StringBuilder();
    for (String event : said.events.split(" ")) {
      stream.append("data: ").append(chat(event)).append("\n\n");
    }
    look(said, Api.CHAT, stream.toString());
  }

  private static String chat(String event) {
    String chunk = "{\"id\":\"c\",\"model\":\"gpt-4o-mini\",\"choices\":[%s]%s}";
    String choice = "{\"index\":0,\"delta\":{%s},\"finish_reason\":%s}";
    return switch (event) {
      case "text" -> chunk.formatted(choice.formatted("\"content\":\"" + TEXT + "\"", "null"), "");
      case "finish" -> chunk.formatted(choice.formatted("", "\"stop\""), "");
      case "done" -> "[DONE]";
      case "usage=null" -> chunk.formatted("", ",\"usage\":null");
      default ->
          chunk.formatted(
              "",
              ",\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":%s}"
                  .formatted(INPUT, event.substring("usage=".length())));
    };
  }

  @ParameterizedTest
  @EnumSource
  void p9WhatAMessageStreamSaysOfItsUsageIsNeitherFreeNorAFortune(Said said) throws Exception {
    StringBuilder stream = new StringBuilder();
    for (String event : said.events.split(" ")) {
      if (stream.isEmpty()) {
        stream.append(start(event.startsWith("usage=") ? event.substring(6) : "0"));
      }
      stream.append(messages(event));
    }
    look(said, Api.MESSAGES, stream.toString());
  }

  /** Every message begins with its input and with the output that it has by then. */
  private static String start(String output) {
    return event(
        "message_start",
        "\"message\":{\"id\":\"m\",\"model\":\"claude-haiku-4-5\",\"content\":[],\"usage\":{\"input_tokens\":%d,\"output_tokens\":%s}}"
            .formatted(INPUT, output));
  }

  private static String messages(String event) {
    return switch (event) {
      case "text" ->
          event(
              "content_block_delta",
              "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"" + TEXT + "\"}");
      case "finish" -> event("content_block_stop", "\"index\":0");
      case "done" -> event("message_stop", "\"x\":0");
      default ->
          event(
              "message_delta",
              "\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":"
                  + (event.equals("usage=null")
                      ? "null"
                      : "{\"output_tokens\":" + event.substring("usage=".length()) + "}"));
    };
  }

  private static String event(String type, String fields) {
    return "event: %1$s\ndata: {\"type\":\"%1$s\",%2$s}\n\n".formatted(type, fields);
  }

  private static void look(Said said, Api api, String stream) throws Exception {
    int before = gateway.rows().size();
    events = stream;
    assertThat(api.post(gateway, key, api.body(true, CAP)).statusCode()).isEqualTo(200);
    Awaitility.await().until(() -> gateway.rows().size() > before);
    UsageRow row = gateway.rows().get(before);
    assertThat(row.usageSource()).as("%s", row).isEqualTo(said.source);
    assertThat(row.usage().output()).as("%s", row).isBetween(said.least(), said.most());
    if (said.source == UsageSource.REPORTED) {
      assertThat(row.usage().inputTotal()).isEqualTo(INPUT);
    } else {
      assertThat(row.usage().inputTotal()).isBetween((long) INPUT, 200L);
    }
    long input = api == Api.CHAT ? 150 : 1_000;
    long output = api == Api.CHAT ? 600 : 5_000;
    assertThat(row.nanos()).isEqualTo(row.usage().input() * input + row.usage().output() * output);
    assertThat(row.flags()).isEqualTo(said.flags);
    Awaitility.await().until(() -> gateway.balance("p9").held().equals("0"));
    assertThat(gateway.verify().problems()).isEmpty();
  }

  @Test
  void p9AReportThatIsSplitOverManySegmentsIsReadAsOne() {
    try (Bench bench =
        new Bench(
            Bench.quotas(
                """
                allowances: { rich: { amount: 400 USD, every: year } }
                people: { p9: { allowance: rich } }
                """))) {
      for (Api api : Api.BOTH) {
        for (String bytes : new String[] {"1", "3", "7"}) {
          for (boolean stream : new boolean[] {false, true}) {
            bench.admits(
                api,
                "p9",
                api.body(stream, CAP),
                "x-fake-segment-bytes",
                bytes,
                "x-fake-output-tokens",
                "12");
          }
        }
      }
      assertThat(bench.agrees("p9")).hasSize(12);
    }
  }
}
