package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.gateway.Gateway;
import io.stipend.gateway.admin.AdminClient;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.testing.Csv;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A person of a gateway that ran is forgotten, and may come back as somebody else. */
class ForgetTest {
  private static final String GONE = "quillivers@corp.example";
  private static final List<String> TRACES =
      List.of("quillivers", "session-of-theirs", "their-laptop", "agent-of-theirs", "owed-to-them");

  private final HttpClient http = HttpClient.newHttpClient();
  private final ObjectMapper json = new ObjectMapper();

  @TempDir Path folder;
  private FakeProvider provider;
  private Gateway gateway;

  @BeforeEach
  void start() throws Exception {
    provider = FakeProvider.start(0);
    quota(GONE + ": { team: payments, allowance: engineer },");
    gateway = open();
  }

  private void quota(String more) throws IOException {
    Files.writeString(
        folder.resolve("stipend.yaml"),
        """
        gateway: { listen: "127.0.0.1:0", admin: "127.0.0.1:0", data: ./data }
        providers:
          openai: { url: "%s", key: "k1" }
        allowances: { engineer: { amount: 100 USD, every: month } }
        teams: { payments: { budget: { amount: 900 USD, every: month } } }
        retention: { labels: 400 days, key_names: 1 day }
        people:
          %s
          bob: { team: payments, allowance: engineer }
        """
            .formatted(provider.url(), more.isEmpty() ? "" : more.replace("},", "}")));
  }

  private Gateway open() {
    return Gateway.start(folder.resolve("stipend.yaml"), Map.of(), InstantSource.system());
  }

  @AfterEach
  void stop() {
    gateway.close();
    provider.close();
  }

  private Invocation run(String... args) {
    return Invocation.on(folder.resolve("stipend.yaml"), args);
  }

  private String key(String person) {
    AdminClient admin = AdminClient.find(folder.resolve("data")).orElseThrow();
    return admin
        .createKey(
            new io.stipend.gateway.admin.AdminService.KeyOrder(
                person, person.equals(GONE) ? "their-laptop" : "bobs", null, null),
            "eve")
        .key();
  }

