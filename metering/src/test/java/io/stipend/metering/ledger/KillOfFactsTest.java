package io.stipend.metering.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real process that enters facts of every kind is killed after each kind of write: what it was
 * told is durable is in the ledger, nothing is there that it did not enter, and nothing twice.
 */
class KillOfFactsTest {
  private static final int ROUNDS = Boolean.getBoolean("stipend.tests.full") ? 8 : 1;
  private static final List<KillPoint.Kind> KINDS =
      List.of(
          // Twice: a batch may hold nothing but the attempt that a correction mends.
          KillPoint.Kind.BEFORE_BATCH,
          KillPoint.Kind.BEFORE_BATCH,
          KillPoint.Kind.AFTER_BATCH,
          KillPoint.Kind.BEFORE_TABLES,
          KillPoint.Kind.AFTER_TABLES);

  private final Set<String> entered = new HashSet<>();
  private final Set<String> durable = new HashSet<>();

  @TempDir Path folder;

  @Test
  void factsOfEveryKindThatWereDurableAreThereOnceAndNoOthersAre() throws Exception {
    Random random = new Random(20_261_128);
    int run = 0;
    for (int round = 0; round < ROUNDS; round++) {
      for (KillPoint.Kind kind : KINDS) {
        // Past the first writes, so that every kind of fact has had its turn.
        int nth = kind.most / 2 + random.nextInt(kind.most / 2);
        String point = kind + ":" + nth;
        KilledProcess.run(Child.class, folder, run++, point, this::heard);
        SqliteLedger.open(folder, Samples.SMALL, InstantSource.system()).close();
        List<String> found = facts();
        assertThat(found).as(point).doesNotHaveDuplicates();
        assertThat(new HashSet<>(found)).as(point).containsAll(durable);
        assertThat(entered).as(point).containsAll(found);
        assertThat(Folders.verify(folder).problems()).as(point).isEmpty();
      }
    }
    for (int kind = 0; kind < Samples.FACTS; kind++) {
      String prefix = kind + " ";
      assertThat(durable).as("kind %s", kind).anyMatch(fact -> fact.startsWith(prefix));
    }
  }

  private boolean heard(String line) {
    if (line.startsWith("entered ")) {
      entered.add(line.substring("entered ".length()));
    } else if (line.startsWith("durable ")) {
      durable.add(line.substring("durable ".length()));
    }
    return line.equals(KillPoint.REACHED);
  }

  /** Every fact of the record, as {@link #line} writes it. */
  private List<String> facts() throws Exception {
    List<String> facts = new ArrayList<>();
    try (Connection connection = LedgerDatabase.connectForReading(LedgerFiles.database(folder))) {
      LedgerTables tables = new LedgerTables(connection);
      Replay replay = new Replay(Definitions.kept(tables), new HashMap<>(), new Facts(facts));
      BatchTable.read(
          connection, 0, Integer.MAX_VALUE, (seq, before, hash, blob) -> replay.apply(blob));
      tables.close();
    }
    return facts;
  }

  private static int kind(LedgerEntry fact) {
    for (int kind = 0; kind < Samples.FACTS; kind++) {
      if (Child.fact(kind, "x", null).getClass() == fact.getClass()) {
        return kind;
      }
    }
    throw new AssertionError("unknown kind: " + fact);
  }

  private static String line(LedgerEntry fact) {
    return kind(fact) + " " + fact;
  }

  private record Facts(List<String> into) implements ReplaySink {
    @Override
    public void named(long number, String text) {}

    @Override
    public void profiled(long number, Profile profile) {}

    @Override
    public void moved(AccountKey account, Sum sum, long amount) {}

    @Override
    public void lot(AccountKey account, Lot more) {}

    @Override
    public void opened(OpenReservation reservation) {}

    @Override
    public void settled(OpenReservation reservation, LedgerEntry.Settled settled) {}

    @Override
    public void released(OpenReservation reservation, LedgerEntry.Released released) {}

    @Override
    public void fact(LedgerEntry fact, @Nullable String id) {
      into.add(line(fact));
    }
  }

  /** The process that is killed: one after the other, facts of every kind. */
  static final class Child {
    // What one account sees, so that its roll leaves nothing.
    private static final long GRANTED = 400_000_000_000L;
    private static final long USED = 13_197_000;
    private static final long MENDED = 1_000;
    private static final long SENT = 5;
    private static final long LENT = 9;
    private static final long EXPIRED = 3;
    private static final long CARRIED = 11;

