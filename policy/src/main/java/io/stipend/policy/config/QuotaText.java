package io.stipend.policy.config;

import io.stipend.metering.Unit;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Every;
import io.stipend.policy.budget.Terms;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a quota file gives to whom, in words: one line for each person, service, team, group and
 * allowance, and no secret. By it two files are compared for the record, also over a restart: the
 * words of the file in force are kept in the data folder.
 */
public final class QuotaText {
  /** In the data folder; of no use but for the next comparison. */
  private static final String FILE = "quota-in-force";

  /** The words of one change, either side. */
  private static final int MAX_CHARS = 2_000;

  private static final int MAX_LINE = 400;

  /** Of more people than this only how many they are is compared: the start must not wait. */
  private static final int MAX_PEOPLE = 20_000;

  private static final String NONE = "none";

  private final SortedMap<String, String> lines;

  private QuotaText(SortedMap<String, String> lines) {
    this.lines = lines;
  }

  /** What was before, and what is now, of all that differs. */
  public record Change(String before, String after) {}

  /** The words of a file. */
  public static QuotaText of(QuotaFile file) {
    SortedMap<String, String> lines = new TreeMap<>();
    put(lines, "models", models(file.models()));
    put(
        lines,
        "organisation",
        budgets(file.organisation().budgets(), Map.of()) + limits(file.organisation().limits()));
    file.allowances().forEach((name, text) -> put(lines, "allowances/" + name, text));
    for (Group group : file.groups().values()) {
      put(
          lines,
          "groups/" + group.name(),
          named("group", group.parent())
              + budgets(group.budgets(), Map.of())
              + models(group.models())
              + limits(group.limits()));
    }
    for (Team team : file.teams().values()) {
      BudgetRule pool = team.pool();
      put(
          lines,
          "teams/" + team.name(),
          named("group", team.group())
              + named("cost_center", team.costCenter())
              + budgets(team.budgets(), Map.of())
              + (pool == null ? "" : "pool " + budgets(List.of(pool), Map.of()))
              + models(team.models())
              + limits(team.limits()));
    }
    people(lines, file);
    file.retention()
        .forEach((kind, days) -> put(lines, "retention/" + kind.label(), days + " days"));
    return new QuotaText(lines);
  }

  private static void people(SortedMap<String, String> lines, QuotaFile file) {
    Map<String, String> allowances = new TreeMap<>();
    file.allowances().forEach((name, text) -> allowances.put(text, name));
    if (file.principals().size() > MAX_PEOPLE) {
      put(lines, "people", file.principals().size() + " people and services");
      return;
    }
    for (PrincipalConfig one : file.principals().values()) {
      put(
          lines,
          (one.service() ? "services/" : "people/") + one.id(),
          named("team", one.team())
              + budgets(one.budgets(), allowances)
              + (one.proration().isWhole() ? "" : proration(one) + ", ")
              + models(one.models())
              + limits(one.limits()));
    }
  }

  private static String proration(PrincipalConfig one) {
    return named("since", string(one.proration().since()))
        + named("until", string(one.proration().until()))
        + "fte "
        + one.proration().fteThousandths()
        + "/1000";
  }

  private static @Nullable String string(@Nullable Object value) {
    return value == null ? null : value.toString();
  }

  private static void put(SortedMap<String, String> lines, String key, String text) {
    String plain = text.strip().replaceAll("[\\p{Cntrl};]", " ");
    String bare = plain.endsWith(",") ? plain.substring(0, plain.length() - 1) : plain;
    lines.put(key, bare.length() > MAX_LINE ? bare.substring(0, MAX_LINE) + "…" : bare);
  }

  private static String named(String what, @Nullable String value) {
    return value == null ? "" : what + " " + value + ", ";
  }

  /** An allowance by its words, as the people who have it show it. */
  static String allowance(BudgetTerms terms) {
    return budget(terms.unit(), terms.amount(), terms.every(), terms.terms());
  }

  private static String budgets(List<BudgetRule> rules, Map<String, String> allowances) {
    StringBuilder text = new StringBuilder();
    for (BudgetRule rule : rules) {
      String words = budget(rule.unit(), rule.amount(), rule.every(), rule.terms());
      String name = allowances.get(words);
      text.append(name == null ? words : "allowance " + name).append(", ");
    }
    return text.toString();
  }

