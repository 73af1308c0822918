package io.stipend.metering.report.statement;

import io.stipend.metering.Unit;
import io.stipend.metering.report.page.Block;
import io.stipend.metering.report.page.Cell;
import io.stipend.metering.report.page.Chart;
import io.stipend.metering.report.page.Column;
import io.stipend.metering.report.page.Fact;
import io.stipend.metering.report.page.Kind;
import io.stipend.metering.report.page.Report;
import io.stipend.metering.report.page.Table;
import io.stipend.metering.report.statement.Statement.Budget;
import io.stipend.metering.report.statement.Statement.Line;
import io.stipend.metering.report.statement.Statement.Use;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.LongFunction;

/** A statement as facts and tables, for JSON and for a page that can be printed. */
public final class StatementReport {
  /** A day's bar needs its room. */
  private static final int MOST_BARS = 31;

  private final Statement statement;
  private final List<Fact> facts = new ArrayList<>();
  private final List<Block> blocks = new ArrayList<>();

  private StatementReport(Statement statement) {
    this.statement = statement;
  }

  /** The report of a statement. */
  public static Report of(Statement statement) {
    StatementReport made = new StatementReport(statement);
    made.facts();
    for (int i = 0; i < statement.budgets().size(); i++) {
      made.budget(statement.budgets().get(i));
    }
    made.use(statement.use());
    made.corrections();
    made.refusals();
    List<String> notes = new ArrayList<>();
    String pay = StatementWords.pay(statement);
    if (!pay.isEmpty()) {
      notes.add(pay);
    }
    notes.addAll(StatementWords.notes(statement));
    return new Report("statement", StatementWords.title(statement), made.facts, made.blocks, notes);
  }

  private void facts() {
    StatementRequest request = statement.request();
    fact("person", "Person", Cell.text(request.person()));
    fact("name", "Name", text(request.name()));
    fact("period", "Period", Cell.text(request.period().label()));
    fact("days", "Days", Cell.text(StatementWords.days(statement)));
    fact("from", "From", Cell.time(statement.from()));
    fact("to", "To", Cell.time(statement.to()));
    fact("entitlement", "Entitlement", text(request.entitlement()));
    fact("standing", "Standing", Cell.text(StatementWords.standing(statement)));
    StatementRequest.Pay pay = request.pay();
    if (pay != null) {
      fact("compensation_currency", "Compensation in", Cell.text(pay.unit().name()));
      fact("compensation", "Compensation besides", Cell.exact(pay.nanos()));
      fact("compensation_basis", "How it comes about", Cell.text(pay.basis()));
      long share = statement.payShare();
      fact(
          "ai_compute_share", "AI compute of the total", share < 0 ? Cell.NONE : Cell.share(share));
    }
    Instant until = statement.proof().completeUntil();
    fact("complete_until", "Complete until", until == null ? Cell.NONE : Cell.time(until));
    fact("ledger_head_seq", "Ledger batch", Cell.count(statement.proof().head().seq()));
    fact("ledger_head_hash", "Ledger hash", Cell.text(statement.proof().head().hash()));
    fact(
        "fingerprint",
        "Statement",
        Cell.text(StatementProof.fingerprint(StatementText.body(statement))));
  }

  private void fact(String name, String label, Cell value) {
    facts.add(Fact.of(name, label, value));
  }

  private static Cell text(String text) {
    return text.isEmpty() ? Cell.NONE : Cell.text(text);
  }

  private void budget(Budget budget) {
    Unit unit = budget.unit();
    LongFunction<Cell> cell = unit.isMoney() ? Cell::exact : Cell::count;
    Kind kind = unit.isMoney() ? Kind.EXACT : Kind.COUNT;
    String name = "budget_" + budget.every() + "_" + unit.name().toLowerCase(Locale.ROOT);
    String words = budget.notEntered() == 0 ? "" : StatementWords.notEntered(budget) + " ";
    words += budget.elsewhere() == 0 ? "" : StatementWords.elsewhere(budget) + " ";
    Table.Making table =
        Table.of(
                name,
                "Budget " + StatementWords.budget(budget),
                Column.text("line", "Line"),
                Column.text("words", "What"),
                Column.time("at", "Entered").whereUsed(),
                Column.text("by", "By").whereUsed(),
                Column.time("expires_at", "Until").whereUsed(),
                new Column("amount", unit.name(), kind),
                new Column("told", "Told only", kind, true))
            .note((words + StatementWords.equation(budget)).strip());
    table.row(row("opening", "Opening balance", cell.apply(budget.opening())));
    for (Line line : budget.lines()) {
      Cell amount = cell.apply(line.amount());
      table.row(
          Cell.text(line.kind().label()),
          Cell.text(StatementWords.words(line)),
          line.at() == null ? Cell.NONE : Cell.time(line.at()),
          text(line.by()),
          line.expiresAt() == null ? Cell.NONE : Cell.time(line.expiresAt()),
          line.counts() ? amount : Cell.NONE,
          line.counts() ? Cell.NONE : amount);
    }
    table.total(row("closing", "Closing balance", cell.apply(budget.closing())));
    blocks.add(table.made());
    if (budget.held() != 0) {
      blocks.add(
          Table.of(
                  name + "_held",
                  "Of the closing balance",
                  new Column("held", "Held for calls under way", kind),
                  new Column("remaining", "Left", kind))
              .row(cell.apply(budget.held()), cell.apply(budget.remaining()))
              .made());
    }
    if (!budget.periods().isEmpty()) {
      periods(budget, name, kind, cell);
    }
    if (!budget.months().isEmpty()) {
      Table.Making months =
          Table.of(
              name + "_months",
              "At the end of each month",
              Column.text("month", "Month"),
              new Column("closing", unit.name(), kind));
      budget.months().forEach(m -> months.row(Cell.text(m.month()), cell.apply(m.closing())));
      blocks.add(months.made());
    }
  }

