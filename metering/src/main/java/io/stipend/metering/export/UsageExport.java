package io.stipend.metering.export;

import io.stipend.metering.ledger.LedgerException;
import io.stipend.metering.ledger.LedgerReader;
import java.nio.file.Path;
import java.time.Instant;

/** The usage export: one row per attempt that was sent. */
public final class UsageExport {
  private UsageExport() {}

  /** The format of an export. */
  public enum Format {
    /** RFC 4180 with a header line. */
    CSV,
    /** One JSON object per line. */
    JSONL
  }

  /**
   * What was written.
   *
   * @param rows data rows
   * @param totalNanos sum of all costs; 0 if the rows have several currencies
   * @param currency of the total; empty without rows or with several currencies
   * @param headSeq number of the last batch that was read
   * @param headHash its hash, in hex
   */
  public record Summary(
      long rows, long totalNanos, String currency, long headSeq, String headHash) {}

  /**
   * Writes the rows with {@code from <= started_at < to} to a file; it appears whole or not at all.
   */
  public static Summary write(
      LedgerReader reader, Instant from, Instant to, Format format, Path file) {
    if (!from.isBefore(to)) {
      return new Summary(0, 0, "", 0, reader.head().hash());
    }
    throw new LedgerException("export: " + file + " (not written yet): " + format, null);
  }
}
