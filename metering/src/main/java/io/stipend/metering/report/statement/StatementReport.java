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
import org.jspecify.annotations.Nullable;

/** A statement as facts and tables, for JSON and for a page that can be printed. */
public final class StatementReport {
  private static final int MOST_BARS = 20;

  private final Statement statement;
  private final boolean forPeople;
  private final List<Fact> facts = new ArrayList<>();
  private final List<Block> blocks = new ArrayList<>();

  private StatementReport(Statement statement, boolean forPeople) {
    this.statement = statement;
    this.forPeople = forPeople;
  }

  /**
   * The report of a statement.
   *
   * @param forPeople whether what has no name is told in words; else it is null
   */
  public static Report of(Statement statement, boolean forPeople) {
    StatementReport made = new StatementReport(statement, forPeople);
    made.facts();
    statement.budgets().forEach(made::budget);
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
    if (forPeople) {
      fact("person", "Of", Cell.text(StatementWords.who(statement)));
      fact("days", "Days", Cell.text(StatementWords.days(statement)));
      fact("entitlement", "Entitlement", text(request.entitlement()));
      fact("standing", "Standing", Cell.text(StatementWords.standing(statement)));
      fact("compensation", "Total compensation", text(StatementWords.pay(statement)));
    } else {
      fact("person", "Person", Cell.text(request.person()));
      fact("name", "Name", text(request.name()));
      fact("period", "Period", Cell.text(request.period().label()));
      fact("zone", "Zone", Cell.text(request.zone().getId()));
      fact("from", "From", Cell.time(statement.from()));
      fact("to", "To", Cell.time(statement.to()));
      fact("entitlement", "Entitlement", text(request.entitlement()));
      fact("final", "Final", Cell.text(statement.open().isEmpty() ? "yes" : "no"));
      fact("standing", "Standing", Cell.text(StatementWords.standing(statement)));
      pay();
    }
    Instant until = statement.proof().completeUntil();
    fact("complete_until", "Complete until", until == null ? Cell.NONE : Cell.time(until));
    fact("ledger_head_seq", "Ledger head", Cell.count(statement.proof().head().seq()));
    fact("ledger_head_hash", "Its hash", Cell.text(statement.proof().head().hash()));
    fact(
        "fingerprint",
        "Statement",
        Cell.text(StatementProof.fingerprint(StatementText.body(statement))));
  }

  private void pay() {
    StatementRequest.Pay pay = statement.request().pay();
    if (pay != null) {
      fact("compensation_currency", "Compensation in", Cell.text(pay.unit().name()));
      fact("compensation", "Compensation besides", Cell.exact(pay.nanos()));
      fact("compensation_basis", "How it comes about", Cell.text(pay.basis()));
      long share = statement.payShare();
      fact("ai_compute_share", "AI compute of all", share < 0 ? Cell.NONE : Cell.share(share));
    }
  }

