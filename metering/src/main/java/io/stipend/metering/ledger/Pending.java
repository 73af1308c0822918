package io.stipend.metering.ledger;

import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What waits for the writer; it is in one {@link WriteQueue} at most. */
abstract sealed class Pending {
  private @Nullable Pending next;
  private int place;

  /** Whoever asked hears that it is not done. */
  abstract void fail(LedgerException why);

  /** Puts it behind another one in a queue; null puts it at the beginning. */
  final void follows(@Nullable Pending before) {
    next = before;
    place = before == null ? 1 : before.place + 1;
  }

  /** Its place in what is linked behind it, from 1. */
  final int place() {
    return place;
  }

  final @Nullable Pending next() {
    return next;
  }

  final void next(@Nullable Pending other) {
    next = other;
  }

  /** Belongs to no queue any more. */
  final void alone() {
    next = null;
  }

  /** An entry that waits for its commit. */
  static final class Entry extends Pending {
    private final @Nullable LedgerAttempt attempt;
    private final LedgerEntry entry;
    private final CompletableFuture<Void> done;

    /**
     * @param attempt the attempt that it belongs to; null for a fact
     * @param done completes when it is durable
     */
    Entry(@Nullable LedgerAttempt attempt, LedgerEntry entry, CompletableFuture<Void> done) {
      this.attempt = attempt;
      this.entry = entry;
      this.done = done;
    }

    @Nullable LedgerAttempt attempt() {
      return attempt;
    }

    LedgerEntry entry() {
      return entry;
    }

    CompletableFuture<Void> done() {
      return done;
    }

    @Override
    void fail(LedgerException why) {
      done.completeExceptionally(why);
    }
  }

  /** What is read of the accounts. */
  @FunctionalInterface
  interface Reading<T> {
    T read(AccountTable accounts) throws SQLException;
  }

  /** Asks for accounts as they are after every entry before it. */
  static final class Question<T> extends Pending {
    private final Reading<T> reading;
    private final CompletableFuture<T> answer = new CompletableFuture<>();

    Question(Reading<T> reading) {
      this.reading = reading;
    }

    /** Completes with what was asked for. */
    CompletableFuture<T> answer() {
      return answer;
    }

    void read(AccountTable accounts) throws SQLException {
      answer.complete(reading.read(accounts));
    }

    @Override
    void fail(LedgerException why) {
      answer.completeExceptionally(why);
    }
  }

  /** Asks the writer to stop. */
  static final class Stop extends Pending {
    @Override
    void fail(LedgerException why) {
      // Who stops the writer waits for its thread to end.
    }
  }
}
