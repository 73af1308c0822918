package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.cli.Jar.Running;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code demo}, as somebody sees it who just built the jar. */
class DemoIT {
  private static final Pattern EXPORT = Pattern.compile("Usage export: (\\S+) \\((\\d+) rows\\)");

  @TempDir static Path folder;
  private static Invocation run;

  @BeforeAll
  static void playOnce() throws Exception {
    long start = System.nanoTime();
    run = new Jar(folder).run("demo", "--run");
    System.out.println("demo --run: " + (System.nanoTime() - start) / 1_000_000 + " ms");
  }

  @Test
  void theScriptedSessionEndsWithARefusalAStatementAndAFile() throws Exception {
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.err()).as("nothing disturbs the session").isEmpty();
    assertThat(run.out())
        .contains("ada (25 USD a month)", "bob (200,000 tokens a month)", "carol (0.15 USD a day)")
        .contains("API Error: 402 {\"type\":\"error\",\"error\":{\"type\":\"billing_error\"")
        .contains("openai.RateLimitError: Error code: 429 - {\"error\":{")
        .contains("\"insufficient_quota\"")
        .contains("Ask #ai-platform for a top-up")
        .contains("STATEMENT", "granted", "used by gpt-5", "used by claude-opus-4-5", "remaining")
        .contains("The ledger verifies: ");

    Matcher export = EXPORT.matcher(run.out());
    assertThat(export.find()).isTrue();
    List<String> csv = Files.readAllLines(Path.of(export.group(1)));
    assertThat(csv).hasSize(1 + Integer.parseInt(export.group(2))).hasSizeGreaterThan(4);
    assertThat(csv.get(0)).startsWith("exchange_id,attempt,");
    assertThat(csv.subList(1, csv.size()))
        .allMatch(row -> row.contains(",reported,completed,200,"));
  }

  @Test
  void theStatementAddsUp() {
    String out = run.out();
    String statement = out.substring(out.indexOf("STATEMENT"), out.indexOf("Usage export"));

    int people = 0;
    BigDecimal sum = BigDecimal.ZERO;
    for (String line : statement.lines().skip(1).toList()) {
      Matcher row =
          Pattern.compile("(granted|used by .*?|held|remaining) +(?:\\d+ +)?(-?[0-9.]+) +\\S+")
              .matcher(line);
      if (row.find()) {
        BigDecimal amount = new BigDecimal(row.group(2));
        if (row.group(1).equals("remaining")) {
          assertThat(sum).as(line).isEqualByComparingTo(amount);
          sum = BigDecimal.ZERO;
          people++;
        } else {
          sum = row.group(1).equals("held") ? sum.subtract(amount) : sum.add(amount);
        }
      }
    }
    assertThat(people).as("three people and their team").isEqualTo(4);
  }

  @Test
  void theCurlThatItPrintsWorksUntilASignalEndsIt() throws Exception {
    try (Running demo = new Jar(folder).start("Ctrl-C ends it", "demo", "--port", "0")) {
      assertThat(demo.out())
          .contains("OPENAI_BASE_URL=http://127.0.0.1:", "ANTHROPIC_BASE_URL=http://127.0.0.1:")
          .contains("Claude Code", "Codex:", "wire_api=\"responses\"");
      Assumptions.assumeTrue(
          new Jar(folder).shell("command -v curl || true").out().contains("curl"),
          "curl is not installed");
      List<String> lines = demo.out().lines().map(String::strip).toList();
      int at = lines.indexOf("Try it:");
      String curl = lines.get(at + 1);

      Invocation answer = new Jar(folder).shell(curl);

      assertThat(answer.out()).contains("\"object\":\"chat.completion\"").contains("\"usage\":");
      assertThat(demo.terminate()).isZero();
    }
  }
}