  private void fact(String name, String label, Cell value) {
    if (!forPeople || !value.isNone()) {
      facts.add(Fact.of(name, label, value));
    }
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
    boolean nothing = budget.notEntered() != 0 && budget.lines().isEmpty() && budget.opening() == 0;
    String note = (words + (nothing ? "" : StatementWords.equation(budget))).strip();
    blocks.add(
        forPeople ? slip(budget, name, note, cell, kind) : lines(budget, name, note, cell, kind));
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

  /** As people read it: what, and how much. */
  private Table slip(Budget budget, String name, String note, LongFunction<Cell> cell, Kind kind) {
    Table.Making table =
        Table.of(
                name,
                "Budget " + StatementWords.budget(budget),
                Column.text("words", "What"),
                new Column("amount", budget.unit().name(), kind))
            .note(note);
    table.row(Cell.text("Opening balance"), cell.apply(budget.opening()));
    for (Line line : StatementWords.lines(budget)) {
      String what = StatementWords.line(line, statement.request().zone());
      String told = " (" + StatementWords.amount(budget.unit(), Math.absExact(line.amount())) + ")";
      table.row(
          Cell.text(line.counts() ? what : what + told),
          line.counts() ? cell.apply(line.amount()) : Cell.NONE);
    }
    return table.total(Cell.text("Closing balance"), cell.apply(budget.closing())).made();
  }

  private static Table lines(
      Budget budget, String name, String note, LongFunction<Cell> cell, Kind kind) {
    Table.Making table =
        Table.of(
                name,
                "Budget " + StatementWords.budget(budget),
                Column.text("line", "Line"),
                Column.text("words", "What"),
                Column.time("at", "Entered"),
                Column.text("by", "By"),
                Column.time("expires_at", "Until"),
                new Column("amount", budget.unit().name(), kind),
                new Column("told", "Told only", kind))
            .note(note);
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
    return table.total(row("closing", "Closing balance", cell.apply(budget.closing()))).made();
  }

  private static Cell[] row(String line, String words, Cell amount) {
    return new Cell[] {
      Cell.text(line), Cell.text(words), Cell.NONE, Cell.NONE, Cell.NONE, amount, Cell.NONE
    };
  }

  private void periods(Budget budget, String name, Kind kind, LongFunction<Cell> every) {
    // People need not read columns of zeros.
    LongFunction<Cell> cell = n -> forPeople && n == 0 ? Cell.NONE : every.apply(n);
    Table.Making table =
        Table.of(
            name + "_periods",
            "By period, in " + budget.unit().name(),
            Column.text("period", "Period"),
            Column.text("state", "State"),
            new Column("carried_in", "Carried in", kind).whereUsed(),
            new Column("in", "In", kind).whereUsed(),
            new Column("used", "Used", kind).whereUsed(),
            new Column("other_out", "Other out", kind).whereUsed(),
            new Column("expired", "Expired", kind).whereUsed(),
            new Column("carried_on", "Carried on", kind).whereUsed());
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
    sessions(use);
    uses(times + "s", "Used by " + times, times, use.times(), "");
    charts(times, use);
    uses("sources", "Used, by how it is known", "source", use.sources(), "");
    uses(
        "totals",
        "Used in all",
        "of",
        use.totals().stream().map(one -> one.named("all")).toList(),
        "");
  }

  private void uses(String name, String title, String label, List<UseLine> lines, String unnamed) {
    Table.Making table = Table.of(name, title, columns(label));
    for (UseLine one : lines) {
      table.row(cells(one, named(one.label(), unnamed)));
    }
    blocks.add(table.made());
  }

  /** The last line may be many sessions; that of calls without one is none. */
  private void sessions(Use use) {
    List<Column> columns = new ArrayList<>(List.of(columns("session")));
    columns.add(1, Column.count("sessions", "Sessions").whereUsed());
    Table.Making table =
        Table.of("sessions", "Used by session, the dearest", columns.toArray(Column[]::new));
    for (UseLine one : use.sessions()) {
      boolean others = use.otherSessions() > 0 && "".equals(one.label());
      String unnamed = others ? use.otherSessions() + " other sessions" : "no session named";
      Cell name = named(others ? null : one.label(), unnamed);
      List<Cell> cells = new ArrayList<>(List.of(cells(one, name)));
      long count = others ? use.otherSessions() : one.label() == null ? 0 : 1;
      cells.add(1, forPeople ? Cell.NONE : Cell.count(count));
      table.row(cells.toArray(Cell[]::new));
    }
    blocks.add(table.made());
  }

  /** People are told what machines see as null. */
  private Cell named(@Nullable String label, String unnamed) {
    return label == null && !forPeople
        ? Cell.NONE
        : text(Objects.requireNonNullElse(label, unnamed));
  }

  /** Of one currency alone its name stands with the amounts. */
  private Column[] columns(String label) {
    String title = label.substring(0, 1).toUpperCase(Locale.ROOT) + label.substring(1);
    List<UseLine> totals = statement.use().totals();
    String currency = isOneCurrency() ? ", " + totals.get(0).currency() : "";
    return new Column[] {
      Column.text(label, title),
      Column.count("calls", "Calls"),
      Column.count("tokens", "Tokens"),
      Column.exact("cost", "Cost" + currency),
      Column.exact("list_value", "List value" + currency).whereUsed(),
      Column.text("currency", "Currency").whereUsed()
    };
  }

  /** Whether list prices make a difference. */
  private boolean isListed() {
    return statement.use().totals().stream().anyMatch(one -> one.listNanos() != one.nanos());
  }

  private boolean isOneCurrency() {
    return statement.use().totals().size() == 1;
  }

  private Cell[] cells(UseLine one, Cell name) {
    return new Cell[] {
      name,
      Cell.count(one.calls()),
      Cell.count(one.tokens()),
      Cell.exact(one.nanos()),
      forPeople && !isListed() ? Cell.NONE : Cell.exact(one.listNanos()),
      forPeople && isOneCurrency() ? Cell.NONE : Cell.text(one.currency())
    };
  }

  private void charts(String times, Use use) {
    if (use.isEmpty() || !isOneCurrency()) {
      return;
    }
    String currency = use.totals().get(0).currency();
    blocks.add(
        new Chart.Bars(
            "Cost by model",
            Kind.MONEY,
            currency,
            use.models().stream()
                .limit(MOST_BARS)
                .map(one -> new Chart.Bar(String.valueOf(one.label()), one.nanos()))
                .toList()));
    // A day of nothing but a correction may be below zero, which no stack can show.
    if (use.times().stream().allMatch(one -> one.nanos() >= 0)) {
      List<String> days = use.times().stream().map(one -> String.valueOf(one.label())).toList();
      List<Long> costs = use.times().stream().map(UseLine::nanos).toList();
      blocks.add(
          new Chart.StackedBars(
              "Cost by " + times,
              Kind.MONEY,
              currency,
              times,
              days,
              List.of(Chart.Series.of("cost", costs))));
    }
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
