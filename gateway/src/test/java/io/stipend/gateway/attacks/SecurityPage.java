package io.stipend.gateway.attacks;

import io.stipend.policy.config.Limits;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** {@code docs/security.md}, written from the table of attacks and from the limits' defaults. */
final class SecurityPage {
  /** What happens at each limit; one without an entry here fails the build. */
  private static final Map<String, String> AT_LIMIT =
      Map.ofEntries(
          Map.entry("header_bytes", "431, of the request line alone 414 (8 KiB at most)"),
          Map.entry("body_bytes", "413, by its length before it is read"),
          Map.entry("inflated_body_bytes", "413, decoding stops there"),
          Map.entry("sse_line_bytes", "the stream ends with an error and is booked"),
          Map.entry("json_depth", "400"),
          Map.entry("header_count", "431"),
          Map.entry("connections", "the connection is closed"),
          Map.entry(
              "connections_per_address",
              "the connection is closed; an IPv6 client counts by its /64"),
          Map.entry("open_attempts", "503"),
          Map.entry(
              "bad_credentials_per_minute",
              "429 for bad credentials from there; a good one is served"),
          Map.entry("header_time", "408; without a word where nothing came"),
          Map.entry("body_time", "408"),
          Map.entry("idle_time", "the connection is closed"),
          Map.entry("connect_time", "502, and nothing is charged"),
          Map.entry("first_byte_time", "504, and the call is assumed"),
          Map.entry(
              "upstream_idle_time",
              "504, or the stream ends with an error; the call is counted or assumed"),
          Map.entry(
              "total_time",
              "504, or the stream ends with an error; the call is counted or assumed"),
          Map.entry("write_stall_time", "the connection is reset and the call is booked"));

  private static final String HEAD =
      """
      # Security

      What is defended against whom is said in [SECURITY.md](../.github/SECURITY.md). This page tells what hostile
      clients and providers send in the tests, byte for byte, and what becomes of it. It is written from the
      tests (`gateway/src/test/java/io/stipend/gateway/attacks`) and compared with them in the build.

      ## The attack table
      Each attack goes to a running gateway with a provider double behind it. After each the gateway answers a
      good request; the ledger holds a row for each admitted request and no other; at the end nothing is open
      and memory has grown by less than 16 MiB. **Sees** is how many attacks show the provider no request (0)
      and how many exactly one (1), whose head and body are then compared byte for byte: no second request, no
      field of one hop, no credential of a client.

      | section | what is tried | attacks | answers | sees |
      | --- | --- | --- | --- | --- |
      """;

  private static final String AFTER =
      """

      `closed` is a connection that ends without an answer. A refusal is in the dialect of the route it was
      meant for, where the bytes tell one ([refusals.md](refusals.md)). Whatever leaves doubt about where a
      request ends closes the connection after its answer; nothing that came behind it is read. S4, S14,
      S16 and S17 are answers of providers, too. There is no S15 and no S19; S18, what providers
      lie about, is in [upstream-faults.md](upstream-faults.md).

      Beside the rows of S12, which run at short limits: a stream that nobody reads, a flood of requests whose
      answers nobody reads, a client that ends its side, connections above the limit of one address, and 10,000
      idle connections (fewer where a process may not have so many files; the test says so), each at less than
      8 KiB. Beside those of S20: 100,000 guessed keys from one address. Those of S22 and their like run once
      more against the built program with its log at its most talkative: each event is one line without control
      characters, and nothing of a key stands in any.

      **Judges.** Where nginx or HAProxy is installed, the rows of S1 to S6 and S8 to S11 that are admitted go
      through it, too, before the same double: the gateway lets through no more requests than either of them.
      There is no exception. Netty's decoder judges in the same way for requests that are changed at random
      (`GatePropertyTest`).

      **To run them:** `mvn test -pl gateway -am -Dtest='io.stipend.gateway.attacks.*Test'
      -Dsurefire.failIfNoSpecifiedTests=false`. With `-Dstipend.tests.full=true` the judges get all rows, and
      tell how many they let through.

      ## Limits
      All are keys of `gateway.limits` ([configuration.md](configuration.md)).

      | key | default | at the limit |
      | --- | --- | --- |
      """;

  private SecurityPage() {}

  static String markdown() {
    StringBuilder page = new StringBuilder(HEAD);
    int all = 0;
    for (Section section : Section.values()) {
      List<Outcome> outcomes = outcomes(section);
      all += outcomes.size();
      page.append(
          String.format(
              Locale.ROOT,
              "| %s | %s | %d | %s | %s |%n",
              section,
              section.tries,
              outcomes.size(),
              counted(outcomes.stream().map(Outcome::answer).toList()),
              counted(outcomes.stream().map(Outcome::sees).toList())));
    }
    page.append("| all | | ").append(all).append(" | | |\n").append(AFTER);
    limits(page, Limits.Sizes.DEFAULTS, "");
    limits(page, Limits.Counts.DEFAULTS, "");
    limits(page, Limits.Times.DEFAULTS, "_time");
    return page.append(HandMeasured.MARKDOWN).toString();
  }

  private record Outcome(String answer, String sees) {}

  private static List<Outcome> outcomes(Section section) {
    List<Outcome> outcomes = new ArrayList<>();
    for (Attack attack : Attacks.of(section)) {
      Expected expected = attack.expected();
      outcomes.add(new Outcome(answer(expected.status()), "" + expected.requests()));
    }
    for (AnswerAttack attack : AnswerAttacks.all()) {
      if (attack.section() == section) {
        outcomes.add(new Outcome(answer(attack.status()), "1"));
      }
    }
    if (section == Section.S12) {
      for (SlowClient slow : SlowClient.values()) {
        outcomes.add(new Outcome(answer(slow.status), "0"));
      }
    }
    return outcomes;
  }

  private static String answer(int status) {
    return status == 0 ? "closed" : "" + status;
  }

  /** Such as {@code 400 ×7, 413}. */
  private static String counted(List<String> of) {
    return of.stream()
        .collect(Collectors.groupingBy(s -> s, TreeMap::new, Collectors.counting()))
        .entrySet()
        .stream()
        .map(e -> e.getKey() + (e.getValue() == 1 ? "" : " ×" + e.getValue()))
        .collect(Collectors.joining(", "));
  }

  private static void limits(StringBuilder page, Record defaults, String suffix) {
    for (RecordComponent component : defaults.getClass().getRecordComponents()) {
      String key =
          component.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT) + suffix;
      String at = AT_LIMIT.get(key);
      if (at == null) {
        throw new IllegalStateException(
            "limit: " + key + " (expected: one of " + AT_LIMIT.keySet() + ")");
      }
      page.append("| `%s` | `%s` | %s |%n".formatted(key, value(key, of(component, defaults)), at));
    }
  }

  private static @Nullable Object of(RecordComponent component, Record defaults) {
    try {
      return component.getAccessor().invoke(defaults);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  private static String value(String key, @Nullable Object value) {
    if (value instanceof Duration time) {
      long seconds = time.toSeconds();
      return seconds % 3_600 == 0
          ? seconds / 3_600 + "h"
          : seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
    }
    int number = value instanceof Integer given ? given : 0;
    return !key.endsWith("_bytes")
        ? "" + number
        : number % (1 << 20) == 0 ? (number >> 20) + "MiB" : (number >> 10) + "KiB";
  }
}
