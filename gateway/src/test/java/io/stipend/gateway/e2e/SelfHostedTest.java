package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** vLLM, which says with every chunk what was used by then, and Ollama, which says zeros. */
class SelfHostedTest {
  private static final String MODEL = "gpt-4o-mini";
  private static final String[] VLLM = {"x-fake-flavour", "vllm"};
  private static final String LEFT_AT_ONCE = "client_gone: { time: 1ms, bytes: 1 }\n";

  private Books books;
  private String key;

  /** The two APIs that stream chunks. */
  private enum Api {
    CHAT("/v1/chat/completions", "'max_completion_tokens':400,'messages':[{'content':'Hi'}]"),
    COMPLETIONS("/v1/completions", "'max_tokens':400,'prompt':'Hi'");

    private final String path;
    private final String rest;

    Api(String path, String rest) {
      this.path = path;
      this.rest = rest;
    }

    String body(String options) {
      return "{'model':'" + MODEL + "','stream':true," + options + rest + "}";
    }
  }

  @AfterEach
  void stop() {
    books.close();
  }

  private void start(String usage, String gatewayKeys) {
    books =
        new Books(
            """
            calendar: { timezone: Europe/Berlin, currency: USD }
            providers: { gpu: { url: "%%1$s", key: "k", dialect: openai%s } }
            models: { allow: ["gpt-4o-mini"] }
            allowances: { engineer: { amount: 400 USD, every: year } }
            people: { ada: { allowance: engineer } }
            """
                .formatted(usage),
            gatewayKeys);
    key = books.gateway.key("ada");
  }

  private void vllm(String gatewayKeys) {
    start(", usage: continuous", gatewayKeys);
  }

  @ParameterizedTest
  @EnumSource(Api.class)
  void aWholeStreamIsChargedByItsLastUsage(Api api) throws Exception {
    vllm("");
    HttpResponse<String> plain =
        books.admitted(api.path, key, api.body(""), with(VLLM, "x-fake-output-tokens", "30"));
    assertThat(plain.body()).contains("\"completion_tokens\":7,").endsWith("data: [DONE]\n\n");
    // The chunk without a choice is for who asked alone.
    assertThat(plain.body()).doesNotContain("\"choices\":[],");
    String asks = "'stream_options':{'include_usage':true,'continuous_usage_stats':false},";
    HttpResponse<String> asked =
        books.admitted(api.path, key, api.body(asks), with(VLLM, "x-fake-output-tokens", "30"));
    assertThat(asked.body()).contains("\"choices\":[],\"usage\":{");
    assertThat(books.agreed()).extracting(row -> row.usage().output()).containsExactly(30L, 30L);
  }

  /** Leaves inside the last event that came: the gateway then has it whole. */
  @ParameterizedTest
  @CsvSource({
    "CHAT,1,1",
    "CHAT,2,30",
    "CHAT,3,7",
    "CHAT,40,1",
    "CHAT,40,90",
    "COMPLETIONS,1,9",
    "COMPLETIONS,25,50"
  })
  void whoeverLeavesIsChargedByTheLastChunkToTheToken(Api api, int events, int bytes)
      throws Exception {
    vllm(LEFT_AT_ONCE);
    leave(
        api,
        events,
        bytes,
        "x-fake-flavour: vllm",
        "x-fake-output-tokens: 300",
        "x-fake-stall-after: " + events);
    UsageRow row = books.rows().get(0);
    Billed billed = books.billed(row);
    assertThat(billed.end()).isEqualTo(End.CLIENT_GONE);
    assertThat(billed.usage().output()).isEqualTo(api == Api.CHAT ? events - 1 : events);
    assertThat(row.outcome()).isEqualTo("client_gone");
    assertThat(row.usage()).isEqualTo(billed.usage());
    assertThat(row.nanos()).isEqualTo(Books.charge(billed));
    assertThat(row.usageSource()).isEqualTo(UsageSource.REPORTED);
    assertThat(row.flags()).isEqualTo("partial_usage");
  }

