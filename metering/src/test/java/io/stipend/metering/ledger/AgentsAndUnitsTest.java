package io.stipend.metering.ledger;

import static io.stipend.metering.ledger.SqliteLedgerTest.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.metering.ChargeBasis;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.metering.UsageSource;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agents that an attempt names and what it used that is no token. */
class AgentsAndUnitsTest {
  private static final InstantSource CLOCK = InstantSource.fixed(Samples.NOW);
  private static final Units UNITS =
      Units.of(Meter.WEB_SEARCH, 3).plus(Units.of(Meter.CHARACTER, Units.MAX_COUNT));

  @TempDir Path temporary;

  private static LedgerEntry.Reserved reserved(String exchange, String agent, String parent) {
    LedgerEntry.Reserved r = Samples.reserved(exchange);
    return new LedgerEntry.Reserved(r.at(), r.id(), r.facts().byAgent(agent, parent), r.holds());
  }

  private static LedgerEntry.Settled settled(LedgerEntry.Reserved reserved, Units units) {
    LedgerEntry.Settled s = Samples.settled(reserved);
    return new LedgerEntry.Settled(
        s.at(),
        s.id(),
        s.usage(),
        UsageSource.ASSUMED,
        s.outcome(),
        s.httpStatus(),
        s.modelServed(),
        s.serviceTier(),
        s.nanos(),
        s.providerRequestId(),
        s.debits(),
        s.flags(),
        units,
        ChargeBasis.NONE);
  }

  private static void run(SqliteLedger ledger, LedgerEntry.Reserved reserved, Units units)
      throws Exception {
    OpenAttempt attempt = ledger.begin(reserved);
    attempt.sent();
    get(attempt.settle(settled(reserved, units)));
  }

  /** Correction, check, replay and the tables that are built anew all know them. */
  @Test
  void theyStandInTheRowWhateverBecomesOfTheLedger() throws Exception {
    Path data = temporary.resolve("data");
    try (SqliteLedger ledger = SqliteLedger.open(data, Samples.SMALL, CLOCK)) {
      run(ledger, reserved("x1", "agent-1", "agent-0"), UNITS);
      run(ledger, reserved("x2", null, "agent-0"), Units.NONE);
      run(ledger, reserved("x3", "agent-1", null), Units.of(Meter.IMAGE, 1));
      run(ledger, reserved("x4", null, null), Units.of(Meter.SECOND, 61));
      get(
          ledger.append(
              new LedgerEntry.Corrected(
                  Samples.NOW,
                  "c1",
                  new AttemptId("x1", 1),
                  TokenUsage.of(1, 2),
                  -7,
                  List.of(),
                  "root",
                  "why")));
    }
    List<UsageRow> rows = Folders.rows(data);

    assertThat(rows)
        .extracting(UsageRow::agentId)
        .containsExactly("agent-1", null, "agent-1", null);
    assertThat(rows)
        .extracting(UsageRow::parentAgentId)
        .containsExactly("agent-0", "agent-0", null, null);
    assertThat(rows)
        .extracting(row -> row.units().text())
        .containsExactly("web_search=3;character=1000000000", "", "image=1", "second=61");
    assertThat(rows).extracting(UsageRow::usageSource).containsOnly(UsageSource.ASSUMED);
    assertThat(rows.get(0).usage()).as("corrected").isEqualTo(TokenUsage.of(1, 2));
    assertThat(Folders.verify(data).problems()).isEmpty();
    Path replayed = temporary.resolve("replayed");
    assertThat(LedgerCopy.replay(data, replayed, (done, of) -> {}).differences()).isEmpty();
    assertThat(Folders.rows(replayed)).isEqualTo(rows);
    try (LedgerReader reader = LedgerReader.open(data)) {
      assertThat(reader.attempts("x1").get(0).row()).isEqualTo(rows.get(0));
    }
  }

