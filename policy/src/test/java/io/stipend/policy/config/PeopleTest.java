package io.stipend.policy.config;

import static io.stipend.policy.config.QuotaFiles.PROVIDERS;
import static io.stipend.policy.config.QuotaFiles.unlockedFile;
import static io.stipend.policy.config.QuotaFiles.unlockedProblems;
import static io.stipend.policy.config.QuotaFiles.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.policy.budget.Proration;
import java.io.BufferedWriter;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PeopleTest {
  private static final String LISTED =
      PROVIDERS
          + """
          allowances:
            a: { amount: 310 USD, every: month }
            b: { amount: 1000 tokens, every: day }
          teams: { payments: { }, search: { } }
          people_from: people.csv
          """;

  @TempDir Path folder;

  private QuotaFile listed(String csv) {
    write(folder, "people.csv", csv);
    return unlockedFile(folder, LISTED).quotaFile();
  }

  @Test
  void whoJoinsLeavesOrWorksPartTimeIsReadAlikeFromBothFiles() {
    String yaml =
        LISTED
            + """
            people:
              ada: { allowance: a, since: 2026-11-16, until: 2026-11-30, fte: 0.5 }
              bob: { allowance: a, fte: 1.000 }
            """;
    write(
        folder,
        "people.csv",
        "id,since,until,fte,allowance\nann,2026-11-16,2026-11-30,.500,a\nben,,,1,a\n");
    QuotaFile file = unlockedFile(folder, yaml).quotaFile();
    for (String id : List.of("ada", "ann")) {
      PrincipalConfig person = file.principals().get(id);
      assertThat(person.proration())
          .as(id)
          .isEqualTo(new Proration(LocalDate.of(2026, 11, 16), LocalDate.of(2026, 11, 30), 500));
      assertThat(person.budgets().get(0).amount(QuotaFiles.NOW)).isEqualTo(77_500_000_000L);
    }
    assertThat(file.principals().get("bob").proration().isWhole()).isTrue();
    assertThat(file.principals().get("ben").proration()).isSameAs(Proration.WHOLE);
  }

  @Test
  void theFirstAndTheLastDayAreThoseOfThePersonsZone() {
    QuotaFile file =
        listed(
            """
            id,allowance,timezone,since,until
            ann,a,Pacific/Auckland,2026-11-10,2026-11-12
            """);
    PrincipalConfig ann = file.principals().get("ann");
    LocalDate first = LocalDate.of(2026, 11, 10);
    LocalDate last = LocalDate.of(2026, 11, 12);
    assertThat(ann.absence(Instant.parse("2026-11-09T10:59:59Z")))
        .isEqualTo(new PrincipalConfig.Absence(first, true));
    assertThat(ann.absence(Instant.parse("2026-11-09T11:00:00Z"))).isNull();
    assertThat(ann.absence(Instant.parse("2026-11-12T10:59:59Z"))).isNull();
    assertThat(ann.absence(Instant.parse("2026-11-12T11:00:00Z")))
        .isEqualTo(new PrincipalConfig.Absence(last, false));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "since: 15.3.2026 | since: \"15.3.2026\" (expected: a day such as 2026-03-15)",
        "since: 2026-02-30 | (expected: a day such as 2026-03-15)",
        "until: 2026 | (expected: a day such as 2026-03-15)",
        "fte: 0 | fte: \"0\" (expected: above 0, at most 1, three decimals, such as 0.8)",
        "fte: 0.000 | above 0, at most 1",
        "fte: 1.001 | above 0, at most 1",
        "fte: 0.3333 | three decimals",
        "fte: 80% | three decimals",
        "fte: 1e-1 | three decimals",
      })
  void whatIsNoDayOrNoShareIsRefusedInBothFiles(String written, String message) {
    String yaml = PROVIDERS + "allowances: { a: { amount: 1 USD, every: day } }\n";
    assertThat(
            unlockedProblems(folder, yaml + "people: { ann: { allowance: a, " + written + " } }\n"))
        .singleElement()
        .asString()
        .contains(message);
    String[] pair = written.split(": ");
    write(folder, "people.csv", "id,allowance," + pair[0] + "\nann,a," + pair[1] + "\n");
    assertThat(unlockedProblems(folder, yaml + "people_from: people.csv\n"))
        .singleElement()
        .asString()
        .startsWith("2:7: ")
        .contains(message);
  }

  @Test
  void whoLeavesBeforeComingIsAMistake() {
    write(folder, "people.csv", "id,allowance,until,since\nann,a,2026-01-01,2026-01-02\n");
    assertThat(
            unlockedProblems(
                folder,
                LISTED
                    + "people: { bo: { allowance: a, since: 2026-02-02, until: 2026-02-01 } }\n"))
        .containsExactly(
            "9:57: people.bo.until: \"2026-02-01\" (expected: not before since, 2026-02-02)",
            "2:7: until: \"2026-01-01\" (expected: not before since, 2026-01-02)");
  }

  @Test
  void quotesDoubledQuotesCommasLineEndsAndMarksAreRead() {
    QuotaFile file =
        listed(
            "\uFEFFname,id,team,allowance\r\n"
                + "\"Ann \"\"A\"\" Lee, Jr\",ann,payments,a\r\n"
                + "\r\n"
                + "  Bo Ødegård ,bo, search ,\"b\"\n"
                + "\"\",cy,,a");
    assertThat(file.principals().keySet()).containsExactly("ann", "bo", "cy");
    assertThat(file.principals().get("ann").name()).isEqualTo("Ann \"A\" Lee, Jr");
    assertThat(file.principals().get("bo").name()).isEqualTo("Bo Ødegård");
    assertThat(file.principals().get("bo").team()).isEqualTo("search");
    assertThat(file.principals().get("bo").budgets().get(0).amount()).isEqualTo(1_000);
    assertThat(file.principals().get("cy").name()).isEmpty();
  }

  @Test
  void whatIsWrongWithALineIsToldWithItsPlace() {
    write(
        folder,
        "people.csv",
        """
        id,name,team,allowance
        ann,"Ann,payments,a
        bo,Bo,"paymants",a
        cy,Cy,payments,c
        ann,Ann,payments,a
        ann,Ann,payments,a
        dee,%s,payments,a
        """
            .formatted("D".repeat(201)));
    assertThat(unlockedProblems(folder, LISTED))
        .satisfiesExactly(
            p -> assertThat(p).isEqualTo("2:1: 2 fields (expected: 4)"),
            p -> assertThat(p).isEqualTo("2:5: a quoted field does not end in its line"),
            p -> assertThat(p).startsWith("3:7: team: \"paymants\"").contains("payments\"?"),
            p -> assertThat(p).startsWith("4:16: allowance: \"c\" (expected: an allowance"),
            p -> assertThat(p).startsWith("6:1: \"ann\" is there already").endsWith(":5)"),
            p -> assertThat(p).startsWith("7:5: name: ").contains("at most 200 characters"));
    write(folder, "people.csv", "id,team\nann,payments\n");
    assertThat(unlockedProblems(folder, LISTED))
        .containsExactly(
            "2:1: person/ann: no budget would bind it (expected: an allowance or a budget of its"
                + " own, or of its team, group or organisation)");
  }

  @Test
  void aListThatIsWrongThroughoutIsStillReadFast() throws IOException {
    try (BufferedWriter out = Files.newBufferedWriter(folder.resolve("people.csv"))) {
      out.write("id,team,allowance,timezone\n");
      for (int i = 0; i < 100_000; i++) {
        out.write("p" + i + ",team" + i + ",a" + i + ",Zone/" + i + "\n");
      }
    }
    long begun = cpuNanos();
    assertThat(unlockedProblems(folder, LISTED))
        .hasSize(201)
        .last()
        .asString()
        .contains("and 299800 more");
    assertThat(Duration.ofNanos(cpuNanos() - begun)).isLessThan(Duration.ofSeconds(10));
  }

  @Test
  void aHundredThousandPeopleTakeFewBytesEach() throws IOException {
    int people = Integer.getInteger("stipend.tests.people", 100_000);
    try (BufferedWriter out =
        Files.newBufferedWriter(folder.resolve("people.csv"), StandardCharsets.UTF_8)) {
      out.write("id,name,team,allowance,timezone,since,until,fte\n");
      String[] zones = {"Europe/Berlin", "America/New_York", "Asia/Tokyo", ""};
      for (int i = 0; i < people; i++) {
        out.write(
            "person-%07d,Person Number %07d,%s,%s,%s,%s,,%s%n"
                .formatted(
                    i,
                    i,
                    i % 2 == 0 ? "payments" : "search",
                    i % 3 == 0 ? "a" : "b",
                    zones[i % 4],
                    i % 5 == 0 ? "2026-0" + (1 + i % 9) + "-15" : "",
                    i % 7 == 0 ? "0.5" : ""));
      }
    }
    write(folder, "stipend.yaml", LISTED);
    long before = heap();
    QuotaFile file = unlockedFile(folder, LISTED).quotaFile();
    long each = (heap() - before) / people;
    assertThat(file.principals()).hasSize(people);
    assertThat(each).as("bytes per person").isLessThan(600);
    assertThat(file.principals().get("person-0000001").budgets().get(0).budget())
        .isEqualTo("person/person-0000001");
  }

  /** Of this thread: others of the machine do not make it longer. */
  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static long heap() {
    Runtime runtime = Runtime.getRuntime();
    for (int i = 0; i < 5; i++) {
      System.gc();
    }
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
