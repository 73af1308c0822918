package io.stipend.metering.ledger;

import static io.stipend.metering.ledger.SqliteLedgerTest.get;

import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A ledger in which every kind of entry names one person, beside others with like names. */
final class PersonalHistory {
  static final String PERSON = "quillivers";

  /** Other people, whose names begin or end like theirs. */
  static final List<String> OTHERS = List.of("quillivers.jr", "dr-quillivers", "bob");

  static final Instant OLD = Instant.parse("2025-02-03T04:05:06.789Z");
  static final InstantSource CLOCK = InstantSource.fixed(Samples.NOW.plusSeconds(9_999));

  private PersonalHistory() {}

  static AccountKey account(String person, String month) {
    return new AccountKey("person/" + person, month, Unit.USD);
  }

  static void write(Path data, int attempts) throws Exception {
    try (SqliteLedger ledger = SqliteLedger.open(data, Samples.SMALL, CLOCK)) {
      for (int i = 0; i < attempts; i++) {
        attempt(ledger, PERSON, i);
        attempt(ledger, OTHERS.get(i % OTHERS.size()), i);
      }
      for (LedgerEntry fact : facts()) {
        get(ledger.append(fact));
      }
    }
  }

  private static void attempt(SqliteLedger ledger, String person, int i) throws Exception {
    Instant at = i % 2 == 0 ? OLD.plusSeconds(i) : Samples.NOW.plusSeconds(i);
    AttemptFacts facts =
        new AttemptFacts(
                person,
                "payments",
                "CC-4410",
                null,
                "k_" + i % 3,
                "session-of-" + person + "-" + i,
                i % 4 == 0 ? "rare-client-" + person : "claude-cli",
                "anthropic-messages",
                "anthropic",
                "claude-opus-4-5",
                null,
                "builtin-2026-11-20",
                "USD",
                100,
                100,
                100,
                1_000)
            .byAgent("agent-of-" + person, null);
    List<AccountKey> accounts = List.of(account(person, "2026-11"), Samples.TEAM);
    LedgerEntry.Reserved reserved =
        new LedgerEntry.Reserved(
            at,
            new AttemptId(String.format("%s-%08d", person.equals(PERSON) ? "a" : "b", i), 1),
            facts,
            PostingCodec.spread(accounts, 1_000, 200));
    OpenAttempt open = ledger.begin(reserved);
    open.sent();
    LedgerEntry.Settled settled =
        new LedgerEntry.Settled(
            at.plusMillis(1_234),
            reserved.id(),
            new TokenUsage(10 + i, 0, 0, 0, 7, 0),
            io.stipend.metering.UsageSource.REPORTED,
            "completed",
            200,
            "claude-opus-4-5",
            null,
            777 + i,
            "req_" + person.length() + "_" + i,
            PostingCodec.spread(accounts, 777 + i, 17 + i),
            "");
    get(open.settle(settled));
  }

  private static List<LedgerEntry> facts() {
    List<LedgerEntry> facts = new ArrayList<>();
    facts.addAll(money());
    facts.addAll(rules());
    return facts;
  }

  private static List<LedgerEntry> money() {
    AccountKey mine = account(PERSON, "2026-11");
    AccountKey bobs = account("bob", "2026-11");
    AccountKey last = account(PERSON, "2026-10");
    String recurring = Lot.recurringId(mine);
    return List.of(
        granted(OLD, Lot.recurringId(last), last, 300, LedgerEntry.GrantKind.RECURRING, ""),
        new LedgerEntry.Rolled(
            Samples.NOW,
            last,
            mine,
            List.of(new LedgerEntry.CarriedLot(Lot.recurringId(last), 100, 0, null)),
            200,
            0,
            0),
        granted(Samples.NOW, recurring, mine, 1_000_000, LedgerEntry.GrantKind.RECURRING, ""),
        granted(
            OLD,
            "one-off:" + mine + ":1",
            mine,
            500,
            LedgerEntry.GrantKind.ONE_OFF,
            "old reason about them"),
        granted(
            Samples.NOW,
            "one-off:" + bobs + ":1",
            bobs,
            500_000,
            LedgerEntry.GrantKind.ONE_OFF,
            "as " + PERSON + ", and quillivers.jr, asked."),
        new LedgerEntry.Transferred(
            Samples.NOW, "transfer:" + mine + ":1", mine, bobs, 100, "they owe it", PERSON, null),
        new LedgerEntry.Lent(
            Samples.NOW,
            "loan:" + mine + ":1",
            mine,
            50,
            LedgerEntry.LoanKind.ADVANCE,
            "release week",
            "key:k_1/" + PERSON),
        new LedgerEntry.Expired(
            Samples.NOW, "expired:" + mine + ":" + recurring + ":1", mine, recurring, 40),
        new LedgerEntry.Corrected(
            Samples.NOW,
            "correction-1",
            new AttemptId("a-00000001", 1),
            new TokenUsage(5, 0, 0, 0, 5, 0),
            -3,
            List.of(new Posting(mine, -3), new Posting(Samples.TEAM, -3)),
            "root",
            "they said so"));
  }

  private static LedgerEntry.Granted granted(
      Instant at,
      String id,
      AccountKey account,
      long amount,
      LedgerEntry.GrantKind kind,
      String reason) {
    return new LedgerEntry.Granted(at, id, account, amount, kind, reason, PERSON, null);
  }

  private static List<LedgerEntry> rules() {
    AccountKey mine = account(PERSON, "2026-11");
    return List.of(
        new LedgerEntry.KeyCreated(
            OLD, "k_0", PERSON, "their laptop", null, "ab".repeat(32), null, PERSON),
        new LedgerEntry.KeyRevoked(OLD.plusSeconds(1), "k_0", PERSON),
        new LedgerEntry.KeyCreated(
            Samples.NOW, "k_1", "bob", "laptop of bob", null, "cd".repeat(32), null, "root"),
        new LedgerEntry.QuotaChanged(
            Samples.NOW, "hash", "people/" + PERSON + ": team a", "people/bob: new", "stipend"),
        new LedgerEntry.RefusalsCounted(OLD, PERSON, "2025-02-03", "budget", 3),
        new LedgerEntry.RefusalsCounted(OLD, "bob", "2025-02-03", "budget", 4),
        new LedgerEntry.RefusalsCounted(Samples.NOW, PERSON, "2026-11-23", "budget", 5),
        new LedgerEntry.Frozen(OLD, "freeze-1", "person/" + PERSON, true, "on leave", "eve"),
        new LedgerEntry.AlertRaised(
            Samples.NOW, "alert:" + mine + ":80", mine, "80", "used=8;given=10"),
        new LedgerEntry.MonthClosed(Samples.NOW, "2025-02", true, PERSON, "booked"),
        new LedgerEntry.Enrolled(Samples.NOW, PERSON, "corp", "payments"));
  }

  /** What names them wherever it is looked for: their id as a word. */
  static List<String> naming(Path data) {
    List<String> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
        for (String other : OTHERS) {
          bytes = bytes.replace(other, "");
        }
        if (bytes.contains(PERSON)) {
          found.add(file.getFileName().toString());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }
}
