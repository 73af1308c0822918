package io.stipend.policy.config;

import io.stipend.metering.Suggestion;
import io.stipend.policy.budget.Proration;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the list of people: comma-separated values with a line of column names (RFC 4180), a record
 * never longer than its line. There may be a million: nothing is kept of a line but its row, and
 * what many rows have in common is one object.
 */
final class PeopleCsv {
  private static final List<String> COLUMNS =
      List.of(
          "id", "name", "team", "allowance", "timezone", "since", "until", "fte", "compensation");

  private final String file;
  private final Set<String> teams;
  private final Set<String> allowances;
  private final Problems problems;

  private final Map<String, @Nullable String> teamNames = new HashMap<>();
  private final Map<String, @Nullable String> allowanceNames = new HashMap<>();
  private final Map<String, @Nullable ZoneId> zones = new HashMap<>();
  private final Map<String, @Nullable LocalDate> dates = new HashMap<>();
  private final Map<Proration, Proration> prorations = new HashMap<>();

  /** The fields of the line that is being read, and the index at which each begins. */
  private String[] fields = new String[COLUMNS.size()];

  private int[] begins = new int[COLUMNS.size()];
  private int count;
  private int number;

  /** Where each of {@link #COLUMNS} is in a line; -1 if it is not. */
  private final int[] positions = new int[COLUMNS.size()];

  PeopleCsv(String file, Set<String> teams, Set<String> allowances, Problems problems) {
    this.file = file;
    this.teams = teams;
    this.allowances = allowances;
    this.problems = problems;
  }

  /** One person of the list, and the number of its line. */
  record Row(
      int line,
      String id,
      String name,
      @Nullable String team,
      @Nullable String allowance,
      @Nullable ZoneId timezone,
      Proration proration,
      @Nullable Compensation compensation) {}

  /** Gives everybody in the list whose line has no problem; all problems are reported. */
  void read(String text, Consumer<Row> rows) {
    int width = 0;
    for (int at = 0; at < text.length(); ) {
      int feed = text.indexOf('\n', at);
      int next = feed < 0 ? text.length() : feed + 1;
      int end = feed < 0 ? text.length() : feed;
      end -= feed > at && text.charAt(feed - 1) == '\r' ? 1 : 0;
      number++;
      if (!isBlank(text, at, end)) {
        split(text, at, end);
        if (width == 0) {
          if (!header()) {
            return;
          }
          width = count;
        } else if (count != width) {
          int had = count;
          int wanted = width;
          problem(0, () -> had + " fields (expected: " + wanted + ")");
        } else {
          Row row = row();
          if (row != null) {
            rows.accept(row);
          }
        }
      }
      at = next;
    }
    if (width == 0) {
      problems.add(Place.start(file), "is empty (expected: " + String.join(",", COLUMNS) + ")");
    }
  }

  private boolean header() {
    Arrays.fill(positions, -1);
    boolean good = true;
    for (int i = 0; i < count; i++) {
      String name = fields[i];
      int column = COLUMNS.indexOf(name);
      if (column < 0) {
        problem(
            begins[i],
            () ->
                "unknown column "
                    + Problems.shown(name)
                    + " (expected: "
                    + String.join(", ", COLUMNS)
                    + ")"
                    + Suggestion.hint(name, COLUMNS));
        good = false;
      } else if (positions[column] >= 0) {
        problem(begins[i], () -> "column " + Problems.shown(name) + " stands twice");
        good = false;
      } else {
        positions[column] = i;
      }
    }
    if (good && positions[0] < 0) {
      problem(0, () -> "column id is missing");
      good = false;
    }
    return good;
  }

  private @Nullable Row row() {
    int before = problems.count();
    String id = field("id");
    if (!Scalars.isId(id)) {
      problem(
          0,
          () ->
              (id.isEmpty() ? "id is missing" : "id: " + Problems.shown(id))
                  + " (expected: "
                  + Scalars.ID_EXPECTED
                  + ")");
      return null;
    }
    String name = field("name");
    if (!Scalars.isLine(name, PrincipalsReader.MAX_NAME)) {
      told("name", text -> "(expected: " + PrincipalsReader.NAME_EXPECTED + ")");
    }
    String team = known("team", teamNames, teams, "a team");
    String allowance = known("allowance", allowanceNames, allowances, "an allowance");
    ZoneId zone = remembered("timezone", zones, Scalars::zone, Scalars::zoneProblem);
    Proration proration = proration();
    Compensation compensation = compensation();
    return problems.count() > before
        ? null
        : new Row(number, id, name, team, allowance, zone, proration, compensation);
  }

