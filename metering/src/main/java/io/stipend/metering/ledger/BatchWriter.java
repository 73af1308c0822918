package io.stipend.metering.ledger;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that writes. It takes all that waits, packs it into one batch, commits that, and
 * completes the futures; whatever comes meanwhile is the next batch. What the entries amount to is
 * kept in memory on the way, and the tables are projected from that when nothing waits, when they
 * are too far behind, or when somebody asks for accounts: these are then read from the tables,
 * after the commit, once for all who asked meanwhile.
 *
 * <p>A commit that failed may have been written or not, and the operating system reports it only
 * once: the writer stops for good, and every future that waits fails.
 */
final class BatchWriter {
  private static final Logger LOG = LoggerFactory.getLogger(BatchWriter.class);

  /** Bounds one commit, so that the first entry of a flood does not wait for the last. */
  private static final int MAX_ENTRIES = 8_192;

  /** A commit is cut at this size; SQLite takes larger blobs, but the page cache should not. */
  private static final int MAX_BLOB_BYTES = 1 << 20;

  /** So long must nothing have come before the quiet is used for projection. */
  private static final long IDLE_NANOS = 10_000_000;

  /**
   * Entries after which the tables are projected though more wait: commits wait for it meanwhile,
   * some milliseconds, and a start after a crash has so many to read.
   */
  private static final int MAX_BEHIND = 32_768;

  /** The same in bytes: what waits for the tables is held in memory. */
  private static final long MAX_BYTES_BEHIND = 16L << 20;

  private final WriteQueue queue;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final LedgerOptions options;
  private final Path folder;
  private final Storage storage;
  private final InFlightTable inFlight;
  private final BatchTable batches;
  private final Projection projection;
  private final FactGuard guard;
  private final BatchEncoder encoder;

  /** Taken from the queue and not yet complete. */
  private final List<Pending> taken = new ArrayList<>();

  /** The part of these that stands in the batch under way. */
  private final List<Pending.Entry> encoded = new ArrayList<>();

  /** Bytes of the batches that are not in the tables yet. */
  private long bytesBehind;

  /** Slots of the attempts that end in it. */
  private int[] ended = new int[64];

  private int endedCount;

  /** The part of these that is to be answered after it. */
  private final List<Pending.Question<?>> asked = new ArrayList<>();

  private final Thread thread;
  private final CommitPace pace;
  private volatile boolean closed;

  /** What went wrong for good; null while all is well. */
  private volatile @Nullable String failure;

  /** Set before the queue is emptied for the last time: whoever adds later must look. */
  private volatile boolean finished;

  /** All batches must be projected, and the encoder must go on where they end. */
  BatchWriter(
      LedgerOptions options,
      Path folder,
      Storage storage,
      InFlightTable inFlight,
      BatchTable batches,
      Projection projection,
      BatchEncoder encoder) {
    this.options = options;
    this.folder = folder;
    this.storage = storage;
    this.inFlight = inFlight;
    this.batches = batches;
    this.projection = projection;
    this.encoder = encoder;
    guard = new FactGuard(projection.tables());
    encoder.tell(projection);
    thread = new Thread(this::run, "ledger-writer");
    thread.setDaemon(true);
    queue = new WriteQueue(thread);
    pace = new CommitPace(thread);
  }

  void start() {
    thread.start();
  }

  boolean poisoned() {
    return failure != null;
  }

  /** Whether a new attempt may still be queued. */
  boolean hasRoom() {
    return !closed && failure == null && queue.size() < options.queueCapacity();
  }

  /** Queues an entry; its future fails if nothing more is taken. */
  CompletableFuture<Void> submit(
      @Nullable LedgerAttempt attempt, LedgerEntry entry, CompletableFuture<Void> done) {
    queue(new Pending.Entry(attempt, entry, done));
    return done;
  }

  /** Queues a question; its future fails if nothing more is taken. */
  <T> CompletableFuture<T> ask(Pending.Reading<T> reading) {
    Pending.Question<T> question = new Pending.Question<>(reading);
    queue(question);
    pace.hurry();
    return question.answer();
  }

  /** Somebody waits for what is queued: it is not to gather for long. */
  void hurry() {
    pace.hurry();
  }

  private void queue(Pending pending) {
    if (closed || failure != null) {
      pending.fail(refusal());
      return;
    }
    queue.add(pending);
    if (finished) {
      queue.refuse(refusal());
    }
  }

