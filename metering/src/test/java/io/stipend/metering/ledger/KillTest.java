package io.stipend.metering.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.TokenUsage;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real process under load is killed at a random point and after each kind of write; what it told
 * must be in its ledger.
 */
class KillTest {
  private static final int KILLS = Boolean.getBoolean("stipend.tests.full") ? 40 : 4;

  /** Each kills once after every kind of write. */
  private static final int ROUNDS = Boolean.getBoolean("stipend.tests.full") ? 12 : 2;

  private final Set<String> sent = new HashSet<>();
  private final Map<String, Long> settled = new HashMap<>();
  private final Set<String> released = new HashSet<>();
  private int assumed;

  @TempDir Path temporary;

  @Test
  void everythingSentHasExactlyOneRowAndNothingStaysHeld() throws Exception {
    Random random = new Random(20261123);
    for (int kill = 0; kill < KILLS; kill++) {
      kill(kill, 50 + random.nextInt(4_000), "");
    }
    assertThat(assumed).as("the kills hit attempts under way").isPositive();
  }

  @Test
  void theSameHoldsAfterEachKindOfWrite() throws Exception {
    Random random = new Random(20261124);
    int run = 0;
    for (int round = 0; round < ROUNDS; round++) {
      for (KillPoint.Kind kind : KillPoint.Kind.values()) {
        kill(1_000 + run++, Integer.MAX_VALUE, kind + ":" + (1 + random.nextInt(kind.most)));
      }
    }
  }

  /** The same folder again and again: recovery after recovery. */
  private void kill(int run, int lines, String point) throws Exception {
    Path folder = temporary.resolve("data");
    int[] seen = {0};
    KilledProcess.run(
        Child.class,
        folder,
        run,
        point,
        line -> {
          heard(line);
          return ++seen[0] == lines || line.equals(KillPoint.REACHED);
        });
    SqliteLedger.open(folder, Samples.SMALL, InstantSource.system()).close();
    Map<String, UsageRow> rows = new HashMap<>();
    for (UsageRow row : Folders.rows(folder)) {
      assertThat(rows.put(row.exchangeId(), row)).as("doubled " + row).isNull();
    }
    String why = "kill " + run + " " + point;
    // By sets: the comparisons of lists would take the time of the square.
    Set<String> missing = new HashSet<>(sent);
    missing.removeAll(rows.keySet());
    assertThat(missing).as(why).isEmpty();
    Set<String> doubled = new HashSet<>(released);
    doubled.retainAll(rows.keySet());
    assertThat(doubled).as(why).isEmpty();
    settled.forEach(
        (exchange, nanos) -> {
          assertThat(rows.get(exchange).nanos()).as(why).isEqualTo(nanos);
          assertThat(rows.get(exchange).outcome()).as(why).isEqualTo("completed");
        });
    long used = rows.values().stream().mapToLong(UsageRow::nanos).sum();
    assertThat(Folders.totals(folder).getOrDefault(Samples.ADA, AccountTotals.ZERO))
        .as(why)
        .isEqualTo(new AccountTotals(0, used, 0));
    assertThat(Folders.verify(folder).problems()).as(why).isEmpty();
    assumed = (int) rows.values().stream().filter(r -> r.flags().equals("assumed")).count();
  }

  private void heard(String line) {
    String[] words = line.split(" ");
    if (words[words.length - 1].equals(".")) {
      switch (words[0]) {
        case "sent" -> sent.add(words[1]);
        case "settled" -> settled.put(words[1], Long.parseLong(words[2]));
        default -> released.add(words[1]);
      }
    }
  }

  /** The process that is killed: two threads that begin, send, extend and end attempts. */
  static final class Child {
    private Child() {}

    public static void main(String[] args) {
      PrintStream out = System.out;
      SqliteLedger ledger =
          SqliteLedger.open(
              Path.of(args[0]),
              // Another size than the parent's, so that each run makes the table's file anew.
              new LedgerOptions(65, 1_000, 8, () -> {}),
              InstantSource.system(),
              args[2].isEmpty() ? Storage.DISK : KillPoint.parse(args[2]));
      for (int thread = 0; thread < 2; thread++) {
        String prefix = "01K" + args[1] + "-" + thread + "-";
        new Thread(() -> load(ledger, prefix, out)).start();
      }
    }

    private static void load(SqliteLedger ledger, String prefix, PrintStream out) {
      Random random = new Random(prefix.hashCode());
      for (int i = 0; ; i++) {
        String exchange = prefix + i;
        LedgerEntry.Reserved reserved = Samples.reserved(exchange, 1, Samples.ADA);
        OpenAttempt attempt = ledger.begin(reserved);
        if (attempt == null) {
          LockSupport.parkNanos(100_000);
          i--;
          continue;
        }
        if (random.nextInt(10) == 0) {
          attempt
              .release(Samples.released(reserved))
              .thenRun(() -> say(out, "released " + exchange + " ."));
          continue;
        }
        attempt.sent();
        say(out, "sent " + exchange + " .");
        if (random.nextInt(3) == 0) {
          attempt.extend(
              new LedgerEntry.Extended(
                  reserved.at(),
                  reserved.id(),
                  java.util.List.of(new Posting(Samples.ADA, 100)),
                  2_000,
                  80_000_000L));
        }
        long nanos = 1 + random.nextInt(1_000_000_000);
        attempt
            .settle(Samples.settled(reserved, TokenUsage.of(i, i), nanos))
            .thenRun(() -> say(out, "settled " + exchange + " " + nanos + " ."));
      }
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
