package io.stipend.metering.ledger;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * The table of attempts under way: a memory-mapped file of preallocated slots, so that what a
 * killed process had sent is known without any wait for the disk. The operating system keeps mapped
 * pages when a process dies; after a power cut the ledger decides, and a slot whose checksum is
 * wrong counts as absent.
 *
 * <p>A slot is {@link #FREE}, {@link #HELD} or {@link #SENT}; {@link Slot} tells its layout. The
 * last slot that was freed is taken first, so that few pages stay in memory.
 *
 * <p>Safe for use by any thread; one slot is written by one thread at a time.
 */
final class InFlightTable implements AutoCloseable {
  static final int FREE = 0;
  static final int HELD = 0x444C4548;
  static final int SENT = 0x544E4553;

  private static final VarHandle LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long MAGIC = 0x54464C49_50545331L;

  /**
   * Version 2 has the number of the last batch that was acknowledged, 1 has no such word; from 3 on
   * a reservation may name an agent.
   */
  private static final int VERSION = 3;

  /** The header has a page of its own: magic, version, bytes per slot, slots, acknowledged, run. */
  private static final int HEADER_BYTES = 4096;

  private static final int VERSION_AT = 8;
  private static final int SLOT_BYTES_AT = 12;
  private static final int SLOTS_AT = 16;
  private static final int ACKNOWLEDGED_AT = 24;
  private static final int RUN_AT = 32;

  private static final int MAX_SLOT_BYTES = 1 << 20;
  private static final int READ_BYTES = 1 << 20;

  private final FileChannel file;
  private final MappedByteBuffer map;
  private final Storage storage;

  /** For each thread that takes slots, room for what it writes. */
  private final ThreadLocal<ByteWriter> bodies =
      ThreadLocal.withInitial(() -> new ByteWriter(Slot.BYTES));

  private final int[] free;
  private int freeCount;
  private long generation;

  private InFlightTable(
      FileChannel file, MappedByteBuffer map, Storage storage, int slots, long generation) {
    this.file = file;
    this.map = map;
    this.storage = storage;
    this.generation = generation;
    free = new int[slots];
    for (int slot = slots - 1; slot >= 0; slot--) {
      free[freeCount++] = slot;
    }
  }

  /**
   * What an earlier process left.
   *
   * @param contents the readable slots
   * @param taken numbers of all slots that are not free, torn ones included
   * @param slots how many slots the table has; 0 if it cannot be used again
   * @param acknowledged number of a batch that was acknowledged; 0 if none is known. A killed
   *     process leaves the last one, a power cut that or one before
   * @param run which run of the machine wrote it, as {@link Storage#run}; 0 if unknown
   */
  record Leftover(
      List<Slot.Content> contents, List<Integer> taken, int slots, long acknowledged, long run) {
    static final Leftover NONE = new Leftover(List.of(), List.of(), 0, 0, 0);

    /**
     * Whether the marks of the slots are the last ones that the process wrote. After a power cut
     * any page may be an older one: what is not marked as sent may have been sent.
     */
    boolean marksAreLast(Storage storage) {
      long now = storage.run();
      return run == 0 || now == 0 || run == now;
    }
  }

  /** Reads a table that nobody uses, without mapping it. */
  static Leftover read(Path path) {
    try {
      if (!Files.exists(path) || Files.size(path) < HEADER_BYTES) {
        // Shorter than its header: the process died while it made the file, before any attempt.
        return Leftover.NONE;
      }
      try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
        return read(file, path);
      }
    } catch (IOException e) {
      throw new LedgerException("in-flight table " + path + ": cannot be read: " + e, e);
    }
  }

  private static Leftover read(FileChannel file, Path path) throws IOException {
    ByteBuffer header = fill(file, 0, HEADER_BYTES);
    int version = header.getInt(VERSION_AT);
    int slotBytes = header.getInt(SLOT_BYTES_AT);
    int slots = header.getInt(SLOTS_AT);
    if (header.getLong(0) == 0) {
      // The header is written after all slots: no attempt was ever here.
      return Leftover.NONE;
    }
    if (header.getLong(0) != MAGIC
        || version < 1
        || version > VERSION
        || slotBytes < Slot.MIN_BYTES
        || slotBytes > MAX_SLOT_BYTES) {
      throw new LedgerException(
          "in-flight table "
              + path
              + ": version "
              + version
              + ", "
              + slotBytes
              + " bytes per slot (expected: version 1.."
              + VERSION
              + "; a newer Stipend wrote it, or it is no such table)",
          null);
    }
    List<Slot.Content> contents = new ArrayList<>();
    List<Integer> taken = new ArrayList<>();
    int perRead = Math.max(1, READ_BYTES / slotBytes);
    for (int first = 0; first < slots; first += perRead) {
      int count = Math.min(perRead, slots - first);
      ByteBuffer bytes = fill(file, HEADER_BYTES + (long) first * slotBytes, count * slotBytes);
      for (int i = 0; i < count; i++) {
        ByteBuffer slot = bytes.slice(i * slotBytes, slotBytes).order(ByteOrder.LITTLE_ENDIAN);
        int state = slot.getInt(Slot.STATE);
        if (state != FREE) {
          taken.add(first + i);
          Slot.Content content = Slot.read(slot, state == SENT);
          if (content != null) {
            contents.add(content);
          }
        }
      }
    }
    boolean whole = file.size() == HEADER_BYTES + (long) slots * Slot.BYTES;
    // An older table was read; what it held is recovered, and another takes its place.
    boolean usable = version == VERSION && slotBytes == Slot.BYTES && whole;
    long acknowledged = version >= 2 ? Math.max(0, header.getLong(ACKNOWLEDGED_AT)) : 0;
    long run = version >= 2 ? header.getLong(RUN_AT) : 0;
    return new Leftover(contents, taken, usable ? slots : 0, acknowledged, run);
  }

  private static ByteBuffer fill(FileChannel file, long at, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining() && file.read(bytes, at + bytes.position()) >= 0) {
      // Until full; what a cut file lacks reads as zeros, which is a free slot.
    }
    return bytes;
  }

  /**
   * Opens a table whose slots are all free: the old one if it has the wanted size, else another in
   * its place. What the old one held must have been recovered.
   *
   * @param generation larger than any that an earlier process used
   */
  static InFlightTable open(Path path, int slots, Leftover old, long generation, Storage storage) {
    try {
      if (old.slots() != slots) {
        create(path, slots, storage);
      }
      FileChannel file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
      MappedByteBuffer map = file.map(FileChannel.MapMode.READ_WRITE, 0, bytes(slots));
      map.order(ByteOrder.LITTLE_ENDIAN);
      InFlightTable table = new InFlightTable(file, map, storage, slots, generation);
      if (old.slots() == slots) {
        old.taken().forEach(slot -> table.mark(slot, FREE));
      }
      LONG.setRelease(map, RUN_AT, storage.run());
      return table;
    } catch (IOException e) {
      throw new LedgerException(
          "in-flight table "
              + path
              + ": cannot be made: "
              + e
              + " (expected: room for "
              + slots
              + " slots)",
          e);
    }
  }

  /** Every block is written, so that a full disk shows here and not as a fault of a mapped page. */
  private static void create(Path path, int slots, Storage storage) throws IOException {
    Files.deleteIfExists(path);
    LedgerFiles.createFile(path);
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE)) {
      long size = bytes(slots);
      ByteBuffer zeros = ByteBuffer.allocate(READ_BYTES);
      for (long at = 0; at < size; ) {
        zeros.clear().limit((int) Math.min(zeros.capacity(), size - at));
        at += file.write(zeros, at);
      }
      storage.tableFileWritten();
      file.force(true);
      ByteBuffer header = ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN);
      header.putLong(MAGIC).putInt(VERSION).putInt(Slot.BYTES).putInt(slots).flip();
      file.write(header, 0);
      file.force(true);
    }
  }

  private static long bytes(int slots) {
    return HEADER_BYTES + (long) slots * Slot.BYTES;
  }

  /**
   * Takes a slot and writes a reservation to it.
   *
   * @return the slot, or -1 if none is free or the reservation does not fit one
   */
  int take(KnownProfile profile, LedgerEntry.Reserved reserved) {
    ByteWriter body = bodies.get();
    if (!Slot.body(body, profile, reserved)) {
      return -1;
    }
    int slot;
    long mine;
    synchronized (free) {
      if (freeCount == 0) {
        return -1;
      }
      slot = free[--freeCount];
      mine = ++generation;
    }
    Slot.write(map, offset(slot), mine, body);
    mark(slot, HELD);
    return slot;
  }

  void sent(int slot) {
    mark(slot, SENT);
  }

  void progress(int slot, long count, long outputTokens, long nanos) {
    Slot.progress(map, offset(slot), count, outputTokens, nanos);
    VarHandle.releaseFence();
  }

  /** Frees the first so many of these slots. */
  void free(int[] slots, int count) {
    for (int i = 0; i < count; i++) {
      mark(slots[i], FREE);
    }
    if (count > 0) {
      synchronized (free) {
        System.arraycopy(slots, 0, free, freeCount, count);
        freeCount += count;
      }
    }
  }

  /**
   * Notes that a batch is durable, before anyone is told: what this says was acknowledged must
   * never be cut from the ledger.
   */
  void acknowledge(long seq) {
    LONG.setRelease(map, ACKNOWLEDGED_AT, seq);
  }

  /** The state word is written last: whoever sees it sees all that was written before. */
  private void mark(int slot, int state) {
    INT.setRelease(map, offset(slot) + Slot.STATE, state);
    storage.slotWritten();
  }

  private static int offset(int slot) {
    return HEADER_BYTES + slot * Slot.BYTES;
  }

  @Override
  public void close() {
    try {
      map.force();
      file.close();
    } catch (IOException e) {
      throw new LedgerException("in-flight table: cannot be closed: " + e, e);
    }
  }
}