  private @Nullable String known(
      String column, Map<String, @Nullable String> names, Set<String> known, String kind) {
    return remembered(
        column,
        names,
        text -> known.contains(text) ? text : null,
        text -> Scalars.unknown(text, kind, known));
  }

  /** What a field means, read once for all equal ones; null if it is empty or, reported, wrong. */
  private <T> @Nullable T remembered(
      String column,
      Map<String, @Nullable T> values,
      Function<String, @Nullable T> reading,
      Function<String, String> problem) {
    String text = field(column);
    if (text.isEmpty()) {
      return null;
    }
    T value = values.get(text);
    if (value == null) {
      value = reading.apply(text);
      if (value == null) {
        told(column, problem);
      } else {
        values.put(text, value);
      }
    }
    return value;
  }

  private Proration proration() {
    LocalDate since = remembered("since", dates, Scalars::date, Scalars::dateProblem);
    LocalDate until = remembered("until", dates, Scalars::date, Scalars::dateProblem);
    if (since != null && until != null && until.isBefore(since)) {
      told("until", text -> Scalars.untilProblem(text, since));
      return Proration.WHOLE;
    }
    String text = field("fte");
    int fte = text.isEmpty() ? Proration.FULL_TIME : Scalars.fte(text);
    if (fte == 0) {
      told("fte", Scalars::fteProblem);
      return Proration.WHOLE;
    }
    if (since == null && until == null && fte == Proration.FULL_TIME) {
      return Proration.WHOLE;
    }
    return prorations.computeIfAbsent(new Proration(since, until, fte), same -> same);
  }

  private @Nullable Compensation compensation() {
    String text = field("compensation");
    Compensation compensation = text.isEmpty() ? null : Compensation.read(text);
    if (compensation == null && !text.isEmpty()) {
      told("compensation", any -> Compensation.problem());
    }
    return compensation;
  }

  /** The text of a column in this line; empty if the list has no such column. */
  private String field(String column) {
    int position = positions[COLUMNS.indexOf(column)];
    return position < 0 ? "" : fields[position];
  }

  /** Reports what is wrong with a field. */
  private void told(String column, Function<String, String> message) {
    int position = positions[COLUMNS.indexOf(column)];
    String text = fields[position];
    problem(begins[position], () -> column + ": " + message.apply(text));
  }

  /** Hints are searched for only as long as somebody is going to read them. */
  private void problem(int column, Supplier<String> message) {
    problems.add(new Place(file, number, column + 1), problems.isFull() ? "" : message.get());
  }

  private static boolean isBlank(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (!Character.isWhitespace(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private void split(String text, int from, int to) {
    count = 0;
    int at = from;
    while (at <= to) {
      int column = at - from;
      int begin = at;
      String quoted = "";
      if (at < to && text.charAt(at) == '"') {
        StringBuilder content = new StringBuilder();
        at = unquote(text, at + 1, to, content);
        if (at == to) {
          problem(column, () -> "a quoted field does not end in its line");
        }
        at = Math.min(at + 1, to);
        quoted = content.toString();
        begin = at;
      }
      while (at < to && text.charAt(at) != ',') {
        at++;
      }
      String rest = text.substring(begin, at);
      add((quoted.isEmpty() ? rest : quoted + rest).strip(), column);
      at++;
    }
  }

  /** Takes up to the closing quote, whose index is returned; the end if there is none. */
  private static int unquote(String text, int from, int to, StringBuilder content) {
    int at = from;
    while (at < to) {
      char c = text.charAt(at);
      if (c == '"') {
        if (at + 1 == to || text.charAt(at + 1) != '"') {
          return at;
        }
        at++;
      }
      content.append(c);
      at++;
    }
    return to;
  }

  private void add(String field, int begin) {
    if (count == fields.length) {
      fields = Arrays.copyOf(fields, count * 2);
      begins = Arrays.copyOf(begins, count * 2);
    }
    fields[count] = field;
    begins[count] = begin;
    count++;
  }
}
