package io.stipend.metering.ledger;

import static io.stipend.metering.ledger.SqliteLedgerTest.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Entering any prefix of a history with any duplication amounts to entering it once. */
class DuplicationTest {
  private static final int SEEDS = Boolean.getBoolean("stipend.tests.full") ? 500 : 12;
  private static final int FACTS = 60;

  /** Kinds of {@link Samples#fact} that have ids and stand alone. */
  private static final List<Integer> KINDS = List.of(0, 1, 6, 7, 8, 9, 10, 11);

  @TempDir Path temporary;

  @Test
  void anyPrefixWithAnyDuplicationGivesTheSameTables() throws Exception {
    for (int seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      List<LedgerEntry> facts = facts(random);
      Path once = temporary.resolve("once" + seed);
      Path often = temporary.resolve("often" + seed);
      try (SqliteLedger ledger = open(once, random)) {
        append(ledger, facts);
      }
      int at = 0;
      while (at < facts.size()) {
        int to = Math.min(facts.size(), at + 1 + random.nextInt(30));
        try (SqliteLedger ledger = open(often, random)) {
          List<LedgerEntry> some = new ArrayList<>();
          for (; at < to; at++) {
            some.add(facts.get(at));
            for (int more = random.nextInt(4); more > 0; more--) {
              LedgerEntry before = facts.get(random.nextInt(at + 1));
              some.add(Shifted.by(before, random.nextInt(100_000)));
            }
          }
          append(ledger, some);
        }
      }
      String why = "seed " + seed;
      List<String> expected = tables(once);
      assertThat(tables(often)).as(why).isEqualTo(expected);
      SqliteLedger.rebuild(often);
      assertThat(tables(often)).as(why).isEqualTo(expected);
    }
  }

  @Test
  void theSameIdWithAnotherContentIsAnErrorAndChangesNothing() throws Exception {
    Random random = new Random(5);
    Path folder = temporary.resolve("data");
    for (boolean projected : new boolean[] {false, true}) {
      for (int kind : KINDS) {
        LedgerEntry fact = Samples.fact(random, kind, "id-" + kind + projected);
        try (SqliteLedger ledger = open(folder, random)) {
          get(ledger.append(fact));
          if (!projected) {
            assertRefused(ledger, Shifted.other(fact));
          }
        }
        List<String> before = tables(folder);
        if (projected) {
          try (SqliteLedger ledger = open(folder, random)) {
            assertRefused(ledger, Shifted.other(fact));
          }
        }
        assertThat(tables(folder)).isEqualTo(before);
      }
    }
  }

  @Test
  void aGrantAndATransferCannotHaveTheSameId() throws Exception {
    Random random = new Random(5);
    try (SqliteLedger ledger = open(temporary.resolve("data"), random)) {
      get(ledger.append(Samples.granted("lot", Samples.ADA, 1)));
      assertThatThrownBy(() -> get(ledger.append(Samples.fact(random, 6, "lot"))))
          .hasMessageContaining("id lot: names another lot");
      get(ledger.append(Samples.fact(random, 6, "lot-2")));
      assertThatThrownBy(() -> get(ledger.append(Samples.granted("lot-2", Samples.ADA, 1))))
          .hasMessageContaining("id lot-2: names another lot");
      get(ledger.append(Samples.granted("lot", Samples.ADA, 1)));
    }
  }

  private static void assertRefused(SqliteLedger ledger, LedgerEntry other) {
    assertThatThrownBy(() -> get(ledger.append(other)))
        .as("%s", other)
        .hasRootCauseInstanceOf(LedgerException.class)
        .hasMessageContaining("with another content");
  }

  private static List<LedgerEntry> facts(Random random) {
    List<LedgerEntry> facts = new ArrayList<>();
    for (int i = 0; i < FACTS; i++) {
      LedgerEntry fact = Samples.fact(random, KINDS.get(random.nextInt(KINDS.size())), "id-" + i);
      // Of an account there is one roll.
      if (facts.stream()
          .noneMatch(
              f -> f instanceof LedgerEntry.Rolled && f.uniqueId().equals(fact.uniqueId()))) {
        facts.add(fact);
      }
    }
    return facts;
  }

  private static SqliteLedger open(Path folder, Random random) {
    LedgerOptions options = new LedgerOptions(8, 10_000, 1 + random.nextInt(20), () -> {});
    return SqliteLedger.open(folder, options, InstantSource.fixed(Samples.NOW));
  }

  private static void append(SqliteLedger ledger, List<LedgerEntry> facts) throws Exception {
    List<CompletableFuture<Void>> durable = new ArrayList<>();
    facts.forEach(fact -> durable.add(ledger.append(fact)));
    get(CompletableFuture.allOf(durable.toArray(CompletableFuture[]::new)));
  }

  private static List<String> tables(Path folder) throws Exception {
    List<String> rows = new ArrayList<>();
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + LedgerFiles.database(folder));
        Statement statement = connection.createStatement()) {
      for (String sql :
          List.of(
              "select * from account order by name",
              "select * from lot order by account, id",
              "select seq, kind, id, hex(body) from fact order by seq")) {
        try (ResultSet row = statement.executeQuery(sql)) {
          while (row.next()) {
            StringBuilder text = new StringBuilder();
            for (int column = 1; column <= row.getMetaData().getColumnCount(); column++) {
              text.append(row.getString(column)).append('|');
            }
            rows.add(text.toString());
          }
        }
      }
    }
    assertThat(rows).isNotEmpty();
    return rows;
  }
}
