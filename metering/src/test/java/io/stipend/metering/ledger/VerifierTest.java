package io.stipend.metering.ledger;

import static io.stipend.metering.ledger.SqliteLedgerTest.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.metering.TokenUsage;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifierTest {
  @TempDir Path folder;

  @BeforeEach
  void fill() throws Exception {
    try (SqliteLedger ledger =
        SqliteLedger.open(folder, Samples.SMALL, InstantSource.fixed(Samples.NOW))) {
      get(ledger.append(Samples.granted("g1", Samples.ADA, 400)));
      get(ledger.append(Samples.key("k1")));
      for (int i = 0; i < 5; i++) {
        LedgerEntry.Reserved reserved = Samples.reserved("exchange-000" + i);
        OpenAttempt attempt = ledger.begin(reserved);
        get(attempt.settle(Samples.settled(reserved)));
      }
      for (int i = 0; i < 3; i++) {
        get(
            ledger.append(
                new LedgerEntry.Corrected(
                    Samples.NOW,
                    "c" + i,
                    new AttemptId("exchange-0003", 1),
                    TokenUsage.of(i, i),
                    -i,
                    List.of(new Posting(Samples.ADA, -i), new Posting(Samples.TEAM, -i)),
                    "root",
                    "")));
      }
      get(
          ledger.append(
              new LedgerEntry.RefusalsCounted(Samples.NOW, "ada", "2026-11-23", "budget", 3)));
    }
  }

  @Test
  void aWholeLedgerHasNoProblems() {
    Verification verification = Folders.verify(folder);
    assertThat(verification.problems()).isEmpty();
    assertThat(verification.ok()).isTrue();
    assertThat(verification.entries()).isEqualTo(2 + 10 + 3 + 1);
    try (LedgerReader reader = LedgerReader.open(folder)) {
      assertThat(reader.head().hash()).isEqualTo(verification.headHash());
      assertThat(reader.head().seq()).isEqualTo(verification.batches());
    }
  }

  @Test
  void oneFlippedByteNamesItsBatch() throws Exception {
    long batches = Folders.verify(folder).batches();
    for (long seq = 1; seq <= batches; seq++) {
      byte[] blob = blob(seq);
      for (int at = 0; at < blob.length; at += 1 + blob.length / 3) {
        byte[] flipped = blob.clone();
        flipped[at] ^= 0x01;
        setBlob(seq, flipped);
        Verification verification = Folders.verify(folder);
        assertThat(verification.problems()).as("byte " + at).isNotEmpty();
        assertThat(verification.problems().get(0)).startsWith("batch " + seq + ": content");
        assertThat(verification.batches()).isEqualTo(seq - 1);
      }
      setBlob(seq, blob);
    }
    assertThat(Folders.verify(folder).ok()).isTrue();
  }

  @Test
  void aBatchWithARightHashThatDoesNotContinueTheChainIsNamed() throws Exception {
    byte[] blob = blob(3);
    execute("update batch set prev_hash = zeroblob(32) where seq = 3");
    try (Connection connection = connect();
        PreparedStatement update =
            connection.prepareStatement("update batch set hash = ? where seq = 3")) {
      update.setBytes(1, Chain.hash(Chain.genesis(), 3, blob));
      update.executeUpdate();
    }
    assertThat(Folders.verify(folder).problems().get(0))
        .startsWith("batch 3: does not continue batch 2");
  }

  @Test
  void aMissingBatchIsNamed() throws Exception {
    execute("delete from batch where seq = 4");
    assertThat(Folders.verify(folder).problems().get(0)).startsWith("batch 4: missing");
  }

  @Test
  void aLedgerCutAtItsEndIsNoticedByItsTables() throws Exception {
    long batches = Folders.verify(folder).batches();
    execute("delete from batch where seq = " + batches);
    assertThat(Folders.verify(folder).problems().get(0))
        .startsWith("batch " + batches + ": missing");
  }

  @Test
  void aCorrectionThatOneBudgetDoesNotBearWholeIsNamed() throws Exception {
    AccountKey day = new AccountKey(Samples.ADA.budget(), "2026-11-23", Samples.ADA.unit());
    try (SqliteLedger ledger =
        SqliteLedger.open(folder, Samples.SMALL, InstantSource.fixed(Samples.NOW))) {
      for (long onMonth : new long[] {937, 874}) {
        get(
            ledger.append(
                new LedgerEntry.Corrected(
                    Samples.NOW,
                    "adds-" + onMonth,
                    new AttemptId("exchange-0003", 1),
                    TokenUsage.of(3, 3),
                    937,
                    List.of(
                        new Posting(day, 900),
                        new Posting(new AccountKey(day.budget(), "2026-11-24", day.unit()), 37),
                        new Posting(Samples.ADA, onMonth)),
                    "root",
                    "")));
      }
    }
    assertThat(Folders.verify(folder).problems())
        .hasSize(1)
        .first()
        .asString()
        .contains(
            "correction adds-874 of exchange-0003#1: adds 874 to person/ada",
            "@0000-00#USD (expected: 937");
  }

  @Test
  void everyTableIsComparedWithTheEntries() throws Exception {
    List<String> tampering =
        List.of(
            "update account set used = used - 1 where name like 'person/ada%'",
            "update account set granted = granted + 1000 where name like 'person/ada%'",
            "delete from account where name like 'team%'",
            "update account set closed = 1 where name like 'person/ada%'",
            "update account set adjustments = 1 where name like 'person/ada%'",
            "update lot set amount = amount + 1",
            "update lot set priority = 7",
            "update lot set expires = 7",
            "update lot set granted_at = 7",
            "update lot set expired = 7",
            "delete from lot",
            "insert into lot values('person/eve@2026-11#USD', 'x', 1, 0, null, 0, 0)",
            "delete from usage where block = (select max(block) from usage)",
            "update usage set attempts = attempts + 1",
            "update usage set started = started + 1",
            "update usage set booked = 7, last_booked = 7",
            "update usage set after = after + 100",
            "insert into usage select block + 100, after, attempts, started, booked, last_booked,"
                + " body from usage",
            "delete from exchange_block",
            "update exchange_block set prefix = 'x'",
            "insert into exchange_block values('x', 1)",
            "update name set text = 'eve' where text = 'ada'",
            "update profile set team = 'other'",
            "delete from fact where id = 'k1'",
            "update fact set body = zeroblob(20) where id = 'g1'",
            "update refusal set count = 2");
    for (String sql : tampering) {
      execute(sql);
      foundAndRebuilt(sql);
    }
  }

  private void foundAndRebuilt(String tampering) {
    boolean found;
    try {
      found = !Folders.verify(folder).ok();
    } catch (LedgerException e) {
      found = true;
    }
    assertThat(found).as(tampering).isTrue();
    SqliteLedger.rebuild(folder);
    assertThat(Folders.verify(folder).problems()).as("rebuilt after " + tampering).isEmpty();
  }

  @Test
  void everyEndedAttemptIsComparedWithItsEntries() throws Exception {
    Tampering.settled(folder, 2, s -> settled(s, s.usage(), s.nanos() - 1, s.providerRequestId()));
    foundAndRebuilt("nanos");
    Tampering.settled(
        folder,
        4,
        s -> settled(s, TokenUsage.of(s.usage().input(), 7), s.nanos(), s.providerRequestId()));
    foundAndRebuilt("output");
    Tampering.settled(folder, 1, s -> settled(s, s.usage(), s.nanos(), null));
    foundAndRebuilt("request");
    Tampering.ended(folder, all -> all.stream().filter(attempt -> attempt.number() != 5).toList());
    foundAndRebuilt("an attempt is missing");
    Tampering.ended(
        folder, all -> Stream.concat(all.stream(), all.stream().map(VerifierTest::again)).toList());
    foundAndRebuilt("attempts ended twice");
  }

  private static EndedAttempt again(EndedAttempt attempt) {
    return new EndedAttempt(
        attempt.number() + 100,
        attempt.profileNumber(),
        attempt.profile(),
        attempt.reserved(),
        attempt.settled(),
        null,
        null,
        null);
  }

  private static LedgerEntry.Settled settled(
      LedgerEntry.Settled s, TokenUsage usage, long nanos, String request) {
    return new LedgerEntry.Settled(
        s.at(),
        s.id(),
        usage,
        s.source(),
        s.outcome(),
        s.httpStatus(),
        s.modelServed(),
        s.serviceTier(),
        nanos,
        request,
        s.debits(),
        s.flags());
  }

  @Test
  void aNewerSchemaIsRefused() throws Exception {
    execute("update meta set value = 99 where key = 'schema'");
    assertThatThrownBy(
            () -> SqliteLedger.open(folder, Samples.SMALL, InstantSource.fixed(Samples.NOW)))
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("99");
    assertThatThrownBy(() -> LedgerReader.open(folder))
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("99");
  }

  @Test
  void tablesOfAnOlderProjectionAreFilledAnew() throws Exception {
    List<UsageRow> before = Folders.rows(folder);
    execute("update meta set value = 0 where key = 'projection'");
    execute("delete from usage");
    SqliteLedger.open(folder, Samples.SMALL, InstantSource.fixed(Samples.NOW)).close();
    assertThat(Folders.rows(folder)).isEqualTo(before);
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + LedgerFiles.database(folder));
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private byte[] blob(long seq) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("select blob from batch where seq = " + seq)) {
      row.next();
      return row.getBytes(1);
    }
  }

  private void setBlob(long seq, byte[] blob) throws SQLException {
    try (Connection connection = connect();
        PreparedStatement update =
            connection.prepareStatement("update batch set blob = ? where seq = ?")) {
      update.setBytes(1, blob);
      update.setLong(2, seq);
      update.executeUpdate();
    }
  }
}
