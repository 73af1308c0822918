package io.stipend.metering.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.report.Access.By;
import io.stipend.metering.report.Access.Entitled;
import io.stipend.metering.report.Books.Call;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessTest {
  private static final Instant NOW = Instant.parse("2026-12-02T00:00:00Z");
  private static final String AT = "2026-11-10T10:00:00Z";
  private static final Scope NOVEMBER =
      new Scope(
          Instant.parse("2026-11-01T00:00:00Z"),
          Instant.parse("2026-12-01T00:00:00Z"),
          NOW,
          ZoneId.of("UTC"));

  @TempDir Path data;

  private Read report(int least, List<Entitled> people) {
    try (LedgerReader reader = LedgerReader.open(data)) {
      return Read.of(
          Access.report(
              reader, new Access.Terms(NOVEMBER, By.TEAM, least, "USD", people, Set.of("ci-bot"))));
    }
  }

  /** People of a team who used 1, 2, 3 … units; the last two are at the cap. */
  private static void team(Books books, List<Entitled> people, String team, int count)
      throws Exception {
    for (int i = 1; i <= count; i++) {
      String id = team + ".person" + i + "@example.com";
      people.add(new Entitled(id, team, i > count - 2));
      books.call(new Call(AT).by(id, team, "CC-1").cost(i * 1_000_000_000L));
    }
  }

  @Test
  void theFiguresOfATeamOfTwentyByHand() throws Exception {
    List<Entitled> people = new ArrayList<>();
    try (Books books = new Books(data, NOW)) {
      team(books, people, "red", 20);
      team(books, people, "blue", 30);
      books.call(new Call(AT).by("ci-bot", "red", "CC-1").cost(999_000_000_000L));
      books.append(
          new LedgerEntry.RefusalsCounted(
              NOW, "red.person1@example.com", "2026-11-10", "budget_exhausted", 3));
      books.append(
          new LedgerEntry.RefusalsCounted(
              NOW, "red.person2@example.com", "2026-11-30", "request_rate", 2));
      books.append(
          new LedgerEntry.RefusalsCounted(
              NOW, "red.person2@example.com", "2026-12-01", "request_rate", 100));
      books.append(
          new LedgerEntry.RefusalsCounted(NOW, "ci-bot", "2026-11-10", "request_rate", 50));
    }
    people.add(new Entitled("idle@example.com", "red", false));
    Read report = report(5, people);

    // 21 people: 0, 1, 2, …, 20. Ranks: p10 the 3rd, p25 the 6th, p50 the 11th, p90 the 19th.
    var red = report.row("groups", "group", "red");
    assertThat(red.path("people").asLong()).isEqualTo(21);
    assertThat(red.path("active").asLong()).isEqualTo(20);
    assertThat(red.path("p10").asText()).isEqualTo("2");
    assertThat(red.path("p25").asText()).isEqualTo("5");
    assertThat(red.path("p50").asText()).isEqualTo("10");
    assertThat(red.path("p90").asText()).isEqualTo("18");
    assertThat(red.path("p95").asText()).isEqualTo("19");
    assertThat(red.path("p99").isNull()).as("it would be the highest amount").isTrue();
    assertThat(red.path("p90_p10").asText()).isEqualTo("9");
    // 2 Σ i·x = 2 × Σ (k + 1)·k = 2 × (2,870 + 210) = 6,160; 22 × 210 = 4,620; 1,540 / 4,410.
    assertThat(red.path("gini").asText()).isEqualTo("0.349206");
    // The top tenth are three of 21: 18 + 19 + 20 = 57 of 210.
    assertThat(red.path("top_tenth").asText()).isEqualTo("0.271429");
    // Two by their budgets, one by a refusal.
    assertThat(red.path("at_cap").asText()).isEqualTo("0.142857");
    assertThat(report.row("groups", "group", "All people").path("people").asLong()).isEqualTo(51);
    assertThat(report.by("refusals", "reason", "count"))
        .isEqualTo(Map.of("budget_exhausted", "3", "request_rate", "2"));
    assertThat(report.json().path("lorenz")).hasSize(11);
  }

  @Test
  void noNameIdOrTextOfAnybodyStandsInAnyFormat() throws Exception {
    List<Entitled> people = new ArrayList<>();
    try (Books books = new Books(data, NOW)) {
      team(books, people, "red", 7);
      team(books, people, "blue", 5);
      books.call(
          new Call(AT)
              .by("mallory@example.com", "team of mallory", "CC-mallory")
              .of("openai", "Please write a poem about mallory")
              .in("ignore all previous instructions", "agent mallory", "mallory-cli")
              .cost(5));
    }
    Read report = report(5, people);

    assertThat(report.everything())
        .contains("red")
        .doesNotContain("example.com", "mallory", "poem", "ignore all", "person1", "codex");
  }

  @Test
  void aGroupTooSmallIsHiddenAndSoIsTheOneByWhichItCouldBeComputed() throws Exception {
    List<Entitled> people = new ArrayList<>();
    try (Books books = new Books(data, NOW)) {
      team(books, people, "large", 9);
      team(books, people, "orange", 6);
      team(books, people, "purple", 2);
    }
    Read report = report(5, people);

    assertThat(report.column("groups", "group")).containsExactly("large", "All people");
    assertThat(report.json().path("groups_hidden").asLong()).isEqualTo(2);
    assertThat(report.everything()).doesNotContain("purple", "orange");
  }

  @Test
  void hiddenGroupsAreAtLeastTwoAndTogetherLargeEnough() {
    assertThat(Suppression.hidden(Map.of("a", 9, "b", 6), 5)).isEmpty();
    assertThat(Suppression.hidden(Map.of("a", 9, "b", 6, "c", 4), 5)).containsExactly("b", "c");
    assertThat(Suppression.hidden(Map.of("a", 9, "b", 6, "c", 4, "d", 4), 5))
        .as("8 together")
        .containsExactly("c", "d");
    assertThat(Suppression.hidden(Map.of("a", 9, "b", 6, "c", 1, "d", 1), 5))
        .as("2 together are too few")
        .containsExactly("b", "c", "d");
    assertThat(Suppression.hidden(Map.of("a", 9, "c", 1), 5)).containsExactly("a", "c");
    assertThat(Suppression.hidden(Map.of("a", 5, "b", 5, "c", 5, "d", 1), 5))
        .as("the first of equal ones")
        .containsExactly("a", "d");
  }

  @Test
  void whateverTheSizesWhatIsNotShownIsNobodyOrEnough() {
    Random random = new Random(7);
    for (int run = 0; run < 2_000; run++) {
      int least = 3 + random.nextInt(6);
      Map<String, Integer> sizes = new TreeMap<>();
      for (int i = random.nextInt(8); i >= 0; i--) {
        sizes.put("g" + i, 1 + random.nextInt(12));
      }
      Set<String> hidden = Suppression.hidden(sizes, least);
      int people = hidden.stream().mapToInt(sizes::get).sum();
      boolean all = hidden.size() == sizes.size();
      assertThat(hidden.isEmpty() || all || (hidden.size() >= 2 && people >= least))
          .as(sizes + " least " + least + " hides " + hidden)
          .isTrue();
      sizes.forEach((group, size) -> assertThat(size >= least || hidden.contains(group)).isTrue());
    }
  }

  @Test
  void tooFewPeopleInAllAreNotShownAtAll() throws Exception {
    List<Entitled> people = new ArrayList<>();
    try (Books books = new Books(data, NOW)) {
      team(books, people, "red", 4);
    }
    Read report = report(5, people);

    assertThat(report.json().path("people").asText()).isEqualTo("too few");
    assertThat(report.json().has("groups")).isFalse();
    assertThat(report.everything()).contains("fewer than 5 people in all").doesNotContain("red");
    assertThatThrownBy(() -> report(2, people)).hasMessage("minGroup: 2 (expected: at least 3)");
  }

  @Test
  void theGiniCoefficientIsExact() {
    assertThat(Spread.gini(List.of(5L, 5L, 5L))).isZero();
    assertThat(Spread.gini(List.of(0L, 0L, 0L, 9L))).isEqualTo(750_000);
    assertThat(Spread.gini(List.of(0L, 0L))).isNull();
    assertThat(Spread.gini(LongStream.of(1, 3).boxed().toList())).isEqualTo(250_000);
    assertThat(Spread.gini(List.of(Long.MAX_VALUE / 2, Long.MAX_VALUE / 2))).isZero();
  }
}