  private int call(String key, String who) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create(
                    "http://127.0.0.1:" + gateway.address().getPort() + "/v1/chat/completions"))
            .header("authorization", "Bearer " + key)
            .header("x-claude-code-session-id", "session-of-" + who)
            .header("x-claude-code-agent-id", "agent-of-" + who)
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    """
                    {"model":"gpt-4o-mini","max_tokens":50,\
                    "messages":[{"role":"user","content":"Hello"}]}"""))
            .build();
    return http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
  }

  private List<String> naming(Path under) {
    List<String> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(under)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
        TRACES.stream().filter(bytes::contains).forEach(t -> found.add(file + ": " + t));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  private List<Map<String, String>> export(String format) throws IOException {
    Path out = folder.resolve("usage." + format);
    Invocation made =
        run(
            "usage",
            "export",
            "--from",
            "2020-01-01",
            "--to",
            "2100-01-01",
            "--format",
            format,
            "--out",
            out.toString());
    assertThat(made.code()).as(made.err()).isZero();
    return format.equals("csv") ? Csv.read(Files.readString(out)) : List.of();
  }

  @Test
  void nothingNamesThemAnyMoreAndEverySumIsAsBefore() throws Exception {
    String theirs = key(GONE);
    String bobs = key("bob");
    for (int i = 0; i < 3; i++) {
      assertThat(call(theirs, "theirs")).isEqualTo(200);
      assertThat(call(bobs, "bob")).isEqualTo(200);
    }
    assertThat(run("transfer", "bob", GONE, "5", "--reason", "owed-to-them").code()).isNotZero();
    assertThat(run("grant", GONE, "5", "--reason", "owed-to-them", "--by", GONE).code()).isZero();
    Invocation busy = run("forget", "nobody-here");
    assertThat(busy.err()).contains("a gateway serves ", "stop it first");
    gateway.close();
    Invocation held = run("forget", GONE);
    assertThat(held.code()).isEqualTo(1);
    assertThat(held.err()).contains("stipend.yaml:8: holds " + GONE);
    List<Map<String, String>> before = export("csv");
    quota("");
    for (String naming : List.of("--reason", "--by")) {
      assertThat(run("forget", GONE, naming, "of-" + GONE).code()).isEqualTo(2);
    }
    Path heads = Files.createDirectories(folder.resolve("data/month-heads"));
    Files.writeString(heads.resolve("2026-10.jws.part"), "closed by " + GONE + ", and killed");
    assertThat(naming(folder.resolve("data"))).isNotEmpty();

    Invocation done = run("forget", GONE, "--reason", "asked for", "--by", "eve", "--json");

    assertThat(done.code()).as(done.err()).isZero();
    JsonNode told = json.readTree(done.out());
    String alias = told.path("alias").asText();
    assertThat(told.path("keys_revoked").asInt()).isEqualTo(1);
    assertThat(naming(folder.resolve("data"))).isEmpty();
    assertThat(run("ledger", "verify").code()).isZero();
    List<Map<String, String>> after = export("csv");
    assertThat(after).hasSameSizeAs(before).hasSize(6);
    for (int i = 0; i < before.size(); i++) {
      boolean was = before.get(i).get("person").equals(GONE);
      for (String column : before.get(i).keySet()) {
        String expected = before.get(i).get(column);
        if (was && column.equals("person")) {
          expected = alias;
        } else if (was && List.of("session_id", "client", "agent_id").contains(column)) {
          expected = "";
        }
        assertThat(after.get(i).get(column)).as(column).isEqualTo(expected);
      }
    }
    export("jsonl");
    Files.delete(folder.resolve("usage.csv.meta.json"));
    assertThat(naming(folder)).isEmpty();
    Invocation again = run("forget", GONE);
    assertThat(again.code()).isEqualTo(1);
    assertThat(again.err()).contains("stands nowhere in the ledger");

    gateway = open();
    assertThat(call(theirs, "theirs")).isEqualTo(401);
    assertThat(call(bobs, "bob")).isEqualTo(200);
    comesBack(alias);
  }

  /** Who comes back is somebody else, with a whole allowance and none of the past. */
  private void comesBack(String alias) throws Exception {
    gateway.close();
    quota(GONE + ": { team: payments, allowance: engineer },");
    gateway = open();
    assertThat(call(key(GONE), "theirs")).isEqualTo(200);
    JsonNode balance = json.readTree(run("balance", GONE, "--json").out());
    assertThat(balance.path("accounts").get(0).path("granted").asText()).startsWith("100");
    assertThat(balance.path("accounts").get(0).path("received").asText()).startsWith("0");
    assertThat(run("balance").out()).doesNotContain(alias);
    gateway.close();
    assertThat(run("ledger", "verify").out()).contains("The ledger verifies");
    assertThat(export("csv").stream().filter(row -> row.get("person").equals(alias))).hasSize(3);
  }

  @Test
  void aCleanUpSaysWhatGoesAndDoesIt() throws Exception {
    assertThat(call(key("bob"), "bob")).isEqualTo(200);
    assertThat(run("ledger", "clean").err()).contains("a gateway serves ");
    gateway.close();
    Invocation would = run("ledger", "clean", "--dry-run");
    assertThat(would.code()).as(would.err()).isZero();
    assertThat(would.out()).contains("labels: what is before ", "Would go from 0 batches");
    JsonNode done = json.readTree(run("ledger", "clean", "--json").out());
    assertThat(done.path("counts")).isEmpty();
    assertThat(done.path("before").path("key_names").asText()).endsWith("T00:00:00Z");
    Path file = folder.resolve("stipend.yaml");
    String text = Files.readString(file);
    Files.writeString(file, text.replace("labels: 400 days", "labels: 0 days"));
    assertThat(run("ledger", "clean").err())
        .contains("stipend.yaml:6:", "whole days from 1 day to 36500 days");
    Files.writeString(file, text.replaceAll("(?m)^retention.*$", ""));
    Invocation none = run("ledger", "clean");
    assertThat(none.code()).isEqualTo(1);
    assertThat(none.err()).contains("has no retention, so everything is kept");
  }
}