  @Test
  void anAttemptThatAKilledProcessHadSentKeepsItsAgents() throws Exception {
    Path data = temporary.resolve("data");
    Path killed = temporary.resolve("killed");
    try (SqliteLedger ledger = SqliteLedger.open(data, Samples.SMALL, CLOCK)) {
      OpenAttempt attempt = ledger.begin(reserved("x1", "agent-1", "agent-0"));
      attempt.sent();
      get(attempt.reservedDurably());
      Folders.copy(data, killed);
      get(attempt.settle(Samples.settled(reserved("x1", "agent-1", "agent-0"))));
    }
    SqliteLedger.open(killed, Samples.SMALL, CLOCK).close();

    UsageRow row = Folders.rows(killed).get(0);
    assertThat(row.usageSource()).isEqualTo(UsageSource.ASSUMED);
    assertThat(row.agentId()).isEqualTo("agent-1");
    assertThat(row.parentAgentId()).isEqualTo("agent-0");
    assertThat(row.units()).isEqualTo(Units.NONE);
  }

  /** The slot alone knows it, when the commit was not yet made. */
  @Test
  void aSlotHoldsTheAgentsAndLosesThemBeforeItLosesAnAccount() {
    LedgerEntry.Reserved named = reserved("x1", "a".repeat(64), "b".repeat(64));
    ByteWriter body = new ByteWriter(16);
    assertThat(Slot.body(body, new KnownProfile(Profile.of(named)), named)).isTrue();
    assertThat(AttemptCodec.readAlone(new ByteReader(body.toByteArray()))).isEqualTo(named);

    LedgerEntry.Reserved large = reserved("x1", "a".repeat(2_000), null);
    assertThat(Slot.body(body, new KnownProfile(Profile.of(large)), large)).isTrue();
    LedgerEntry.Reserved kept = AttemptCodec.readAlone(new ByteReader(body.toByteArray()));
    assertThat(kept.facts().agentId()).isNull();
    assertThat(kept.holds()).isEqualTo(large.holds());
  }

  /** What most entries do not have costs them nothing; what repeats is a number. */
  @Test
  void onlyEntriesThatHaveThemTakeMoreBytes() {
    int plain = bytesOfSecond(reserved("x2", null, null), Units.NONE);
    assertThat(bytesOfSecond(reserved("x2", null, null), UNITS) - plain).isEqualTo(9);
    assertThat(bytesOfSecond(reserved("x2", "agent-" + "1".repeat(40), "agent-0"), Units.NONE))
        .isLessThanOrEqualTo(plain + 8);
  }

  private static int bytesOfSecond(LedgerEntry.Reserved reserved, Units units) {
    BatchEncoder encoder = new BatchEncoder(1, 1, 1);
    Profile profile = Profile.of(reserved);
    encoder.settled(encoder.reserved(reserved, profile), profile, settled(reserved, UNITS));
    encoder.finish();
    encoder.settled(encoder.reserved(reserved, profile), profile, settled(reserved, units));
    return encoder.finish().length;
  }

  @Test
  void anAttemptWhoseNumberLeavesNoRoomAndASourceThatIsNoneAreRefused() {
    LedgerEntry.Reserved r = Samples.reserved("x1", 1 << 29, Samples.ADA);
    assertThatThrownBy(() -> AttemptCodec.writeAlone(new ByteWriter(16), Profile.of(r), r))
        .hasMessage("attempt: 536870912 (expected: below 536870912)");
    for (int source : new int[] {3, 63, 67}) {
      LedgerEntry.Reserved reserved = Samples.reserved("x1");
      ByteWriter out = new ByteWriter(16);
      out.zigzag(0);
      AttemptCodec.writeUsage(out, TokenUsage.ZERO);
      out.u8(source);
      ByteReader in = new ByteReader(out.toByteArray());
      assertThatThrownBy(
              () ->
                  AttemptCodec.readSettled(
                      in, NameReader.INLINE, 0, Profile.of(reserved), reserved.id()))
          .isInstanceOf(LedgerException.class)
          .hasMessageContaining("(expected: 0..");
    }
  }

  /** An older build would take an agent for a client, so it must not open the file. */
  @Test
  void theFileIsOfAVersionThatOlderBuildsRefuse() throws Exception {
    Path data = temporary.resolve("data");
    SqliteLedger.open(data, Samples.SMALL, CLOCK).close();
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + LedgerFiles.database(data));
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("select value from meta where key = 'schema'")) {
      assertThat(row.getInt(1)).isEqualTo(3);
    }
  }
}
