package io.stipend.metering.report;

import io.stipend.metering.report.page.Block;
import io.stipend.metering.report.page.Cell;
import io.stipend.metering.report.page.Chart;
import io.stipend.metering.report.page.Column;
import io.stipend.metering.report.page.Fact;
import io.stipend.metering.report.page.Kind;
import io.stipend.metering.report.page.Report;
import io.stipend.metering.report.page.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** How {@link Access} is shown. */
final class AccessPage {
  private static final String ALL = "All people";

  private final Access.Terms terms;
  private final Access made;
  private final SortedMap<String, List<Spread.Person>> groups;
  private final Set<String> hidden;

  AccessPage(Access made) {
    this.made = made;
    this.terms = made.terms();
    this.groups =
        made.people().stream()
            .collect(
                Collectors.groupingBy(Spread.Person::group, TreeMap::new, Collectors.toList()));
    Map<String, Integer> sizes = new TreeMap<>();
    groups.forEach((group, people) -> sizes.put(group, people.size()));
    this.hidden = Suppression.hidden(sizes, terms.minGroup());
  }

  Report report() {
    boolean enough = made.people().size() >= terms.minGroup();
    List<Fact> facts = new ArrayList<>(terms.scope().range());
    facts.add(Fact.of("by", "Groups by", Cell.text(terms.by().label())));
    facts.add(Fact.of("min_group", "Least size of a group", Cell.count(terms.minGroup())));
    facts.add(
        Fact.of(
            "people", "People", enough ? Cell.count(made.people().size()) : Cell.text("too few")));
    facts.add(
        Fact.of("groups_hidden", "Groups hidden", enough ? Cell.count(hidden.size()) : Cell.NONE));
    facts.add(Fact.of("currency", "Currency", Cell.text(terms.currency())));
    facts.addAll(terms.scope().record(made.usage().state()));
    List<Block> blocks = new ArrayList<>();
    if (enough) {
      Map<String, Spread> shown = shown();
      blocks.add(spread(shown));
      Spread all = Spread.of(made.people());
      if (!all.lorenz().isEmpty()) {
        blocks.add(
            new Chart.Lorenz("How use is spread over people", "people", "cost", all.lorenz()));
        blocks.add(lorenz(all));
      }
      if (shown.values().stream().anyMatch(spread -> spread.atCap() > 0)) {
        blocks.add(caps(shown));
      }
      blocks.add(refusals(shown));
    }
    return new Report("access", "Access to the allowance", facts, blocks, notes(enough));
  }

  /** By name, not by use; all together last. */
  private Map<String, Spread> shown() {
    Map<String, Spread> shown = new LinkedHashMap<>();
    groups.forEach(
        (group, people) -> {
          if (!hidden.contains(group)) {
            shown.put(group, Spread.of(people));
          }
        });
    shown.put(ALL, Spread.of(made.people()));
    return shown;
  }

  private Table spread(Map<String, Spread> shown) {
    List<Column> columns = new ArrayList<>();
    columns.add(Column.text("group", "Group"));
    columns.add(Column.count("people", "People"));
    columns.add(Column.count("active", "Used something"));
    Spread.PERCENTS.forEach(p -> columns.add(Column.money("p" + p, "p" + p)));
    columns.add(Column.ratio("p90_p10", "p90 / p10"));
    columns.add(Column.ratio("gini", "Gini"));
    columns.add(Column.share("top_tenth", "Share of the top tenth"));
    columns.add(Column.share("at_cap", "At the cap"));
    Table.Making table =
        Table.of("groups", "Use by " + terms.by().label(), columns.toArray(Column[]::new));
    shown.forEach(
        (group, spread) -> {
          List<Cell> cells = new ArrayList<>();
          cells.add(Cell.text(group));
          cells.add(Cell.count(spread.people()));
          cells.add(Cell.count(spread.active()));
          Spread.PERCENTS.forEach(p -> cells.add(money(spread.quantiles().get(p))));
          cells.add(ratio(spread.ninetyToTen()));
          cells.add(ratio(spread.gini()));
          Long top = spread.topTenth();
          cells.add(top == null ? Cell.NONE : Cell.share(top));
          cells.add(Cell.share(Exactly.share(spread.atCap(), spread.people())));
          table.row(cells.toArray(Cell[]::new));
        });
    return table.made();
  }

  private static Table lorenz(Spread all) {
    Table.Making table =
        Table.of(
            "lorenz",
            "What the lowest part of people has",
            Column.share("people", "Lowest part of people"),
            Column.share("cost", "Share of cost"));
    all.lorenz().forEach(p -> table.row(Cell.share(p.people()), Cell.share(p.share())));
    return table.made();
  }

  private static Chart caps(Map<String, Spread> shown) {
    List<Chart.Bar> bars = new ArrayList<>();
    shown.forEach(
        (group, spread) ->
            bars.add(new Chart.Bar(group, Exactly.share(spread.atCap(), spread.people()))));
    return new Chart.Bars("Share of people at the cap", Kind.SHARE, "", bars);
  }

  private Table refusals(Map<String, Spread> shown) {
    Set<String> reasons = new TreeSet<>();
    shown.values().forEach(spread -> reasons.addAll(spread.refused().keySet()));
    Table.Making table =
        Table.of(
                "refusals",
                "Refusals by reason",
                Column.text("group", "Group"),
                Column.text("reason", "Reason"),
                Column.count("count", "Refusals"))
            .note("Of the days of UTC that the range touches, of people alone.");
    shown.forEach(
        (group, spread) ->
            spread
                .refused()
                .forEach(
                    (reason, n) -> table.row(Cell.text(group), Cell.text(reason), Cell.count(n))));
    return table.made();
  }

  private static Cell money(@Nullable Long nanos) {
    return nanos == null ? Cell.NONE : Cell.money(nanos);
  }

  private static Cell ratio(@Nullable Long millionths) {
    return millionths == null ? Cell.NONE : Cell.ratio(millionths);
  }

  private List<String> notes(boolean enough) {
    List<String> notes = new ArrayList<>();
    if (!enough) {
      notes.add("Nothing is shown: there are fewer than " + terms.minGroup() + " people in all.");
    }
    notes.add(
        "Groups of fewer than "
            + terms.minGroup()
            + " people are hidden and, if there are any, so many more that what is hidden together is"
            + " at least two groups and as many people: subtraction from all finds no smaller group.");
    notes.add(
        "Counted is everybody of the quota file who is entitled within the range, with or without use;"
            + " services are not people. pN is the cost that N percent of people do not exceed"
            + " (nearest rank), in three digits; it is left out where it would be the lowest or highest"
            + " of the group.");
    notes.add(
        "Gini = (2 Σ i·xᵢ − (n + 1) Σ xᵢ) / (n Σ xᵢ) over costs in ascending order: 0 if all use the"
            + " same, near 1 if one uses all. The top tenth is the tenth of people with the highest use,"
            + " rounded up; its share is left out where that are fewer than three people.");
    notes.add(
        "At the cap is whoever used up a budget of their own for a period within the range, or was"
            + " refused because a budget did not cover the call.");
    notes.add("Groups are in the order of their names. More use is not more work.");
    return notes;
  }
}
