package io.stipend.metering.export;

import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.Progress;
import java.io.Writer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The usage export by the FinOps Open Cost and Usage Specification (FOCUS): CSV of its columns, a
 * row being of a day, a consumer and a price rather than of an attempt ({@link FocusWriter}).
 */
public final class FocusExport implements UsageFormat.OfText {
  private final FocusOptions options;

  /** The format, as it is written. */
  public FocusExport(FocusOptions options) {
    this.options = options;
  }

  /**
   * How a FOCUS file is written.
   *
   * @param version of the specification
   * @param providers who stands behind the providers of the quota file, by their names there; one
   *     that is missing here is taken for what its name says
   */
  public record FocusOptions(FocusVersion version, Map<String, FocusProvider> providers) {
    /** Copies the providers. */
    public FocusOptions {
      providers = Map.copyOf(providers);
    }

    FocusProvider provider(String name) {
      FocusProvider known = providers.get(name);
      return known == null ? FocusProvider.named(name) : known;
    }
  }

  /** {@code focus}, or {@code focus-1.2} of a version that is not the default. */
  @Override
  public String name() {
    FocusVersion version = options.version();
    return version == FocusVersion.V1_4 ? "focus" : "focus-" + version.label();
  }

  @Override
  public String stem() {
    return "focus";
  }

  @Override
  public String ending() {
    return "csv";
  }

  @Override
  public List<Field> fields() {
    return FocusColumns.of(options.version()).stream().map(FocusColumn::field).toList();
  }

  @Override
  public boolean isOfDays() {
    return true;
  }

  @Override
  public @Nullable FocusSchema focus(String generatorVersion) {
    return FocusSchema.of(options.version(), generatorVersion);
  }

  /**
   * Writes the rows of {@code from <= started_at < to} to an open writer, which is neither flushed
   * nor closed.
   *
   * @param progress is told the attempts so far, of an unknown number
   * @return what was written; its rows are those of the file
   */
  @Override
  public UsageExport.Summary write(
      LedgerReader reader, Instant from, Instant to, Writer out, Progress progress) {
    FocusWriter rows = new FocusWriter(options, out);
    rows.header();
    UsageExport.Summary of = UsageExport.each(reader, from, to, rows::row, progress);
    rows.end();
    return new UsageExport.Summary(rows.written(), of.totalNanos(), of.state());
  }
}