  /** Writes and projects what is queued, then ends the thread. */
  void stop() {
    closed = true;
    queue.add(new Pending.Stop());
    pace.hurry();
    boolean interrupted = false;
    while (true) {
      try {
        stopped.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    boolean failed = false;
    try {
      while (step()) {
        if (behind() >= options.maxBatchesBehind()
            || projection.waiting() >= MAX_BEHIND
            || bytesBehind >= MAX_BYTES_BEHIND) {
          project();
        }
      }
      // What was queued beside the request to stop is still taken.
      while (queue.size() > 0) {
        step();
      }
      project();
    } catch (Throwable e) {
      failed = true;
      String what = DiskFault.of(folder, e, storage);
      failure = what;
      LOG.error("the ledger takes nothing more: {}", what, e);
    }
    finished = true;
    taken.forEach(pending -> pending.fail(refusal()));
    failQueued();
    // Before the action, which may end the process and thereby close this ledger.
    stopped.countDown();
    if (failed) {
      options.onPoisoned().run();
    }
  }

  /** One commit, or one projection if nothing comes. Returns false at the end. */
  private boolean step() throws SQLException {
    Pending next = behind() > 0 ? queue.poll(IDLE_NANOS) : queue.take();
    if (next == null) {
      project();
      return true;
    }
    pace.gather();
    while (next != null) {
      taken.add(next);
      next = taken.size() < MAX_ENTRIES ? queue.poll() : null;
    }
    boolean goOn = true;
    for (Pending pending : taken) {
      if (pending instanceof Pending.Question<?> question) {
        asked.add(question);
      } else if (pending instanceof Pending.Entry entry && encode(entry)) {
        encoded.add(entry);
        if (encoder.size() >= MAX_BLOB_BYTES) {
          commit();
        }
      }
      goOn &= !(pending instanceof Pending.Stop);
    }
    commit();
    answer();
    taken.clear();
    return goOn;
  }

  private boolean encode(Pending.Entry pending) throws SQLException {
    LedgerAttempt attempt = pending.attempt();
    LedgerEntry entry = pending.entry();
    if (attempt == null) {
      return encodeFact(pending, entry);
    }
    Replay replay = projection.replay();
    if (entry instanceof LedgerEntry.Reserved reserved) {
      long number = encoder.reserved(reserved, attempt.profile());
      OpenReservation begun =
          new OpenReservation(
              number,
              attempt.profile().number(),
              attempt.profile().profile(),
              reserved,
              reserved.holds(),
              0,
              0);
      attempt.written(begun);
      replay.reserved(begun);
      return true;
    }
    OpenReservation before = attempt.written();
    if (entry instanceof LedgerEntry.Extended extended) {
      encoder.extended(before.number(), before.profile(), extended);
      attempt.written(replay.extended(before, extended));
    } else if (entry instanceof LedgerEntry.Settled settled) {
      encoder.settled(before.number(), before.profile(), settled);
      replay.settled(before, settled);
      ended(attempt);
    } else if (entry instanceof LedgerEntry.Released released) {
      encoder.released(before.number(), released);
      replay.released(before, released);
      ended(attempt);
    }
    return true;
  }

  private boolean encodeFact(Pending.Entry pending, LedgerEntry fact) throws SQLException {
    if (fact instanceof LedgerEntry.Corrected) {
      // It is rare, so everything is brought up to date to look for what it mends.
      commit();
      project();
    }
    try {
      if (fact instanceof LedgerEntry.Corrected correction) {
        requireSettled(correction);
      }
      if (!guard.isNew(fact)) {
        return true;
      }
    } catch (LedgerException e) {
      pending.done().completeExceptionally(e);
      return false;
    }
    // From here on a failure is the writer's own, and ends it.
    encoder.fact(fact);
    projection.replay().fact(fact);
    return true;
  }

  private void requireSettled(LedgerEntry.Corrected correction) throws SQLException {
    UsageTable.Row row = projection.usage().find(correction.id());
    if (row == null || row.settled() == null) {
      throw new LedgerException(
          "correction "
              + correction.correctionId()
              + ": attempt "
              + correction.id()
              + " (expected: an attempt that has settled)",
          null);
    }
  }

  private void commit() throws SQLException {
    if (encoder.entries() > 0) {
      pace.begins(encoder.entries());
      byte[] blob = encoder.finish();
      bytesBehind += blob.length;
      batches.append(blob);
      projection.written(batches.seq());
      inFlight.acknowledge(batches.seq());
    }
    inFlight.free(ended, endedCount);
    endedCount = 0;
    for (Pending.Entry pending : encoded) {
      pending.done().complete(null);
    }
    encoded.clear();
  }

  /** An end is in the batch: the slot comes free when it is durable. */
  private void ended(LedgerAttempt attempt) {
    if (endedCount == ended.length) {
      ended = Arrays.copyOf(ended, 2 * endedCount);
    }
    ended[endedCount++] = attempt.slot();
  }

  /** Reads what was asked for; everything that was taken is committed. */
  private void answer() throws SQLException {
    if (asked.isEmpty()) {
      return;
    }
    project();
    for (Pending.Question<?> question : asked) {
      question.read(projection.tables().accounts());
    }
    asked.clear();
  }

  private long behind() {
    return batches.seq() - projection.projectedSeq();
  }

  private void project() throws SQLException {
    if (behind() > 0) {
      projection.store(batches.seq());
      bytesBehind = 0;
      guard.projected();
    }
  }

  private void failQueued() {
    for (Pending left = queue.poll(); left != null; left = queue.poll()) {
      left.fail(refusal());
    }
  }

  private LedgerException refusal() {
    String what = failure;
    return new LedgerException(
        what == null
            ? "ledger: closed (expected: an open ledger)"
            : "ledger: takes nothing more: " + what,
        null);
  }
}