    /** Most accounts are not used, neither corrected nor rolled: their batches hold facts only. */
    private static final int USED_EVERY = 4;

    private static final int CORRECTED = 4;
    private static final int ROLLED = 9;

    private Child() {}

    public static void main(String[] args) {
      PrintStream out = System.out;
      SqliteLedger ledger =
          SqliteLedger.open(
              Path.of(args[0]),
              new LedgerOptions(65, 1_000, 2, () -> {}),
              InstantSource.system(),
              KillPoint.parse(args[2]));
      for (int i = 0; ; i++) {
        String id = "run" + args[1] + "-" + i;
        boolean used = i % USED_EVERY == 0;
        AttemptId attempt = used ? settle(ledger, id) : null;
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int kind = 0; kind < Samples.FACTS; kind++) {
          if (!used && (kind == CORRECTED || kind == ROLLED)) {
            continue;
          }
          LedgerEntry fact = fact(kind, id, attempt);
          say(out, "entered " + line(fact));
          all.add(ledger.append(fact).thenRun(() -> say(out, "durable " + line(fact))));
        }
        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
      }
    }

    /** What a correction mends. */
    private static AttemptId settle(SqliteLedger ledger, String id) {
      LedgerEntry.Reserved reserved = Samples.reserved(id, 1, account(id));
      OpenAttempt attempt = ledger.begin(reserved);
      if (attempt == null) {
        throw new IllegalStateException("no room");
      }
      attempt.sent();
      attempt.settle(Samples.settled(reserved, TokenUsage.of(812, 345), USED)).join();
      return reserved.id();
    }

    private static AccountKey account(String id) {
      return new AccountKey("person/" + id, "2026-11", Unit.USD);
    }

    /** Facts that this ledger takes, each its own by the id. */
    static LedgerEntry fact(int kind, String id, @Nullable AttemptId attempt) {
      AccountKey account = account(id);
      AccountKey next = new AccountKey(account.budget(), "2026-12", Unit.USD);
      return switch (kind) {
        case 0 -> Samples.granted(id, account, GRANTED);
        case 1 -> Samples.key(id);
        case 2 -> new LedgerEntry.QuotaChanged(Samples.NOW, id, "before", "after", "root");
        case 3 -> new LedgerEntry.RefusalsCounted(Samples.NOW, id, "2026-11-23", "budget", 7);
        case CORRECTED ->
            new LedgerEntry.Corrected(
                Samples.NOW,
                id,
                attempt == null ? new AttemptId(id, 1) : attempt,
                TokenUsage.of(900, 300),
                -MENDED,
                List.of(new Posting(account, -MENDED)),
                "root",
                "invoice");
        case 5 -> new LedgerEntry.KeyRevoked(Samples.NOW, id, "root");
        case 6 ->
            new LedgerEntry.Transferred(
                Samples.NOW, "sent-" + id, account, Samples.TEAM, SENT, "lunch", "root", null);
        case 7 ->
            new LedgerEntry.Lent(
                Samples.NOW, id, account, LENT, LedgerEntry.LoanKind.ADVANCE, "soon", "root");
        case 8 ->
            new LedgerEntry.Expired(Samples.NOW, id, account, Lot.recurringId(account), EXPIRED);
        case ROLLED ->
            new LedgerEntry.Rolled(
                Samples.NOW,
                account,
                next,
                List.of(new LedgerEntry.CarriedLot(id, CARRIED, 0, null)),
                GRANTED - USED + MENDED - SENT - EXPIRED - CARRIED,
                LENT,
                0);
        case 10 ->
            new LedgerEntry.Frozen(Samples.NOW, id, "person/" + id, true, "on leave", "root");
        case 11 -> new LedgerEntry.AlertRaised(Samples.NOW, id, account, "80", "of 400 USD");
        case 12 -> new LedgerEntry.MonthClosed(Samples.NOW, "2026-10", true, id, "signed");
        case 13 -> new LedgerEntry.Enrolled(Samples.NOW, id, "corp", "payments");
        case 14 -> new RatesChanged(Samples.NOW, List.of(), id, "00ff", "1 added", "stipend");
        case 15 -> RateCardKept.of(Samples.NOW, id, "version: card-1");
        default -> throw new AssertionError("kind " + kind);
      };
    }

    private static void say(PrintStream out, String line) {
      byte[] bytes = (line + "\n").getBytes(StandardCharsets.US_ASCII);
      synchronized (out) {
        out.write(bytes, 0, bytes.length);
        out.flush();
      }
    }
  }
}
