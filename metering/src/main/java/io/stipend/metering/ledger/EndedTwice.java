package io.stipend.metering.ledger;

import java.sql.SQLException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Counts the attempts that the table has more than once. Their ids are compared by a hash of 64
 * bits, a bounded number at a time, and exactly only where two hashes are the same.
 */
final class EndedTwice {
  private static final int MAX_HASHES = 4_000_000;
  private static final long FNV_BASIS = 0xCBF29CE484222325L;
  private static final long FNV_PRIME = 0x100000001B3L;

  private final UsageTable usage;
  private long[] hashes = new long[1_024];
  private int size;

  EndedTwice(UsageTable usage) {
    this.usage = usage;
  }

  long count() throws SQLException {
    int parts = Math.toIntExact(1 + usage.count() / MAX_HASHES);
    Set<Long> suspects = new HashSet<>();
    for (int i = 0; i < parts; i++) {
      int part = i;
      size = 0;
      usage.blocks((block, attempts) -> attempts.forEach(attempt -> add(attempt, part, parts)));
      Arrays.sort(hashes, 0, size);
      for (int at = 1; at < size; at++) {
        if (hashes[at] == hashes[at - 1]) {
          suspects.add(hashes[at]);
        }
      }
    }
    return suspects.isEmpty() ? 0 : exactly(suspects);
  }

  private void add(EndedAttempt attempt, int part, int parts) {
    long hash = hash(attempt.reserved().id());
    if (Long.remainderUnsigned(hash, parts) != part) {
      return;
    }
    if (size == hashes.length) {
      hashes = Arrays.copyOf(hashes, 2 * size);
    }
    hashes[size++] = hash;
  }

  private long exactly(Set<Long> suspects) throws SQLException {
    Map<AttemptId, Integer> times = new HashMap<>();
    usage.blocks(
        (block, attempts) -> {
          for (EndedAttempt attempt : attempts) {
            AttemptId id = attempt.reserved().id();
            if (suspects.contains(hash(id))) {
              times.merge(id, 1, Integer::sum);
            }
          }
        });
    return times.values().stream().filter(count -> count > 1).count();
  }

  private static long hash(AttemptId id) {
    long hash = (FNV_BASIS ^ id.number()) * FNV_PRIME;
    for (int i = 0; i < id.exchange().length(); i++) {
      hash = (hash ^ id.exchange().charAt(i)) * FNV_PRIME;
    }
    return hash;
  }
}