  private void leave(Api api, int events, int bytes, String... headers) throws IOException {
    try (Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), books.gateway.gateway().address().getPort())) {
      socket.setSoTimeout(30_000);
      String body = api.body("").replace('\'', '"');
      socket.getOutputStream().write(Wire.post(api.path, key, body, headers));
      StringBuilder seen = new StringBuilder();
      int found = 0;
      int after = 0;
      while (found < events || after < bytes) {
        int b = socket.getInputStream().read();
        assertThat(b).as("after %s events: %s", found, seen).isNotNegative();
        seen.append((char) b);
        after = found < events ? 0 : after + 1;
        found += seen.length() > 6 && seen.indexOf("data: ", seen.length() - 6) >= 0 ? 1 : 0;
      }
      socket.setSoLinger(true, 0);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"x-fake-reset-after", "x-fake-truncate-after"})
  void whatBreaksOffIsChargedByTheLastChunk(String fault) throws Exception {
    vllm("");
    books.post(
        Api.CHAT.path,
        key,
        Api.CHAT.body(""),
        with(VLLM, "x-fake-output-tokens", "300", fault, "25"));
    UsageRow row = books.rows().get(0);
    assertThat(row.usage()).isEqualTo(books.billed(row).usage());
    assertThat(row.usage().output()).isEqualTo(24);
    assertThat(row.flags()).isEqualTo("partial_usage");
  }

  @Test
  void whereTheFileDoesNotSayItNobodyIsAskedAndWhatBreaksOffIsCounted() throws Exception {
    start("", LEFT_AT_ONCE);
    HttpResponse<String> whole =
        books.admitted(
            Api.CHAT.path, key, Api.CHAT.body(""), with(VLLM, "x-fake-output-tokens", "30"));
    assertThat(whole.body()).doesNotContain("completion_tokens");
    books.leave(
        300,
        Api.CHAT.path,
        key,
        Api.CHAT.body(""),
        "x-fake-flavour: vllm",
        "x-fake-output-tokens: 300",
        "x-fake-stall-after: 40");
    List<UsageRow> rows = books.rows();
    assertThat(rows)
        .extracting(UsageRow::usageSource)
        .containsExactlyInAnyOrder(UsageSource.REPORTED, UsageSource.COUNTED);
    for (UsageRow row : rows) {
      assertThat(row.usage().output()).isGreaterThanOrEqualTo(books.billed(row).usage().output());
    }
  }

  @ParameterizedTest
  @EnumSource(Api.class)
  void zerosBeforeTheEndAreNoUsage(Api api) throws Exception {
    start("", LEFT_AT_ONCE);
    String[] ollama = {"x-fake-flavour", "ollama"};
    HttpResponse<String> whole =
        books.admitted(api.path, key, api.body(""), with(ollama, "x-fake-output-tokens", "30"));
    assertThat(whole.body()).contains("\"completion_tokens\":0,");
    books.agreed();
    books.post(
        api.path,
        key,
        api.body(""),
        with(ollama, "x-fake-output-tokens", "300", "x-fake-truncate-after", "20"));
    books.leave(
        500,
        api.path,
        key,
        api.body(""),
        "x-fake-flavour: ollama",
        "x-fake-output-tokens: 300",
        "x-fake-stall-after: 40");
    for (UsageRow row : books.rows().subList(1, 3)) {
      assertThat(row.usageSource()).isEqualTo(UsageSource.COUNTED);
      assertThat(row.usage().output())
          .isGreaterThanOrEqualTo(books.billed(row).usage().output())
          .isPositive();
      assertThat(row.usage().input()).isPositive();
    }
  }

  private static String[] with(String[] some, String... more) {
    String[] all = java.util.Arrays.copyOf(some, some.length + more.length);
    System.arraycopy(more, 0, all, some.length, more.length);
    return all;
  }
}
