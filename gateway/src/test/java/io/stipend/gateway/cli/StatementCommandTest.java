package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatementCommandTest {
  @TempDir Path folder;
  private Path config;

  @BeforeEach
  void aLedger() throws Exception {
    config =
        Files.writeString(
            folder.resolve("stipend.yaml"),
            """
            gateway: { data: ./data }
            providers: { openai: { url: "http://127.0.0.1:1", key: "${NOT_SET}" } }
            allowances: { engineer: { amount: 400 USD, every: month } }
            teams: { shared: { budget: { amount: 1 USD, every: day } } }
            people:
              ada: { name: Ada Lovelace, allowance: engineer, compensation: { base: 120000 USD } }
              tom: { team: shared }
            """);
    assertThat(run("keys", "create", "ada").code()).isZero();
  }

  private Invocation run(String... args) {
    return Invocation.on(config, args);
  }

  @Test
  void whoHasNothingYetIsToldWhatTheFirstUseBrings() {
    Invocation shown = run("statement", "ada", "--month", "2026-11");
    assertThat(shown.code()).as(shown.err()).isZero();
    assertThat(shown.out())
        .startsWith("Statement of AI compute, November 2026\nAda Lovelace (ada), ")
        .contains("provisional: ", "Nothing is entered", "is 400 USD.", "0 USD of 10000 USD");
    assertThat(run("statement", "ada", "--month", "2026-11", "--format", "html").out())
        .contains("Nothing is entered")
        .doesNotContain("0 = 0");
    assertThat(run("grant", "ada", "50", "--reason", "launch").code()).isZero();
    String month = java.time.YearMonth.now(java.time.ZoneOffset.UTC).toString();
    assertThat(run("statement", "ada", "--month", month).out())
        .isEqualTo(run("statement", "ada").out())
        .contains("Extra grant: launch, by ", "0 + 400 + 50 = 450\n");
    assertThat(run("statement", "tom").out()).contains("There is no budget of their own");
  }

  @Test
  void eachFormGoesToTheScreenOrToAFileOfItsOwner() throws Exception {
    for (Map.Entry<String, String> form :
        Map.of("text", "Statement of", "json", "{\"report\":\"statement\"", "html", "<!DOCTYPE")
            .entrySet()) {
      Path out = folder.resolve("ada." + form.getKey());
      Invocation made = run("statement", "ada", "--format", form.getKey(), "--out", out.toString());
      assertThat(made.code()).as(made.err()).isZero();
      assertThat(made.out()).isEmpty();
      assertThat(out).content().startsWith(form.getValue());
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(out)))
          .isEqualTo("rw-------");
      assertThat(run("statement", "ada", "--format", form.getKey()).out())
          .isEqualTo(Files.readString(out));
    }
    assertThat(run("statement", "ada", "--json").out())
        .startsWith("{\"report\":\"statement\"")
        .isEqualTo(run("statement", "ada", "--json", "--out", "-").out());
  }

  @Test
  void whatIsWrongIsToldWithWhatWasExpected() {
    assertThat(run("statement", "adda").code()).isEqualTo(Exit.FAILED);
    assertThat(run("statement", "adda").err()).contains("did you mean");
    for (String[] wrong :
        new String[][] {
          {"--month", "2026-13"},
          {"--month", "11"},
          {"--year", "26"},
          {"--format", "pdf"},
          {"--month", "2026-11", "--year", "2026"}
        }) {
      String[] args = new String[wrong.length + 2];
      args[0] = "statement";
      args[1] = "ada";
      System.arraycopy(wrong, 0, args, 2, wrong.length);
      Invocation refused = run(args);
      assertThat(refused.code()).as(String.join(" ", args)).isEqualTo(Exit.USAGE);
      assertThat(refused.err()).as(String.join(" ", args)).contains("expected");
    }
    assertThat(run("statement").code()).isEqualTo(Exit.USAGE);
  }
}
