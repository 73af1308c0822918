package io.stipend.metering.report.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.metering.report.page.Chart.Bar;
import io.stipend.metering.report.page.Chart.Point;
import io.stipend.metering.report.page.Chart.Series;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** One report, four ways to write it. */
class ReportTest {
  private static final String NASTY = "</td><script src=\"https://evil\">'&\u0007\u202Ex";

  @Test
  void titlesOfAWideTableAreAsNarrowAsWhatStandsBelow() {
    Column[] columns = new Column[9];
    Cell[] cells = new Cell[9];
    for (int i = 0; i < columns.length; i++) {
      columns[i] = Column.count("c" + i, "Share of column " + i);
      cells[i] = Cell.count(1_234_567L);
    }
    columns[8] = Column.text("c8", "Note");
    cells[8] = Cell.text("something");
    Table wide = Table.of("wide", "Wide", columns).row(cells).made();

    String text =
        Pages.written(
            new Report("demo", "Demo", List.of(), List.of(wide), List.of()), Format.TABLE);

    assertThat(text)
        .isEqualTo(
            """
            Demo

            Wide
              SHARE    SHARE    SHARE    SHARE    SHARE    SHARE    SHARE    SHARE
                 OF       OF       OF       OF       OF       OF       OF       OF
             COLUMN   COLUMN   COLUMN   COLUMN   COLUMN   COLUMN   COLUMN   COLUMN
                  0        1        2        3        4        5        6        7  NOTE
            1234567  1234567  1234567  1234567  1234567  1234567  1234567  1234567  something
            """);
  }

  @Test
  void aPageShowsTimesToTheSecond() {
    Report report =
        new Report(
            "demo",
            "Demo",
            List.of(Fact.of("at", "At", Cell.time(Instant.parse("2026-11-29T19:12:35.852Z")))),
            List.of(),
            List.of());

    assertThat(Pages.texts(Pages.parsed(Pages.written(report, Format.HTML)), "dd"))
        .containsExactly("2026-11-29 19:12:35Z");
    assertThat(Pages.written(report, Format.JSON)).contains("2026-11-29T19:12:35.852Z");
  }

  private static Report report() {
    Map<String, Cell> totals = new LinkedHashMap<>();
    totals.put("USD", Cell.money(1_234_567_890_123L));
    Table teams =
        Table.of(
                "by_team",
                "By team",
                Column.text("team", "Team"),
                Column.count("calls", "Calls"),
                Column.money("cost", "Cost"),
                Column.share("share", "Share"),
                Column.text("note", "Note").whereUsed())
            .row(
                Cell.text(NASTY),
                Cell.count(1_000),
                Cell.money(1_234_567_890_124L),
                Cell.share(1_000_000),
                Cell.NONE)
            .row(Cell.text("=1+1"), Cell.count(0), Cell.money(-1), Cell.share(-12_345), Cell.NONE)
            .total(
                Cell.text("all"),
                Cell.count(1_000),
                Cell.money(1_234_567_890_123L),
                Cell.NONE,
                Cell.NONE)
            .made();
    Table models =
        Table.of(
                "by_model", "By model", Column.text("model", "Model"), Column.money("cost", "Cost"))
            .row(Cell.text("a, \"b\""), Cell.money(5))
            .made();
    List<String> days = List.of("2026-11-01", "2026-11-02", "2026-11-03");
    return new Report(
        "demo",
        "Demo " + NASTY,
        List.of(
            Fact.of("from", "From", Cell.text("2026-11-01T00:00:00Z")),
            Fact.by("totals", "Total", totals)),
        List.of(
            teams,
            models,
            new Chart.Bars(
                NASTY, Kind.MONEY, "USD", List.of(new Bar(NASTY, 5), new Bar("down", -3))),
            new Chart.StackedBars(
                "Per day",
                Kind.COUNT,
                "calls",
                "day",
                days,
                List.of(
                    Series.of(NASTY, List.of(1L, 2L, 3L)), Series.of("b", List.of(4L, 0L, 1L)))),
            new Chart.Lines(
                "Forecast",
                Kind.MONEY,
                "USD",
                "day",
                days,
                List.of(new Series("cost", Arrays.asList(1L, 2L, null))),
                new Chart.Band("80 %", Arrays.asList(null, 1L, 2L), Arrays.asList(null, 3L, 4L))),
            new Chart.Lorenz(
                "Who has how much",
                "people",
                "cost",
                List.of(
                    new Point(0, 0),
                    new Point(500_000, 100_000),
                    new Point(1_000_000, 1_000_000)))),
        List.of("A note of " + NASTY));
  }

  @Test
  void thePageIsWellFormedAsksForNothingAndShowsWhatIsSaidAsText() {
    String html = Pages.written(report(), Format.HTML);
    Document page = Pages.parsed(html);

    assertThat(Pages.references(html)).isEmpty();
    assertThat(Pages.references(html.replace("<main>", "<main><img src=\"x\"/>")))
        .as("it would be seen")
        .contains("<img");
    String shown = "</td><script src=\"https://evil\">'&\uFFFD\uFFFDx";
    assertThat(Pages.texts(page, "h1")).containsExactly("Demo " + shown);
    assertThat(Pages.texts(page, "th")).contains(shown, "=1+1").doesNotContain("Note");
    assertThat(Pages.texts(page, "td"))
        .contains("1,000", "1,234.57", "100.00 %", "-1.23 %")
        .filteredOn(String::isEmpty)
        .as("the total of shares")
        .hasSize(1);
    assertThat(Pages.texts(page, "dd")).contains("1234.567890123 USD");
  }

