package io.stipend.metering.report.statement;

import io.stipend.metering.Unit;
import io.stipend.metering.report.statement.Statement.Budget;
import io.stipend.metering.report.statement.Statement.Line;
import io.stipend.metering.report.statement.Statement.PeriodLine;
import io.stipend.metering.report.statement.Statement.Use;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/** A statement for a terminal of 80 columns. */
public final class StatementText {
  private static final int WIDTH = 80;
  private static final String GAP = "  ";
  private static final int LEAST_LABEL = 24;

  private final Statement statement;
  private final StringBuilder text = new StringBuilder(4_096);

  private StatementText(Statement statement) {
    this.statement = statement;
  }

  /** Renders it; every line ends with a line feed. */
  public static String of(Statement statement) {
    String body = body(statement);
    StatementText end = new StatementText(statement);
    end.line("");
    end.wrapped("", StatementProof.words(statement.proof()));
    end.wrapped("", "Statement " + StatementProof.fingerprint(body));
    return body + end.text;
  }

  /** All but what tells the state of the ledger that was read. */
  static String body(Statement statement) {
    StatementText made = new StatementText(statement);
    made.write();
    return made.text.toString();
  }

  private void write() {
    line(StatementWords.title(statement));
    line(StatementWords.who(statement) + ", " + StatementWords.days(statement));
    if (!statement.request().entitlement().isEmpty()) {
      wrapped("", statement.request().entitlement());
    }
    wrapped("", StatementWords.standing(statement));
    statement.budgets().forEach(this::budget);
    use(statement.use());
    corrections();
    if (!statement.refusals().isEmpty()) {
      table(
          "Calls refused",
          statement.refusals(),
          Statement.RefusalLine::reason,
          List.of("CALLS"),
          List.of(line -> Long.toString(line.count())));
    }
    String pay = StatementWords.pay(statement);
    if (!pay.isEmpty()) {
      line("");
      wrapped("", pay);
    }
    line("");
    StatementWords.notes(statement).forEach(note -> wrapped("", note));
  }

  private void budget(Budget budget) {
    line("");
    heading("Budget " + StatementWords.budget(budget));
    if (budget.notEntered() != 0) {
      wrapped("", StatementWords.notEntered(budget));
      if (budget.lines().isEmpty() && budget.opening() == 0) {
        return;
      }
    }
    Unit unit = budget.unit();
    List<String> labels = new ArrayList<>(List.of("Opening balance"));
    List<String> amounts = new ArrayList<>(List.of(unit.format(budget.opening())));
    for (Line line : StatementWords.lines(budget)) {
      String words = StatementWords.line(line, statement.request().zone());
      labels.add(line.counts() ? words : "  (" + words + ")");
      amounts.add(
          line.counts() ? unit.format(line.amount()) : "(" + unit.format(line.amount()) + ")");
    }
    labels.add("Closing balance");
    amounts.add(unit.format(budget.closing()));
    if (budget.held() != 0) {
      labels.add("  of it held for calls under way");
      amounts.add(unit.format(budget.held()));
      labels.add("  of it left");
      amounts.add(unit.format(budget.remaining()));
    }
    amounts = aligned(amounts);
    for (int i = 0; i < labels.size(); i++) {
      entry(labels.get(i), amounts.get(i));
    }
    wrapped("", StatementWords.equation(budget));
    if (budget.elsewhere() != 0) {
      wrapped("", StatementWords.elsewhere(budget));
    }
    periods(budget);
    if (!budget.months().isEmpty()) {
      table(
          "At the end of each month",
          budget.months(),
          Statement.MonthLine::month,
          List.of(unit.name()),
          List.of(month -> unit.format(month.closing())));
    }
  }