  private static Cell[] row(String line, String words, Cell amount) {
    return new Cell[] {
      Cell.text(line), Cell.text(words), Cell.NONE, Cell.NONE, Cell.NONE, amount, Cell.NONE
    };
  }

  private void periods(Budget budget, String name, Kind kind, LongFunction<Cell> cell) {
    Table.Making table =
        Table.of(
            name + "_periods",
            "By period, in " + budget.unit().name(),
            Column.text("period", "Period"),
            Column.text("state", "State"),
            new Column("carried_in", "Carried in", kind),
            new Column("in", "In", kind),
            new Column("used", "Used", kind),
            new Column("other_out", "Other out", kind),
            new Column("expired", "Expired", kind),
            new Column("carried_on", "Carried on", kind));
    budget
        .periods()
        .forEach(
            p ->
                table.row(
                    Cell.text(p.account().period()),
                    Cell.text(p.ended() ? "ended" : "open"),
                    cell.apply(p.carriedIn()),
                    cell.apply(p.in()),
                    cell.apply(p.used()),
                    cell.apply(p.out()),
                    cell.apply(p.expired()),
                    cell.apply(p.carriedOut())));
    blocks.add(table.made());
  }

  private void use(Use use) {
    String times = statement.request().period().isYear() ? "month" : "day";
    uses("models", "Used by model", "model", use.models(), "no model named");
    uses("projects", "Used by project", "project", use.projects(), "no project");
    List<UseLine> sessions =
        use.sessions().stream()
            .map(one -> "".equals(one.label()) ? one.named(use.otherSessions() + " others") : one)
            .toList();
    uses("sessions", "Used by session, the dearest", "session", sessions, "no session named");
    uses(times + "s", "Used by " + times, times, use.times(), "");
    bars("By model", use.models());
    if (use.times().size() <= MOST_BARS) {
      bars("By " + times, use.times());
    }
    uses(
        "sources",
        "Used, by how it is known",
        "source",
        use.sources().stream().map(one -> one.named(StatementWords.source(one.label()))).toList(),
        "");
    uses("totals", "Used in all", "currency", use.totals(), "");
  }

  private void uses(String name, String title, String label, List<UseLine> lines, String unnamed) {
    Table.Making table =
        Table.of(
            name,
            title,
            Column.text(label, label.substring(0, 1).toUpperCase(Locale.ROOT) + label.substring(1)),
            Column.count("calls", "Calls"),
            Column.count("tokens", "Tokens"),
            Column.exact("cost", "Cost"),
            Column.exact("list_value", "List value"),
            Column.text("unit", "Currency"));
    for (UseLine one : lines) {
      table.row(
          Cell.text(Objects.requireNonNullElse(one.label(), unnamed)),
          Cell.count(one.calls()),
          Cell.count(one.tokens()),
          Cell.exact(one.nanos()),
          Cell.exact(one.listNanos()),
          Cell.text(one.currency()));
    }
    blocks.add(table.made());
  }

  private void bars(String title, List<UseLine> lines) {
    if (lines.isEmpty() || statement.use().totals().size() > 1) {
      return;
    }
    blocks.add(
        new Chart.Bars(
            title,
            Kind.MONEY,
            lines.get(0).currency(),
            lines.stream()
                .limit(MOST_BARS)
                .map(one -> new Chart.Bar(String.valueOf(one.label()), one.nanos()))
                .toList()));
  }

  private void corrections() {
    Table.Making table =
        Table.of(
            "corrections",
            "Corrections entered",
            Column.time("at", "At"),
            Column.text("call", "Call"),
            Column.exact("cost", "Cost"),
            Column.text("by", "By"),
            Column.text("reason", "Reason"));
    statement
        .corrections()
        .forEach(
            c ->
                table.row(
                    Cell.time(c.at()),
                    Cell.text(c.attempt()),
                    Cell.exact(c.nanos()),
                    Cell.text(c.by()),
                    Cell.text(c.reason())));
    if (!statement.corrections().isEmpty()) {
      blocks.add(table.made());
    }
  }

  private void refusals() {
    Table.Making table =
        Table.of(
            "refusals",
            "Calls refused",
            Column.text("reason", "Reason"),
            Column.count("calls", "Calls"));
    statement.refusals().forEach(r -> table.row(Cell.text(r.reason()), Cell.count(r.count())));
    if (!statement.refusals().isEmpty()) {
      blocks.add(table.made());
    }
  }
}
