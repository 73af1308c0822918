package io.stipend.gateway.admin;

import io.stipend.gateway.admin.AdminException.Kind;
import io.stipend.metering.Unit;
import io.stipend.metering.export.UsageExport;
import io.stipend.metering.ledger.Entered;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.policy.identity.NotSignedException;
import io.stipend.policy.identity.SigningKey;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a closed month amounts to, to be signed: {@link SigningKey#sign} makes one line of it. It is
 * the same each time as long as the month stays closed and nothing is taken out of the record.
 *
 * @param month of UTC, such as {@code 2026-11}
 * @param closedBy who closed it
 * @param closedAt when
 * @param reason in words; may be empty
 * @param headSeq number of the batch that closed it; its hash proves all before it
 * @param headHash that hash, in hex
 * @param rows rows of its usage export
 * @param totals the sum of their costs by currency, as decimal strings
 * @param exportSha256 SHA-256 in hex of that export as CSV, whole months of UTC
 * @param generator the version of this program that made this
 */
public record MonthHead(
    String month,
    String closedBy,
    String closedAt,
    String reason,
    long headSeq,
    String headHash,
    long rows,
    Map<String, String> totals,
    String exportSha256,
    String generator) {
  /** What it is, for the header of the signed line. */
  static final String TYPE = "stipend-month-head";

  private static final int BUFFER = 1 << 16;

  /** Keeps the totals in the order of their currencies. */
  public MonthHead {
    totals = new TreeMap<>(totals);
  }

  /** When a month was closed, and in which batch. */
  record Closing(LedgerEntry.MonthClosed entry, long batch) {}

  /** What was said last of a month; null if it was never closed. */
  static @Nullable Closing last(LedgerReader reader, String month) {
    Closing[] last = new Closing[1];
    reader.entered(
        Set.of(LedgerEntry.MonthClosed.class),
        (Entered one) -> {
          LedgerEntry.MonthClosed closing = (LedgerEntry.MonthClosed) one.entry();
          if (closing.month().equals(month)) {
            last[0] = new Closing(closing, one.batch());
          }
        });
    return last[0];
  }

  /**
   * What a closed month amounts to.
   *
   * @param version of this program
   * @throws AdminException if it is no month, or not closed
   */
  public static MonthHead of(LedgerReader reader, String month, String version) {
    MonthClosings.start(month);
    Closing last = last(reader, month);
    if (last == null || !last.entry().closed()) {
      throw new AdminException(
          Kind.CONFLICT,
          "month: "
              + month
              + (last == null
                  ? " was never closed"
                  : " was reopened by " + last.entry().by() + " at " + last.entry().at())
              + " (expected: one that is closed)");
    }
    Contents contents = Contents.of(reader, month);
    return new MonthHead(
        month,
        last.entry().by(),
        last.entry().at().toString(),
        last.entry().reason(),
        last.batch(),
        reader.hash(last.batch()).orElse(""),
        contents.rows(),
        contents.totals(),
        contents.sha256(),
        version);
  }

  /** The same, signed: one line. */
  public String signed(SigningKey key) {
    return key.sign(TYPE, AdminJson.text(this));
  }

  /**
   * Reads what a key signed.
   *
   * @throws NotSignedException if it did not sign this, or it is another thing
   */
  static MonthHead verified(SigningKey key, String line) throws NotSignedException {
    return AdminJson.read(
        key.verified(TYPE, line).getBytes(StandardCharsets.UTF_8), MonthHead.class);
  }

  /** The export of a month as it is now. */
  record Contents(long rows, Map<String, String> totals, String sha256) {
    static Contents of(LedgerReader reader, String month) {
      Instant from = MonthClosings.start(month);
      Instant to =
          YearMonth.parse(month).plusMonths(1).atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant();
      MessageDigest digest = sha256digest();
      OutputStream hashing = new DigestOutputStream(OutputStream.nullOutputStream(), digest);
      try (Writer out =
          new BufferedWriter(new OutputStreamWriter(hashing, StandardCharsets.UTF_8), BUFFER)) {
        UsageExport.Summary summary =
            UsageExport.write(reader, from, to, UsageExport.Format.CSV, out);
        out.flush();
        Map<String, String> totals = new TreeMap<>();
        summary
            .totalNanos()
            .forEach((currency, nanos) -> totals.put(currency, new Unit(currency).format(nanos)));
        return new Contents(summary.rows(), totals, HexFormat.of().formatHex(digest.digest()));
      } catch (IOException e) {
        throw new UncheckedIOException("an export to nowhere", e);
      }
    }
  }

  static MessageDigest sha256digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every Java platform", e);
    }
  }
}