  private void periods(Budget budget) {
    if (budget.periods().isEmpty()) {
      return;
    }
    Unit unit = budget.unit();
    Map<String, ToLongFunction<PeriodLine>> all = new LinkedHashMap<>();
    all.put("CARRIED IN", PeriodLine::carriedIn);
    all.put("IN", PeriodLine::in);
    all.put("USED", PeriodLine::used);
    all.put("OTHER OUT", PeriodLine::out);
    all.put("EXPIRED", PeriodLine::expired);
    all.put("CARRIED ON", PeriodLine::carriedOut);
    List<String> heads = new ArrayList<>();
    List<Function<PeriodLine, String>> cells = new ArrayList<>();
    all.forEach(
        (head, amount) -> {
          if (budget.periods().stream().anyMatch(p -> amount.applyAsLong(p) != 0)) {
            heads.add(head);
            cells.add(period -> unit.format(amount.applyAsLong(period)));
          }
        });
    table(
        "By period",
        budget.periods(),
        period -> period.account().period() + (period.ended() ? "" : " (open)"),
        heads,
        cells);
  }

  private void use(Use use) {
    line("");
    heading("Used, by the books");
    if (use.isEmpty()) {
      line("Nothing.");
      return;
    }
    uses("By model", use.models(), "no model named");
    uses("By project", use.projects(), "no project");
    List<UseLine> sessions = new ArrayList<>(use.sessions());
    if (use.otherSessions() > 0) {
      sessions.replaceAll(
          one ->
              String.valueOf(one.label()).isEmpty()
                  ? one.named(use.otherSessions() + " other sessions")
                  : one);
    }
    uses("By session, the dearest", sessions, "no session named");
    uses(statement.request().period().isYear() ? "By month" : "By day", use.times(), "");
    uses("By how it is known", use.sources(), "");
    uses("In all", use.totals().stream().map(one -> one.named("")).toList(), "");
  }

  private void uses(String title, List<UseLine> lines, String unnamed) {
    boolean listed = statement.use().totals().stream().anyMatch(t -> t.listNanos() != t.nanos());
    boolean several = statement.use().totals().size() > 1;
    List<String> heads = new ArrayList<>(List.of("CALLS", "TOKENS"));
    List<Function<UseLine, String>> cells =
        new ArrayList<>(
            List.of(one -> Long.toString(one.calls()), one -> Long.toString(one.tokens())));
    String currency = several ? "" : " " + lines.get(0).currency();
    heads.add("COST" + currency);
    cells.add(one -> new Unit(one.currency()).format(one.nanos()));
    if (listed) {
      heads.add("LIST VALUE" + currency);
      cells.add(one -> new Unit(one.currency()).format(one.listNanos()));
    }
    table(
        title,
        lines,
        one ->
            Objects.requireNonNullElse(one.label(), unnamed)
                + (several ? ", " + one.currency() : ""),
        heads,
        cells);
  }

  private void corrections() {
    if (statement.corrections().isEmpty()) {
      return;
    }
    line("");
    heading("Corrections entered");
    List<String> amounts =
        aligned(statement.corrections().stream().map(c -> Unit.USD.format(c.nanos())).toList());
    for (int i = 0; i < amounts.size(); i++) {
      Statement.CorrectionLine c = statement.corrections().get(i);
      entry(c.at() + " " + c.attempt() + ", by " + c.by() + ": " + c.reason(), amounts.get(i));
    }
  }

  private void heading(String title) {
    wrapped("", title);
    line("-".repeat(WIDTH));
  }

  /** A label at the left and its amount at the right; what is too long goes on below. */
  private void entry(String label, String amount) {
    int room = Math.max(LEAST_LABEL, WIDTH - amount.length() - GAP.length());
    List<String> parts = wrap(label, room, label.startsWith(" ") ? "    " : "  ");
    for (int i = 0; i < parts.size(); i++) {
      String part = parts.get(i);
      line(i == 0 ? part + " ".repeat(room - length(part)) + GAP + amount : part);
    }
  }

