package io.stipend.metering.ledger;

import static io.stipend.metering.ledger.PersonalHistory.CLOCK;
import static io.stipend.metering.ledger.PersonalHistory.PERSON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.metering.ChargeBasis;
import io.stipend.metering.ChargeLine;
import io.stipend.metering.TokenUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is taken out of the record is gone, and what is left is proven and adds up as before. */
class RedactionTest {
  private static final Instant CUT = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir static Path once;
  @TempDir Path temporary;
  private Path data;

  @BeforeAll
  static void history() throws Exception {
    PersonalHistory.write(once.resolve("data"), 40);
  }

  @BeforeEach
  void copy() {
    data = Folders.copy(once.resolve("data"), temporary.resolve("data"));
  }

  private static Redaction.Order order(boolean dryRun) {
    return new Redaction.Order("eve", "asked for", dryRun, CLOCK, Samples.SMALL);
  }

  private Redaction.Outcome forget() {
    return Redaction.forget(data, PERSON, order(false), Progress.NONE);
  }

  private Redaction.Outcome clean(Map<RetentionClass, Instant> before, boolean dryRun) {
    return Redaction.clean(data, before, order(dryRun), Progress.NONE);
  }

  private static Map<RetentionClass, Instant> all() {
    Map<RetentionClass, Instant> before = new TreeMap<>();
    for (RetentionClass kind : RetentionClass.values()) {
      before.put(kind, CUT);
    }
    return before;
  }

  @Test
  void whoIsForgottenStandsInNoByteAndEverySumIsAsBefore() {
    Map<AccountKey, AccountTotals> before = Folders.totals(data);
    List<UsageRow> rows = Folders.rows(data);
    assertThat(PersonalHistory.naming(data)).isNotEmpty();

    Redaction.Outcome outcome = forget();

    String alias = outcome.about();
    assertThat(alias).matches("forgotten-[0-9a-f]{8}");
    assertThat(outcome.batches()).isGreaterThan(10);
    assertThat(PersonalHistory.naming(data)).isEmpty();
    Map<AccountKey, AccountTotals> expected = new HashMap<>();
    before.forEach(
        (account, totals) ->
            expected.put(
                account.budget().equals("person/" + PERSON)
                    ? PersonalHistory.account(alias, account.period())
                    : account,
                totals));
    assertThat(Folders.totals(data)).isEqualTo(expected);
    assertThat(Folders.verify(data).problems()).isEmpty();
    List<UsageRow> after = Folders.rows(data);
    assertThat(after).hasSameSizeAs(rows);
    for (int i = 0; i < rows.size(); i++) {
      UsageRow was = rows.get(i);
      UsageRow is = after.get(i);
      if (was.person().equals(PERSON)) {
        assertThat(is.person()).isEqualTo(alias);
        assertThat(is.sessionId()).isNull();
        assertThat(is.client()).isNull();
        assertThat(is.agentId()).isNull();
        assertThat(is.providerRequestId()).isEqualTo(was.providerRequestId());
        assertThat(List.of(is.nanos(), is.usage(), is.startedAt(), is.team(), is.modelServed()))
            .isEqualTo(
                List.of(was.nanos(), was.usage(), was.startedAt(), was.team(), was.modelServed()));
      } else {
        assertThat(is).isEqualTo(was);
      }
    }
  }

  @Test
  void whatIsLeftOfTheFactsTellsOnlyWhatHappened() {
    String alias = forget().about();

    try (LedgerReader reader = LedgerReader.open(data)) {
      assertThat(reader.keys().get(0).created().person()).isEqualTo(alias);
      assertThat(reader.keys().get(0).created().name()).isEmpty();
      assertThat(reader.keys().get(1).created().name()).isEqualTo("laptop of bob");
      assertThat(reader.transfers().get(0).by()).isEqualTo(alias);
      assertThat(reader.transfers().get(0).reason()).isEmpty();
      assertThat(reader.loans().get(0).by()).isEqualTo("key:k_1/" + alias);
      assertThat(reader.corrections().get(0).reason()).isEmpty();
      assertThat(reader.oneOffGrants())
          .extracting(LedgerEntry.Granted::reason)
          .containsExactly("", "as " + alias + ", and quillivers.jr, asked.");
      assertThat(reader.frozen().get("person/" + alias).reason()).isEmpty();
      assertThat(reader.quotaChanges().get(0).before()).isEqualTo("people/" + alias + ": team a");
      assertThat(reader.monthClosings().get(0).by()).isEqualTo(alias);
      assertThat(reader.refusals())
          .extracting(r -> r.person() + " " + r.count())
          .containsExactlyInAnyOrder(alias + " 3", "bob 4", alias + " 5");
      assertThat(reader.redactions()).hasSize(1);
      assertThat(reader.redactions().get(0).about()).isEqualTo(alias);
      assertThat(reader.redactions().get(0).by()).isEqualTo("eve");
    }
  }

