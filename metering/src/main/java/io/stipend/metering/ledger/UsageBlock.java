package io.stipend.metering.ledger;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Ended attempts that become one row of the table of usage. All of one block started within the
 * same {@link #SPAN_MILLIS}, so that a range of time finds few blocks that reach beyond it; and all
 * or none stand elsewhere than where they started. For one thread.
 */
final class UsageBlock {
  /** A power of two, so that the least of all instants begins a span. */
  static final long SPAN_MILLIS = 4_096;

  /** Bounds what is read to find one attempt. */
  private static final int MAX_ATTEMPTS = 256;

  /**
   * Exchanges are found by the beginning of their ids. Those of a gateway are ordered by time, and
   * one beginning stands for a second: a block has few of them.
   */
  private static final int PREFIX = 11;

  private final ByteWriter body = new ByteWriter(1024);
  private final Set<String> prefixes = new HashSet<>();
  private String lastPrefix = "";
  private int attempts;
  private long clock;
  private long firstStart = Long.MAX_VALUE;
  private long firstBooked = Long.MAX_VALUE;
  private long lastBooked = Long.MIN_VALUE;

  /** Which attempts belong into the same block. */
  static long key(EndedAttempt attempt) {
    return 2 * Math.floorDiv(attempt.start(), SPAN_MILLIS) + (attempt.booked() == null ? 0 : 1);
  }

  /** The start of the span that an instant lies in. */
  static long span(long millis) {
    return Math.floorDiv(millis, SPAN_MILLIS) * SPAN_MILLIS;
  }

  static String prefix(String exchange) {
    return exchange.length() <= PREFIX ? exchange : exchange.substring(0, PREFIX);
  }

  void add(EndedAttempt attempt, NameWriter names) {
    attempt.write(body, names, clock);
    clock = attempt.start();
    attempts++;
    firstStart = Math.min(firstStart, clock);
    if (attempt.booked() != null) {
      long booked = attempt.booked().toEpochMilli();
      firstBooked = Math.min(firstBooked, booked);
      lastBooked = Math.max(lastBooked, booked);
    }
    String exchange = attempt.reserved().id().exchange();
    if (lastPrefix.length() < PREFIX || !exchange.startsWith(lastPrefix)) {
      lastPrefix = prefix(exchange);
      prefixes.add(lastPrefix);
    }
  }

  /** The attempts of a block, in the order in which they were added. */
  static List<EndedAttempt> read(byte[] body, Definitions definitions) {
    List<EndedAttempt> attempts = new ArrayList<>();
    ByteReader in = new ByteReader(body);
    long clock = 0;
    while (in.hasMore()) {
      EndedAttempt attempt = EndedAttempt.read(in, definitions, clock);
      clock = attempt.start();
      attempts.add(attempt);
    }
    return attempts;
  }

  boolean full() {
    return attempts >= MAX_ATTEMPTS;
  }

  int attempts() {
    return attempts;
  }

  long firstStart() {
    return firstStart;
  }

  /** Whether its attempts stand elsewhere than where they started. */
  boolean moved() {
    return lastBooked != Long.MIN_VALUE;
  }

  long firstBooked() {
    return firstBooked;
  }

  long lastBooked() {
    return lastBooked;
  }

  /** Beginnings of the ids of its exchanges. */
  Set<String> prefixes() {
    return prefixes;
  }

  byte[] body() {
    return body.toByteArray();
  }
}