  private static String budget(Unit unit, long amount, Every every, Terms terms) {
    String text =
        unit.format(amount) + " " + unit.name() + " " + every.name().toLowerCase(Locale.ROOT);
    List<String> other = new ArrayList<>();
    for (RecordComponent component : Terms.class.getRecordComponents()) {
      try {
        Object value = component.getAccessor().invoke(terms);
        if (!Objects.equals(value, component.getAccessor().invoke(Terms.DEFAULTS))) {
          other.add(component.getName() + " " + value);
        }
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("a record shows what it holds: " + component, e);
      }
    }
    return other.isEmpty() ? text : text + " (" + String.join(", ", other) + ")";
  }

  private static String models(ModelRules rules) {
    if (rules.equals(ModelRules.ALL)) {
      return "";
    }
    return "models "
        + rules.allow().stream().map(Glob::pattern).toList()
        + (rules.deny().isEmpty()
            ? ""
            : " but not " + rules.deny().stream().map(Glob::pattern).toList())
        + ", ";
  }

  private static String limits(ScopeLimits limits) {
    StringBuilder text = new StringBuilder();
    limits.shared().forEach(rule -> text.append(limit("", rule)));
    limits.perPerson().forEach(rule -> text.append(limit(" each", rule)));
    limits.perKey().forEach(rule -> text.append(limit(" each key", rule)));
    return text.toString();
  }

  private static String limit(String whose, LimitRule rule) {
    Glob models = rule.models();
    return "limits"
        + whose
        + (models == null ? "" : " of " + models.pattern())
        + " "
        + rule.requestsPerMinute()
        + " requests and "
        + rule.tokensPerMinute()
        + " tokens a minute and "
        + rule.concurrent()
        + " at once, ";
  }

  /** How it stands at first, when nothing is known of before. */
  public Change first() {
    return new Change("", lines.size() + " lines in force" + of(lines.keySet()));
  }

  private static String of(Iterable<String> keys) {
    StringBuilder text = new StringBuilder(": ");
    for (String key : keys) {
      if (text.length() > MAX_LINE) {
        return text.append("…").toString();
      }
      text.append(text.length() == 2 ? "" : ", ").append(key);
    }
    return text.toString();
  }

  /** All that differs; empty on both sides if nothing that has words does. */
  public Change since(QuotaText before) {
    StringBuilder was = new StringBuilder();
    StringBuilder is = new StringBuilder();
    TreeSet<String> keys = new TreeSet<>(before.lines.keySet());
    keys.addAll(lines.keySet());
    int more = 0;
    for (String key : keys) {
      String then = before.lines.getOrDefault(key, NONE);
      String now = lines.getOrDefault(key, NONE);
      if (then.equals(now)) {
        continue;
      }
      if (Math.max(was.length(), is.length()) > MAX_CHARS - MAX_LINE) {
        more++;
        continue;
      }
      add(was, key, then);
      add(is, key, now);
    }
    if (more > 0) {
      is.append("; and ").append(more).append(" more");
    }
    return new Change(was.toString(), is.toString());
  }

  private static void add(StringBuilder text, String key, String value) {
    text.append(text.length() == 0 ? "" : "; ").append(key).append(": ").append(value);
  }

  /** What a data folder says was in force last; null if it does not. */
  public static @Nullable QuotaText load(Path data) throws IOException {
    Path file = data.resolve(FILE);
    if (!Files.exists(file)) {
      return null;
    }
    SortedMap<String, String> lines = new TreeMap<>();
    for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
      int tab = line.indexOf('\t');
      if (tab > 0) {
        lines.put(line.substring(0, tab), line.substring(tab + 1));
      }
    }
    return new QuotaText(lines);
  }

  /** Keeps it in a data folder for the next comparison. */
  public void save(Path data) throws IOException {
    StringBuilder text = new StringBuilder();
    lines.forEach((key, value) -> text.append(key).append('\t').append(value).append('\n'));
    Path file = data.resolve(FILE);
    Path next = data.resolve(FILE + ".new");
    Files.deleteIfExists(next);
    Files.createFile(next, ownerOnly(data));
    Files.writeString(next, text, StandardCharsets.UTF_8);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** What each person is given is nobody's business who may only look into the folder. */
  private static FileAttribute<?>[] ownerOnly(Path folder) throws IOException {
    return Files.getFileStore(folder).supportsFileAttributeView("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }

  /** Drops the line of somebody who is forgotten: else the next start would say that they left. */
  public static void forget(Path data, String person) throws IOException {
    Files.deleteIfExists(data.resolve(FILE + ".new"));
    QuotaText text = load(data);
    if (text != null) {
      text.lines.remove("people/" + person);
      text.lines.remove("services/" + person);
      text.save(data);
    }
  }
}
