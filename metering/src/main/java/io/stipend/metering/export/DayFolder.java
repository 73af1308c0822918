package io.stipend.metering.export;

import io.stipend.metering.Unit;
import io.stipend.metering.ledger.BookedRanges;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerException;
import io.stipend.metering.ledger.LedgerReader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Usage delivered into a folder: a file for each UTC day, with its {@link ExportMeta} beside it. A
 * day is written again only if something of it may have changed, so that an interrupted run goes on
 * where it was; and once its month is closed its file stays, because what comes later stands in the
 * open month.
 *
 * <p>One run at a time writes into a folder. For one thread.
 */
public final class DayFolder {
  private static final String LOCK = ".stipend-export.lock";

  private final Path dataDir;
  private final UsageFormat format;
  private final Path folder;
  private final ExportMeta.Maker maker;
  private final boolean again;
  private final Watcher watcher;

  /**
   * A folder to deliver into; it is made if it is missing.
   *
   * @param dataDir the data folder that is read
   * @param again writes every day, changed or not
   */
  public DayFolder(
      Path dataDir,
      UsageFormat format,
      Path folder,
      ExportMeta.Maker maker,
      boolean again,
      Watcher watcher) {
    this.dataDir = dataDir;
    this.format = format;
    this.folder = folder;
    this.maker = maker;
    this.again = again;
    this.watcher = watcher;
  }

  /** Looks at a run. */
  @FunctionalInterface
  public interface Watcher {
    /** For when nobody looks. */
    Watcher NONE = (day, done, days, rows) -> {};

    /**
     * Tells how far it is.
     *
     * @param day the day that is written
     * @param done days before it
     * @param days days in all
     * @param rows rows so far, of all days
     */
    void at(LocalDate day, long done, long days, long rows);
  }

  /**
   * What a run did.
   *
   * @param folder the folder
   * @param format the format
   * @param days days that are complete in the folder now
   * @param written those of them that this run wrote
   * @param rows rows of all these days
   * @param totals the sum of their costs by currency, as decimal strings
   * @param completeUntil rows with an earlier {@code started_at} are all there
   */
  public record Delivery(
      String folder,
      String format,
      long days,
      long written,
      long rows,
      Map<String, String> totals,
      String completeUntil) {
    /** Copies the totals. */
    public Delivery {
      totals = Map.copyOf(totals);
    }

    /** One sentence for people. */
    public String sentence() {
      StringBuilder text = new StringBuilder(folder).append(": ").append(days);
      text.append(days == 1 ? " day, " : " days, ").append(written).append(" written; ");
      text.append(rows).append(rows == 1 ? " row" : " rows");
      new TreeMap<>(totals)
          .forEach((currency, sum) -> text.append(", ").append(sum).append(' ').append(currency));
      return text.append("; complete until ").append(completeUntil).toString();
    }
  }

