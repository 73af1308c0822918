package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What the command line takes, and how it refuses the rest. */
class ArgumentsTest {
  @Test
  void withoutACommandItSaysHowToUseIt() {
    Invocation bare = Invocation.of();

    assertThat(bare.code()).isEqualTo(2);
    assertThat(bare.err())
        .contains("Usage: stipend")
        .contains("serve", "demo", "check", "keys", "balance", "grant", "usage", "ledger")
        .contains("forget", "audit", "report", "statement", "prices", "reconcile")
        .contains("Exit codes: 0 done, 1 the check failed, 2 wrong usage, 70 internal.");
  }

  @Test
  void helpIsNoError() {
    assertThat(Invocation.of("help").code()).isZero();
    assertThat(Invocation.of("--help").code()).isZero();
    assertThat(Invocation.of("keys", "create", "--help").out()).contains("PERSON", "--expires");
    assertThat(Invocation.of("help", "grant").out()).contains("--reason");
  }

  @Test
  void everyLineOfAListOfCommandsIsAWholeSentence() {
    for (String group : List.of("", "keys", "allowance", "usage", "ledger", "audit", "report")) {
      aListOfSentences(group.isEmpty() ? new String[] {"--help"} : new String[] {group, "--help"});
    }
    aListOfSentences("prices", "--help");
  }

  private static void aListOfSentences(String... args) {
    String help = Invocation.of(args).out();
    assertThat(help.lines()).as(help).allMatch(line -> line.length() <= 80);
    String list = help.substring(help.indexOf("Commands:\n") + "Commands:\n".length());
    String joined = list.split("\n\n")[0].replaceAll("\n {4,}", " ");
    assertThat(joined.lines()).as(help).hasSizeGreaterThan(0).allMatch(line -> line.endsWith("."));
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

  @Test
  void anExportFormatThatIsNoneSaysSo() {
    Invocation unknown = export("--format", "xlsx");
    assertThat(unknown.code()).isEqualTo(2);
    assertThat(unknown.err()).contains("--format: xlsx (expected: csv, jsonl, parquet or focus)");
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
