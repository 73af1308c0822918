package io.stipend.gateway.exchange;

import io.stipend.metering.ledger.Ledger;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.policy.RefusalReason;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts refusals by person, day and reason, and enters the counts in the ledger from time to time:
 * a client that re-sends a refused request for ever costs a few bytes a minute. Safe for use by any
 * thread.
 */
public final class RefusalCounts {
  /** Counts kept between two flushes; the least exact ones beyond it are counted for nobody. */
  private static final int MAX_KEYS = 10_000;

  private record Key(String person, LocalDate day, RefusalReason reason) {}

  private final Ledger ledger;
  private final InstantSource clock;
  private final Map<Key, Long> counts = new ConcurrentHashMap<>();

  /** Enters into this ledger. */
  public RefusalCounts(Ledger ledger, InstantSource clock) {
    this.ledger = ledger;
    this.clock = clock;
  }

  /** Counts one; {@code person} is empty where the credential named nobody. */
  void count(String person, RefusalReason reason, Instant now) {
    LocalDate day = now.atOffset(ZoneOffset.UTC).toLocalDate();
    Key key = new Key(person, day, reason);
    if (counts.size() >= MAX_KEYS && !counts.containsKey(key)) {
      key = new Key("", day, reason);
    }
    counts.merge(key, 1L, Long::sum);
  }

  /**
   * Enters what was counted since the last flush.
   *
   * @return completes when it is durable
   */
  public CompletableFuture<Void> flush() {
    Instant now = clock.instant();
    CompletableFuture<Void> last = CompletableFuture.completedFuture(null);
    for (Key key : List.copyOf(counts.keySet())) {
      Long count = counts.remove(key);
      if (count != null) {
        last =
            ledger.append(
                new LedgerEntry.RefusalsCounted(
                    now, key.person(), key.day().toString(), key.reason().label(), count));
      }
    }
    return last;
  }
}