  @Test
  void theLedgerGoesOnAndCanBeCopiedAndReducedAgain() throws Exception {
    forget();
    // Who forgot is forgotten as well: their redaction is reduced itself.
    String eve = Redaction.forget(data, "eve", orderOf("root"), Progress.NONE).about();
    clean(all(), false);
    try (SqliteLedger ledger = SqliteLedger.open(data, Samples.SMALL, CLOCK)) {
      SqliteLedgerTest.get(
          ledger.append(Samples.granted("later", PersonalHistory.account(PERSON, "2026-12"), 5)));
    }
    Verification found = Folders.verify(data);
    assertThat(found.problems()).isEmpty();
    try (LedgerReader reader = LedgerReader.open(data)) {
      assertThat(reader.redactions())
          .extracting(LedgerEntry.Redacted::by)
          .containsExactly(eve, "root", "eve");
    }
    LedgerCopy.Replayed replayed =
        LedgerCopy.replay(data, temporary.resolve("again"), Progress.NONE);
    assertThat(replayed.differences()).isEmpty();
    assertThat(replayed.head().hash()).isEqualTo(found.headHash());
    assertThat(Folders.verify(temporary.resolve("again")).problems()).isEmpty();
    Files.createDirectories(temporary.resolve("backup"));
    assertThat(LedgerCopy.backup(data, temporary.resolve("backup"), Progress.NONE).found().ok())
        .isTrue();
    SqliteLedger.rebuild(data);
    assertThat(Folders.verify(data).problems()).isEmpty();
  }

  private static Redaction.Order orderOf(String by) {
    return new Redaction.Order(by, "", false, CLOCK, Samples.SMALL);
  }

  @Test
  void aFlippedByteOfAReducedBatchOrOfItsProofIsFound() throws Exception {
    forget();
    long reduced = number("select min(seq) from redacted");
    long proof = number("select by_seq from redacted where seq = " + reduced);
    for (long seq : new long[] {reduced, proof}) {
      Path copy = Folders.copy(data, temporary.resolve("flipped" + seq));
      // The last byte: it is a part of an amount, a name or a hash, and reads as well as before.
      Tampering.execute(
          copy,
          "update batch set blob = substr(blob, 1, length(blob) - 1) ||"
              + " x'01' where seq = "
              + seq);
      assertThat(Folders.verify(copy).firstBad().seq()).isEqualTo(reduced);
      assertThatThrownBy(
              () -> LedgerCopy.replay(copy, temporary.resolve("of" + seq), Progress.NONE))
          .hasMessageContaining("content and hash differ");
    }
  }

  @Test
  void aProofThatIsNotThereProvesNothing() throws Exception {
    forget();
    for (String lie :
        List.of(
            "delete from redacted",
            "update redacted set by_seq = by_seq - 1",
            "update redacted set by_seq = seq")) {
      Path copy = Folders.copy(data, temporary.resolve(lie.replace(' ', '-')));
      Tampering.execute(copy, lie);
      assertThat(Folders.verify(copy).ok()).as(lie).isFalse();
      assertThatThrownBy(() -> SqliteLedger.open(copy, Samples.SMALL, CLOCK).close())
          .as(lie)
          .isInstanceOf(LedgerException.class);
    }
  }