  private <T> void table(
      String title,
      List<T> rows,
      Function<T, String> label,
      List<String> heads,
      List<Function<T, String>> cells) {
    List<List<String>> columns = new ArrayList<>();
    int taken = 0;
    for (int i = 0; i < heads.size(); i++) {
      List<String> column = new ArrayList<>(aligned(rows.stream().map(cells.get(i)).toList()));
      column.add(0, heads.get(i));
      int width = column.stream().mapToInt(String::length).max().orElse(0);
      column.replaceAll(cell -> " ".repeat(width - cell.length()) + cell);
      columns.add(column);
      taken += width + GAP.length();
    }
    if (columns.size() > 1 && WIDTH - taken < LEAST_LABEL) {
      int half = columns.size() / 2;
      table(title, rows, label, heads.subList(0, half), cells.subList(0, half));
      table(
          title, rows, label, heads.subList(half, heads.size()), cells.subList(half, cells.size()));
      return;
    }
    int room = Math.max(LEAST_LABEL, WIDTH - taken);
    line("");
    for (int row = 0; row <= rows.size(); row++) {
      String name = cut(row == 0 ? title : plain(label.apply(rows.get(row - 1))), room);
      StringBuilder line = new StringBuilder(name).append(" ".repeat(room - length(name)));
      for (List<String> column : columns) {
        line.append(GAP).append(column.get(row));
      }
      line(line.toString());
    }
  }

  /** All of one width, point under point. */
  private static List<String> aligned(List<String> numbers) {
    int fraction = numbers.stream().mapToInt(StatementText::fraction).max().orElse(0);
    List<String> padded =
        numbers.stream().map(n -> n + " ".repeat(fraction - fraction(n))).toList();
    int width = padded.stream().mapToInt(String::length).max().orElse(0);
    return padded.stream().map(n -> " ".repeat(width - n.length()) + n).toList();
  }

  private static int fraction(String number) {
    int point = number.indexOf('.');
    return point < 0 ? (number.endsWith(")") ? 1 : 0) : number.length() - point;
  }

  private void line(String line) {
    text.append(line.stripTrailing()).append('\n');
  }

  private void wrapped(String indent, String words) {
    wrap(words, WIDTH, indent).forEach(this::line);
  }

  /** Cut at spaces; a word that is longer than a line is cut anywhere. */
  private static List<String> wrap(String words, int width, String indent) {
    List<String> lines = new ArrayList<>();
    String lead = words.substring(0, words.length() - words.stripLeading().length());
    StringBuilder line = new StringBuilder(lead);
    boolean begun = false;
    for (String word : plain(words.strip()).split(" ")) {
      String rest = word;
      if (begun && length(line) + 1 + length(rest) > width) {
        lines.add(line.toString());
        line = new StringBuilder(indent);
        begun = false;
      }
      line.append(begun ? " " : "");
      while (length(line) + length(rest) > width) {
        int end = rest.offsetByCodePoints(0, Math.max(1, width - length(line)));
        lines.add(line + rest.substring(0, end));
        rest = rest.substring(end);
        line = new StringBuilder(indent);
      }
      line.append(rest);
      begun = true;
    }
    lines.add(line.toString());
    return lines;
  }

  private static int length(CharSequence text) {
    return Character.codePointCount(text, 0, text.length());
  }

  private static String cut(String label, int room) {
    return length(label) <= room
        ? label
        : label.substring(0, label.offsetByCodePoints(0, room - 1)) + "…";
  }

  /** What came from outside stays on its line, moves no cursor and turns no text around. */
  private static String plain(String text) {
    return text.codePoints()
        .map(c -> isUnsafe(c) ? ' ' : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private static boolean isUnsafe(int c) {
    int type = Character.getType(c);
    return type == Character.CONTROL
        || type == Character.FORMAT
        || type == Character.SURROGATE
        || type == Character.LINE_SEPARATOR
        || type == Character.PARAGRAPH_SEPARATOR;
  }
}
