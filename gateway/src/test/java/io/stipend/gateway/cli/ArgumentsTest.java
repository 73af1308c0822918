package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the command line takes, and how it refuses the rest. */
class ArgumentsTest {
  @Test
  void withoutACommandItSaysHowToUseIt() {
    Invocation bare = Invocation.of();

    assertThat(bare.code()).isEqualTo(2);
    assertThat(bare.err())
        .contains("Usage: stipend")
        .contains("serve", "demo", "check", "keys", "balance", "grant", "usage", "ledger")
        .contains("Not built yet: report");
  }

  @Test
  void helpIsNoError() {
    assertThat(Invocation.of("help").code()).isZero();
    assertThat(Invocation.of("--help").code()).isZero();
    assertThat(Invocation.of("keys", "create", "--help").out()).contains("PERSON", "--expires");
    assertThat(Invocation.of("help", "grant").out()).contains("--reason");
  }

  @Test
  void theVersionIsOneLine() {
    Invocation version = Invocation.of("--version");

    assertThat(version.code()).isZero();
    assertThat(version.out().strip()).matches("stipend \\S+");
  }

  @Test
  void aMistypedCommandGetsASuggestion() {
    Invocation typo = Invocation.of("balanse");

    assertThat(typo.code()).isEqualTo(2);
    assertThat(typo.err()).contains("balanse").contains("Did you mean: stipend balance");
    assertThat(typo.out()).isEmpty();
  }

  @Test
  void aMissingOptionIsNamedWithTheUsage() {
    Invocation missing = Invocation.of("grant", "ada", "5");

    assertThat(missing.code()).isEqualTo(2);
    assertThat(missing.err())
        .contains("Missing required option: '--reason=<reason>'")
        .contains("Usage: stipend grant")
        .doesNotContain("\tat ");
  }

  @Test
  void aPortThatIsNoneIsRefusedBeforeAnythingStarts() {
    Invocation run = Invocation.of("demo", "--port", "99999");

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("--port: 99999 (expected: 0..65535)");
  }

  @Test
  void aGroupOfCommandsNeedsOneOfThem() {
    for (String group : new String[] {"keys", "usage", "ledger", "allowance", "report"}) {
      Invocation bare = Invocation.of(group);
      assertThat(bare.code()).as(group).isEqualTo(2);
      assertThat(bare.err()).contains("Usage: stipend " + group);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "allowance export",
        "report chargeback",
        "report budget-vs-actual",
        "report forecast --month 2026-11",
        "report access",
        "statement ada --month 2026-11",
        "forget ada"
      })
  void aCommandThatIsNotBuiltYetSaysSoByName(String line) {
    Invocation run = Invocation.of(line.split(" "));

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    String[] words = line.split(" ");
    String name =
        words[0].equals("report") || words[0].equals("allowance")
            ? words[0] + " " + words[1]
            : words[0];
    assertThat(run.err())
        .isEqualToIgnoringNewLines(
            "stipend: not built yet: " + name + " (a later version brings it)");
  }

  @Test
  void anExportFormatThatIsNotBuiltYetSaysSo() {
    Invocation later = export("--format", "focus");
    assertThat(later.code()).isEqualTo(2);
    assertThat(later.err()).contains("not built yet: --format focus");
    Invocation unknown = export("--format", "xlsx");
    assertThat(unknown.code()).isEqualTo(2);
    assertThat(unknown.err()).contains("--format: xlsx (expected: csv, jsonl or parquet)");
  }

  private static Invocation export(String option, String value) {
    return Invocation.of(
        "usage",
        "export",
        "--from",
        "2026-11-01",
        "--to",
        "2026-12-01",
        "--out",
        "x",
        option,
        value);
  }
}