  @Test
  void aRoundedAmountHasAllItsDigitsInItsTip() {
    NodeList cells = Pages.parsed(Pages.written(report(), Format.HTML)).getElementsByTagName("td");
    List<String> tips =
        java.util.stream.IntStream.range(0, cells.getLength())
            .mapToObj(i -> ((Element) cells.item(i)).getAttribute("title"))
            .toList();

    assertThat(tips).contains("1234.567890124", "-0.000000001");
  }

  @Test
  void everyChartIsToldInWordsAndDrawnTwice() {
    NodeList drawings =
        Pages.parsed(Pages.written(report(), Format.HTML)).getElementsByTagName("svg");
    List<String> words =
        java.util.stream.IntStream.range(0, drawings.getLength())
            .mapToObj(i -> ((Element) drawings.item(i)))
            .filter(svg -> svg.getAttribute("role").equals("img"))
            .map(svg -> svg.getAttribute("aria-label"))
            .toList();

    assertThat(words).hasSize(8);
    assertThat(words)
        .contains(
            "Per day. Stacked bars by day, in calls. </td><script src=\"https://evil\">'&\uFFFD\uFFFDx:"
                + " 6 in all; b: 5 in all.",
            "Who has how much. Lorenz curve of cost over people. The lowest 50 % have 10 %; The"
                + " lowest 50 % have 10 %.");
  }

  @Test
  void jsonHasEachFactAndTableByNameAndTotalsApart() throws Exception {
    JsonNode json = new ObjectMapper().readTree(Pages.written(report(), Format.JSON));

    assertThat(json.path("report").asText()).isEqualTo("demo");
    assertThat(json.path("totals").path("USD").asText()).isEqualTo("1234.567890123");
    assertThat(json.path("by_team")).hasSize(2);
    assertThat(json.path("by_team").get(0).path("team").asText()).isEqualTo(NASTY);
    assertThat(json.path("by_team").get(0).path("calls").isNumber()).isTrue();
    assertThat(json.path("by_team").get(1).path("cost").asText()).isEqualTo("-0.000000001");
    assertThat(json.path("by_team").get(1).path("share").asText()).isEqualTo("-0.012345");
    assertThat(json.path("by_team").get(0).path("note").isNull()).isTrue();
    assertThat(json.path("by_team_total").path("calls").asLong()).isEqualTo(1_000);
    assertThat(json.path("by_model").get(0).path("cost").asText()).isEqualTo("0.000000005");
  }

  @Test
  void csvIsOneRectangleOfAllTablesWithoutTheirTotals() {
    List<String> lines = Pages.written(report(), Format.CSV).lines().toList();

    assertThat(lines)
        .startsWith(
            "table,fact,value,team,calls,cost,share,note,model",
            "about,from,2026-11-01T00:00:00Z,,,,,,",
            "about,totals.USD,1234.567890123,,,,,,")
        .contains(
            "by_team,,,'=1+1,0,-0.000000001,-0.012345,,",
            "by_model,,,,,0.000000005,,,\"a, \"\"b\"\"\"")
        .noneMatch(line -> line.startsWith("by_team,,,all"));
  }

  @Test
  void textStandsPointUnderPointAndMovesNoCursor() {
    String text = Pages.written(report(), Format.TABLE);

    assertThat(text).doesNotContain("\u0007");
    assertThat(text.lines().filter(line -> line.contains("0.000000001")).toList())
        .containsExactly("=1+1" + " ".repeat(39) + "0    -0.000000001   -1.23 %");
    assertThat(text).contains("From   2026-11-01T00:00:00Z\nTotal  1234.567890123 USD\n");
    assertThat(text).doesNotContain("NOTE\n");
  }

  @Test
  void aCellOfAnotherKindIsRefusedWithItsPlace() {
    Table.Making making = Table.of("t", "T", Column.money("cost", "Cost")).row(Cell.count(1));

    assertThatThrownBy(making::made)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("t.cost: COUNT (expected: MONEY)");
  }

  @Test
  void marksOfAnAxisAreRoundNumbersThatHoldAllValues() {
    assertThat(Axis.of(0, 97, 5)).isEqualTo(new Axis(0, 100, 20));
    assertThat(Axis.of(0, 100, 5)).isEqualTo(new Axis(0, 100, 20));
    assertThat(Axis.of(0, 101, 5)).isEqualTo(new Axis(0, 150, 50));
    assertThat(Axis.of(-30, 70, 5)).isEqualTo(new Axis(-40, 80, 20));
    assertThat(Axis.of(0, 0, 5)).isEqualTo(new Axis(0, 1, 1));
    assertThat(Axis.of(0, 3, 5)).isEqualTo(new Axis(0, 3, 1));
    Axis longest = Axis.of(Long.MIN_VALUE, Long.MAX_VALUE, 5);
    assertThat(longest.marks()).hasSizeBetween(3, 8);
    assertThat(longest.at(Long.MAX_VALUE, 100)).isBetween(80, 100);
  }

  @Test
  void briefFiguresHaveThreeDigits() {
    assertThat(Figures.brief(Kind.COUNT, 999_949)).isEqualTo("1M");
    assertThat(Figures.brief(Kind.COUNT, 1_250)).isEqualTo("1.25k");
    assertThat(Figures.brief(Kind.MONEY, 1_234_567_890L)).isEqualTo("1.23");
    assertThat(Figures.brief(Kind.MONEY, -2_000_000_000_000L)).isEqualTo("-2k");
    assertThat(Figures.brief(Kind.SHARE, 250_000)).isEqualTo("25 %");
    assertThat(Figures.brief(Kind.COUNT, 0)).isEqualTo("0");
    assertThat(Figures.grouped("-1234567.5")).isEqualTo("-1,234,567.5");
    assertThat(Figures.grouped("123")).isEqualTo("123");
  }
}