  @Test
  void anEarlierProofIsNoneAfterALaterRedaction() throws Exception {
    clean(Map.of(RetentionClass.LABELS, CUT), false);
    Path first = Folders.copy(data, temporary.resolve("first"));
    forget();
    long both =
        number("select min(seq) from redacted where by_seq = (select max(by_seq) from redacted)");
    try (var connection =
            java.sql.DriverManager.getConnection("jdbc:sqlite:" + LedgerFiles.database(data));
        var statement = connection.createStatement()) {
      statement.execute("attach '" + LedgerFiles.database(first) + "' as was");
      for (String column : List.of("batch set blob", "redacted set by_seq")) {
        String[] words = column.split(" ");
        statement.execute(
            "update main.%s set %s = (select %s from was.%s where seq = %d) where seq = %d"
                .formatted(words[0], words[2], words[2], words[0], both, both));
      }
    }

    assertThat(Folders.verify(data).problems())
        .anyMatch(problem -> problem.contains("redaction of batch " + both));
  }

  @Test
  void aCleanUpDropsWhatItsClassesSayAndNothingElse() {
    Map<AccountKey, AccountTotals> before = Folders.totals(data);
    List<UsageRow> rows = Folders.rows(data);
    Redaction.Outcome would = clean(all(), true);
    assertThat(Folders.rows(data)).isEqualTo(rows);

    Redaction.Outcome done = clean(all(), false);

    assertThat(done.counts()).isEqualTo(would.counts());
    assertThat(done.batches()).isEqualTo(would.batches());
    assertThat(done.counts())
        .containsEntry("labels", 40L)
        .containsEntry("provider_request_ids", 40L)
        .containsEntry("refusals", 2L)
        .containsEntry("key_names", 1L)
        .containsEntry("reasons", 2L);
    assertThat(Folders.totals(data)).isEqualTo(before);
    assertThat(Folders.verify(data).problems()).isEmpty();
    List<UsageRow> after = Folders.rows(data);
    List<UsageRow> recent = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      UsageRow is = after.get(i);
      if (is.startedAt().isBefore(CUT)) {
        assertThat(is.sessionId()).isNull();
        assertThat(is.agentId()).isNull();
        assertThat(is.client()).isNull();
        assertThat(is.providerRequestId()).isNull();
        assertThat(is.nanos()).isEqualTo(rows.get(i).nanos());
      } else {
        assertThat(is).isEqualTo(rows.get(i));
        recent.add(is);
      }
    }
    assertThat(recent).hasSize(40);
    try (LedgerReader reader = LedgerReader.open(data)) {
      assertThat(reader.refusals())
          .extracting(r -> r.person() + " " + r.count())
          .containsExactlyInAnyOrder(" 7", PERSON + " 5");
    }
    assertThat(clean(all(), false).batches()).as("done twice is done once").isZero();
  }

  @Test
  void aCleanUpLeavesTheOtherPricesThatACorrectionNamed() throws Exception {
    AccountKey mine = PersonalHistory.account(PERSON, "2026-11");
    try (SqliteLedger ledger = SqliteLedger.open(data, Samples.SMALL, CLOCK)) {
      SqliteLedgerTest.get(
          ledger.append(
              new LedgerEntry.Corrected(
                  PersonalHistory.OLD,
                  "rerate-1",
                  new AttemptId("a-00000003", 1),
                  new TokenUsage(12, 0, 0, 0, 7, 0),
                  -3,
                  List.of(new Posting(mine, -3), new Posting(Samples.TEAM, -3)),
                  "root",
                  "another card",
                  ChargeBasis.of(List.of(new ChargeLine("input", 777, 1_000, 2_000))),
                  "contract-2")));
    }
    List<String> before = prices();
    assertThat(before).anyMatch(line -> line.contains("contract-2") && line.contains("777"));

    clean(all(), false);

    assertThat(prices()).isEqualTo(before);
  }

  private List<String> prices() {
    List<String> prices = new ArrayList<>();
    try (LedgerReader reader = LedgerReader.open(data)) {
      reader.bookings(
          Instant.EPOCH,
          Instant.MAX,
          line ->
              prices.add(
                  line.attempt().exchangeId()
                      + " "
                      + line.attempt().priceVersion()
                      + " "
                      + line.lines()));
    }
    return prices;
  }

  @Test
  void aSessionOfOldAttemptsAloneStandsInNoByte() throws Exception {
    clean(Map.of(RetentionClass.LABELS, CUT), false);
    String bytes =
        Files.readString(LedgerFiles.database(data), java.nio.charset.StandardCharsets.ISO_8859_1);
    assertThat(bytes)
        .doesNotContain("session-of-bob-2\0", "session-of-" + PERSON + "-38", "rare-client-")
        .contains("session-of-" + PERSON + "-39", "claude-cli");
  }

  @Test
  void aLedgerOfTheVersionBeforeOpensAndBecomesOneOfThisVersion() throws Exception {
    Tampering.execute(data, "drop table redacted");
    Tampering.execute(data, "update meta set value = 3 where key = 'schema'");
    assertThat(Folders.verify(data).problems()).as("read only").isEmpty();
    assertThat(LedgerCopy.replay(data, temporary.resolve("copy"), Progress.NONE).differences())
        .isEmpty();
    assertThat(forget().batches()).isPositive();
    assertThat(number("select value from meta where key = 'schema'"))
        .as("older builds refuse what is above theirs")
        .isEqualTo(LedgerDatabase.SCHEMA)
        .isEqualTo(4);
    assertThat(Folders.verify(data).problems()).isEmpty();
  }

  @Test
  void nobodyIsForgottenWhomTheRecordDoesNotName() {
    assertThat(Redaction.forget(data, "nobody", order(false), Progress.NONE).batches()).isZero();
    assertThat(Folders.verify(data).problems()).isEmpty();
  }

  @Test
  void aBrokenRecordIsNotReduced() throws Exception {
    Tampering.execute(data, "update batch set blob = blob || x'00' where seq = 3");
    assertThatThrownBy(this::forget)
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("batch 3");
    assertThat(PersonalHistory.naming(data)).isNotEmpty();
  }

  @Test
  void whoReadsTheRecordMeanwhileReadsOn() {
    List<UsageRow> rows = Folders.rows(data);
    try (LedgerReader reader = LedgerReader.open(data)) {
      reader.head();
      assertThatThrownBy(this::forget).hasMessageContaining("another command reads it");
      List<UsageRow> read = new ArrayList<>();
      reader.usage(Instant.MIN, Instant.MAX, read::add);
      assertThat(read).isEqualTo(rows);
    }
    assertThat(forget().batches()).isPositive();
  }

  @Test
  void aRunThatDiesAnywhereLeavesOneWholeRecord() throws Exception {
    List<UsageRow> rows = Folders.rows(data);
    for (String step : List.of("copied", "proven", "reduced", "alone", "swapped")) {
      Path folder = Folders.copy(data, temporary.resolve(step));
      KilledProcess.run(Child.class, folder, 0, step, line -> line.equals(KillPoint.REACHED));
      boolean done = step.equals("swapped");
      assertThat(PersonalHistory.naming(folder).isEmpty()).as(step).isEqualTo(done);
      assertThat(Folders.verify(folder).problems()).as(step).isEmpty();
      SqliteLedger.open(folder, Samples.SMALL, CLOCK).close();
      assertThat(folder.resolve("reduced")).as(step).doesNotExist();
      if (!done) {
        assertThat(Folders.rows(folder)).as(step).isEqualTo(rows);
        Redaction.forget(folder, PERSON, order(false), Progress.NONE);
      }
      assertThat(PersonalHistory.naming(folder)).as(step).isEmpty();
      assertThat(Folders.verify(folder).problems()).as(step).isEmpty();
      assertThat(Folders.rows(folder)).as(step).hasSameSizeAs(rows);
    }
  }

  private long number(String sql) throws Exception {
    try (var connection =
            java.sql.DriverManager.getConnection("jdbc:sqlite:" + LedgerFiles.database(data));
        var statement = connection.createStatement();
        var row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  /** Forgets, and waits at a step to be killed. */
  static final class Child {
    private Child() {}

    public static void main(String[] args) {
      Redaction.forget(
          Path.of(args[0]),
          PERSON,
          order(false),
          Progress.NONE,
          step -> {
            if (step.equals(args[2])) {
              System.out.println(KillPoint.REACHED);
              System.out.flush();
              while (true) {
                java.util.concurrent.locks.LockSupport.park();
              }
            }
          });
    }
  }
}
