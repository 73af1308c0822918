package io.stipend.metering.export;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.stipend.metering.Unit;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is said of an export in {@code FILE.meta.json} beside it: what is in it, and which record it
 * was made from. In the file the names are in snake case.
 *
 * @param file the export, as it was named
 * @param format its format
 * @param from first instant
 * @param to the instant after the last one
 * @param rows data rows
 * @param totals the sum of all costs by currency, as decimal strings
 * @param completeUntil rows with an earlier {@code started_at} are all there; later ones may come
 * @param months the months of UTC within the range that ever were closed: rows of those that are
 *     closed stay as they are
 * @param headSeq number of the last batch of the ledger that was read
 * @param headHash its hash
 * @param filter which rows of the ledger are there, in words
 * @param columns the columns, in their order
 * @param generator what wrote it
 * @param generatorVersion its version
 * @param createdAt when
 * @param bytes size of the file; null if it was none
 * @param sha256 of the file, in hex; null if it was none
 * @param mark what the rows are made of ({@link io.stipend.metering.ledger.BookedRanges#mark});
 *     null where nobody compares it
 * @param focus what FOCUS wants to be told; null of other formats
 */
public record ExportMeta(
    String file,
    String format,
    String from,
    String to,
    long rows,
    Map<String, String> totals,
    String completeUntil,
    List<Month> months,
    long headSeq,
    String headHash,
    String filter,
    List<ColumnMeta> columns,
    String generator,
    String generatorVersion,
    String createdAt,
    @Nullable Long bytes,
    @Nullable String sha256,
    @Nullable String mark,
    @Nullable FocusSchema focus) {
  private static final String END = ".meta.json";
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  /** Copies the collections; a file that lacks what is always said is none. */
  public ExportMeta {
    Objects.requireNonNull(format);
    Objects.requireNonNull(from);
    Objects.requireNonNull(to);
    Objects.requireNonNull(completeUntil);
    Objects.requireNonNull(createdAt);
    totals = Map.copyOf(totals);
    months = List.copyOf(months);
    columns = List.copyOf(columns);
  }

  /**
   * A column.
   *
   * @param type {@code text}, {@code word}, {@code time}, {@code integer} or {@code decimal}
   */
  public record ColumnMeta(String name, String type) {
    /** As a file says it. */
    public static ColumnMeta of(Field field) {
      return new ColumnMeta(field.name(), field.type().name().toLowerCase(Locale.ROOT));
    }
  }

  /**
   * A month that ever was closed.
   *
   * @param state {@code closed} or {@code reopened}
   * @param at since when
   */
  public record Month(String month, String state, String at, String by, String reason) {
    static Month of(LedgerEntry.MonthClosed entry) {
      return new Month(
          entry.month(),
          entry.closed() ? "closed" : "reopened",
          entry.at().toString(),
          entry.by(),
          entry.reason());
    }

    /** Whether its rows stay as they are. */
    public boolean closed() {
      return state.equals("closed");
    }
  }

  /**
   * Who writes an export, and when.
   *
   * @param version of the program
   * @param now an instant before the rows were read: what begins later they may lack
   */
  public record Maker(String version, Instant now) {}

  /** What is said of a file of usage that was written. */
  public static ExportMeta of(
      Path file,
      UsageFormat format,
      Instant from,
      Instant to,
      Maker maker,
      UsageExport.Summary summary,
      WholeFile.@Nullable Digest digest,
      @Nullable String mark) {
    Map<String, String> totals = new TreeMap<>();
    summary
        .totalNanos()
        .forEach((currency, nanos) -> totals.put(currency, new Unit(currency).format(nanos)));
    return new ExportMeta(
        file.toString(),
        format.name(),
        from.toString(),
        to.toString(),
        summary.rows(),
        totals,
        complete(to, maker.now(), summary.state().oldestOpen()).toString(),
        months(from, to, summary.state()),
        summary.head().seq(),
        summary.head().hash(),
        "started_at >= " + from + " and started_at < " + to,
        format.fields().stream().map(ColumnMeta::of).toList(),
        "stipend",
        maker.version(),
        maker.now().toString(),
        digest == null ? null : digest.bytes(),
        digest == null ? null : digest.sha256(),
        mark,
        format.focus(maker.version()));
  }

  /** Rows that start before this instant are all there: nothing older is still under way. */
  private static Instant complete(Instant end, Instant now, @Nullable Instant oldestOpen) {
    Instant least = oldestOpen != null && oldestOpen.isBefore(now) ? oldestOpen : now;
    return least.isBefore(end) ? least : end;
  }

  private static List<Month> months(Instant from, Instant to, LedgerReader.BookedState state) {
    String first = YearMonth.from(from.atOffset(ZoneOffset.UTC)).toString();
    String last = YearMonth.from(to.minusNanos(1).atOffset(ZoneOffset.UTC)).toString();
    return state.months().values().stream()
        .filter(m -> m.month().compareTo(first) >= 0 && m.month().compareTo(last) <= 0)
        .map(Month::of)
        .toList();
  }

  /** Where it stands. */
  public static Path fileOf(Path export) {
    return export.resolveSibling(export.getFileName() + END);
  }

  /** Writes it beside its export, in the place of any old one. */
  public void writeBeside(Path export) {
    WholeFile.writeText(
        fileOf(export), out -> out.append(JSON.writeValueAsString(this)).append('\n'));
  }

  /** Reads what stands beside an export; null if nothing does, or nothing that can be read. */
  public static @Nullable ExportMeta beside(Path export) {
    try {
      Path file = fileOf(export);
      return Files.exists(file) ? JSON.readValue(Files.readString(file), ExportMeta.class) : null;
    } catch (IOException e) {
      return null;
    }
  }

  /** Whether it says that no row with an earlier {@code started_at} is missing. */
  boolean completeUntil(Instant end) {
    try {
      return !Instant.parse(completeUntil).isBefore(end);
    } catch (DateTimeException e) {
      return false;
    }
  }

  /** One sentence for people. */
  public String sentence() {
    StringBuilder text = new StringBuilder(file).append(": ").append(rows);
    text.append(rows == 1 ? " row" : " rows");
    new TreeMap<>(totals)
        .forEach((currency, sum) -> text.append(", ").append(sum).append(' ').append(currency));
    text.append("; from ").append(from).append(" to ").append(to);
    text.append("; complete until ").append(completeUntil);
    months.forEach(m -> text.append("; ").append(m.month()).append(' ').append(m.state()));
    return text.append("; ledger head ").append(headSeq).append(' ').append(headHash).toString();
  }
}
