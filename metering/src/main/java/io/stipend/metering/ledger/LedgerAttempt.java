package io.stipend.metering.ledger;

import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** An open attempt: its slot, and its entries on their way to the writer. */
final class LedgerAttempt implements OpenAttempt {
  private final BatchWriter writer;
  private final InFlightTable table;
  private final int slot;
  private final AttemptId id;
  private final KnownProfile profile;
  private final AtomicBoolean ended = new AtomicBoolean();
  private final AtomicLong extensions = new AtomicLong();
  private final CompletableFuture<Void> reservedDurably;

  /** How it stands after its entries so far; the writer's thread alone sees it. */
  private @Nullable OpenReservation written;

  LedgerAttempt(
      BatchWriter writer, InFlightTable table, int slot, AttemptId id, KnownProfile profile) {
    this.writer = writer;
    this.table = table;
    this.slot = slot;
    this.id = id;
    this.profile = profile;
    reservedDurably = new CompletableFuture<>();
  }

  KnownProfile profile() {
    return profile;
  }

  /** How it stands in what was written; its reservation goes before everything else. */
  OpenReservation written() {
    return Objects.requireNonNull(written);
  }

  void written(OpenReservation now) {
    written = now;
  }

  /** Its slot, which comes free when the end is durable. */
  int slot() {
    return slot;
  }

  @Override
  public CompletableFuture<Void> reservedDurably() {
    return reservedDurably;
  }

  @Override
  public void hurry() {
    writer.hurry();
  }

  @Override
  public void sent() {
    requireOpen("sent");
    table.sent(slot);
  }

  @Override
  public CompletableFuture<Void> extend(LedgerEntry.Extended extended) {
    requireOwn(extended.id());
    requireOpen("extended");
    table.progress(slot, extensions.incrementAndGet(), extended.outputTokens(), extended.nanos());
    return writer.submit(this, extended, new CompletableFuture<>());
  }

  @Override
  public CompletableFuture<Void> settle(LedgerEntry.Settled settled) {
    requireOwn(settled.id());
    end("settled");
    return writer.submit(this, settled, new CompletableFuture<>());
  }

  @Override
  public CompletableFuture<Void> release(LedgerEntry.Released released) {
    requireOwn(released.id());
    end("released");
    return writer.submit(this, released, new CompletableFuture<>());
  }

  private void end(String how) {
    if (!ended.compareAndSet(false, true)) {
      throw new IllegalStateException(
          "attempt " + id + ": " + how + " after its end (expected: one settle or release)");
    }
  }

  private void requireOpen(String how) {
    if (ended.get()) {
      throw new IllegalStateException(
          "attempt " + id + ": " + how + " after its end (expected: an open attempt)");
    }
  }

  private void requireOwn(AttemptId other) {
    if (!other.equals(id)) {
      throw new IllegalArgumentException("entry of attempt " + other + " (expected: " + id + ")");
    }
  }
}