  /**
   * Delivers the days from {@code first} to the one before {@code end}; days that have not begun
   * are left out.
   *
   * @throws LedgerException if the ledger cannot be read, the folder cannot be written, or another
   *     run writes into it
   */
  public Delivery deliver(LocalDate first, LocalDate end) {
    LocalDate today = LocalDate.ofInstant(maker.now(), ZoneOffset.UTC);
    LocalDate stop = end.isAfter(today) ? today.plusDays(1) : end;
    try {
      Files.createDirectories(folder);
      try (FileChannel channel =
              FileChannel.open(
                  folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock lock = lock(channel)) {
        if (lock == null) {
          throw new LedgerException(
              folder + ": another export writes into it (expected: one at a time)", null);
        }
        removeParts();
        return days(first, stop);
      }
    } catch (IOException e) {
      throw new LedgerException(folder + ": " + e + " (expected: a folder for the days)", e);
    }
  }

  private static @Nullable FileLock lock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  /** What a run that was killed left. */
  private void removeParts() throws IOException {
    String glob = "." + format.stem() + "-*" + WholeFile.PART;
    try (DirectoryStream<Path> parts = Files.newDirectoryStream(folder, glob)) {
      for (Path part : parts) {
        Files.deleteIfExists(part);
      }
    }
  }

  private Delivery days(LocalDate first, LocalDate end) throws IOException {
    long days = Math.max(0, end.toEpochDay() - first.toEpochDay());
    long written = 0;
    long rows = 0;
    Map<String, Long> totals = new TreeMap<>();
    Instant complete = first.atStartOfDay(ZoneOffset.UTC).toInstant();
    boolean whole = true;
    try (LedgerReader reader = LedgerReader.open(dataDir);
        BookedRanges ranges = BookedRanges.open(dataDir)) {
      Map<String, LedgerEntry.MonthClosed> closings = new TreeMap<>();
      reader.monthClosings().forEach(entry -> closings.put(entry.month(), entry));
      for (LocalDate day = first; day.isBefore(end); day = day.plusDays(1)) {
        watcher.at(day, day.toEpochDay() - first.toEpochDay(), days, rows);
        ExportMeta meta = kept(day, ranges, closings);
        if (meta == null) {
          meta = write(day, first, days, rows, reader, ranges);
          written++;
        }
        rows += meta.rows();
        meta.totals()
            .forEach((unit, sum) -> totals.merge(unit, new Unit(unit).parse(sum), Math::addExact));
        if (whole) {
          complete = Instant.parse(meta.completeUntil());
          whole = !complete.isBefore(end(day));
        }
      }
    }
    Map<String, String> sums = new TreeMap<>();
    totals.forEach((unit, sum) -> sums.put(unit, new Unit(unit).format(sum)));
    return new Delivery(
        folder.toString(), format.name(), days, written, rows, sums, complete.toString());
  }

  private ExportMeta write(
      LocalDate day,
      LocalDate first,
      long days,
      long rowsBefore,
      LedgerReader reader,
      BookedRanges ranges) {
    Path file = file(day);
    // Before the rows: what comes between makes the day be written once more.
    String mark = ranges.mark(start(day), end(day));
    UsageFormat.Written written =
        format.write(
            reader,
            start(day),
            end(day),
            file,
            (done, of) ->
                watcher.at(day, day.toEpochDay() - first.toEpochDay(), days, rowsBefore + done));
    ExportMeta meta =
        ExportMeta.of(
            file.getFileName(),
            format,
            start(day),
            end(day),
            maker,
            written.summary(),
            written.digest(),
            mark);
    meta.writeBeside(file);
    return meta;
  }

  /** What is said of a day that need not be written again; null if it must. */
  private @Nullable ExportMeta kept(
      LocalDate day, BookedRanges ranges, Map<String, LedgerEntry.MonthClosed> closings)
      throws IOException {
    Path file = file(day);
    ExportMeta meta = again || !Files.isRegularFile(file) ? null : ExportMeta.beside(file);
    if (meta == null
        || !meta.format().equals(format.name())
        || !meta.from().equals(start(day).toString())
        || !meta.to().equals(end(day).toString())
        || !meta.completeUntil(end(day))
        || !(meta.bytes() != null && meta.bytes() == Files.size(file))
        || !WholeFile.Digest.of(file).sha256().equals(meta.sha256())) {
      return null;
    }
    LedgerEntry.MonthClosed closing = closings.get(YearMonth.from(day).toString());
    boolean stays =
        closing != null
            && closing.closed()
            && meta.months().stream()
                .anyMatch(m -> m.closed() && m.at().equals(closing.at().toString()));
    boolean same =
        meta.columns().equals(format.fields().stream().map(ExportMeta.ColumnMeta::of).toList())
            && ranges.mark(start(day), end(day)).equals(meta.mark());
    return stays || same ? meta : null;
  }

  private Path file(LocalDate day) {
    return folder.resolve(format.stem() + "-" + day + "." + format.ending());
  }

  private static Instant start(LocalDate day) {
    return day.atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  private static Instant end(LocalDate day) {
    return start(day.plusDays(1));
  }
}
