package io.stipend.gateway.admin;

import io.stipend.gateway.admin.AdminException.Kind;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.report.page.Format;
import io.stipend.metering.report.statement.Statement;
import io.stipend.metering.report.statement.StatementPeriod;
import io.stipend.metering.report.statement.StatementReport;
import io.stipend.metering.report.statement.StatementRequest;
import io.stipend.metering.report.statement.StatementText;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.config.StatementRequests;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.YearMonth;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The statements of people: read from the ledger, whoever writes it meanwhile. Blocks. */
public final class Statements {
  private final Supplier<QuotaFile> quota;
  private final InstantSource clock;
  private final Function<Path, LedgerReader> opening;

  /**
   * @param quota the quota file in force, asked again for every statement
   * @param opening opens the ledger of a data folder: {@link LedgerReader#openBeside} where callers
   *     are served meanwhile
   */
  public Statements(
      Supplier<QuotaFile> quota, InstantSource clock, Function<Path, LedgerReader> opening) {
    this.quota = quota;
    this.clock = clock;
    this.opening = opening;
  }

  /** What a statement is written as. */
  public enum Form {
    /** 80 columns of a terminal. */
    TEXT,
    /** One object. */
    JSON,
    /** A page that needs nothing else, and can be printed. */
    HTML;

    /**
     * The form of this name.
     *
     * @throws AdminException if there is none
     */
    public static Form of(String name) {
      for (Form form : values()) {
        if (form.name().toLowerCase(Locale.ROOT).equals(name)) {
          return form;
        }
      }
      throw new AdminException(
          Kind.INVALID, "format: " + Orders.shown(name) + " (expected: text, json or html)");
    }
  }

  /**
   * The statement of a person or service.
   *
   * @param month such as {@code 2026-11}; null for this month, where no year is given either
   * @param year such as {@code 2026}; null for a month
   * @throws AdminException if neither the quota file nor the ledger knows whom it is of, or it is
   *     of no time
   */
  public String text(String person, @Nullable String month, @Nullable String year, Form form) {
    QuotaFile file = quota.get();
    StatementPeriod period = period(file, person, month, year);
    StatementRequest request = StatementRequests.of(file, person, period);
    Statement statement;
    try (LedgerReader reader = opening.apply(file.gateway().data())) {
      statement = Statement.read(reader, request);
    }
    if (statement.isEmpty()) {
      // Who left is in no quota file, and has a statement of the time before.
      Orders.principal(file, person);
    }
    if (form == Form.TEXT) {
      return StatementText.of(statement);
    }
    StringWriter out = new StringWriter();
    Format format = form == Form.JSON ? Format.JSON : Format.HTML;
    format.write(StatementReport.of(statement, form == Form.HTML), out);
    return out.toString();
  }

  private StatementPeriod period(
      QuotaFile file, String person, @Nullable String month, @Nullable String year) {
    if (month != null && year != null) {
      throw new AdminException(Kind.INVALID, "month, year (expected: one of them)");
    }
    try {
      if (year != null) {
        return StatementPeriod.year(year);
      }
      return month == null
          ? StatementPeriod.of(
              YearMonth.from(clock.instant().atZone(StatementRequests.zone(file, person))))
          : StatementPeriod.month(month);
    } catch (IllegalArgumentException e) {
      throw new AdminException(Kind.INVALID, String.valueOf(e.getMessage()), e);
    }
  }

  /** The same over HTTP: JSON unless HTML is asked for. */
  Page page(String person, @Nullable String month, @Nullable String year, @Nullable String format) {
    Form form = format == null ? Form.JSON : Form.of(format);
    if (form == Form.TEXT) {
      throw new AdminException(Kind.INVALID, "format: text (expected: json or html)");
    }
    String text = text(person, month, year, form);
    return new Page(form == Form.JSON ? Page.JSON : Page.HTML, text);
  }
}
