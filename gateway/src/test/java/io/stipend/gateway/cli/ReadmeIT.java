package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.cli.Jar.Running;
import io.stipend.gateway.demo.FakeProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The README's commands, curl blocks and quota file, run as they stand there. Only the addresses
 * differ: ports that are free here, and a made-up provider in the place of the real ones.
 */
class ReadmeIT {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final String JAR_LINE = "java -jar gateway/target/stipend.jar ";

  @TempDir Path folder;
  private String readme;
  private int dataPort;

  @BeforeEach
  void prepare() throws IOException {
    dataPort = Jar.freePort();
    readme = Files.readString(ROOT.resolve("README.md"));
    Files.createDirectories(folder.resolve("gateway/target"));
    Files.createSymbolicLink(folder.resolve("gateway/target/stipend.jar"), Jar.path());
  }

  @Test
  void theTestCommandIsWhatCiRuns() throws IOException {
    assertThat(Files.readString(ROOT.resolve(".ci/run")))
        .endsWith("\nexec " + block("tests") + "\n");
  }

  @Test
  void theDemoCommandRunsWhatTheBuildCommandBuilds() throws Exception {
    List<String> lines = block("demo").lines().toList();

    assertThat(lines).hasSize(2);
    assertThat(lines.get(0)).isEqualTo("mvn -DskipTests package");
    Invocation demo = new Jar(folder).shell(lines.get(1));
    assertThat(demo.code()).as(demo.err()).isZero();
    assertThat(demo.out()).contains("STATEMENT");
  }

  @Test
  void theQuotaFileTheCommandsAndTheCurlBlocksWork() throws Exception {
    try (FakeProvider provider = FakeProvider.start(0)) {
      Files.writeString(
          folder.resolve("stipend.yaml"),
          here(block("quota file"))
              .replace("https://api.openai.com", provider.url())
              .replace("https://api.anthropic.com", provider.url()));
      Jar jar = new Jar(folder).with("OPENAI_API_KEY", "one").with("ANTHROPIC_API_KEY", "two");
      List<String> serve = block("serve").lines().toList();
      assertThat(serve).hasSize(2).allMatch(line -> line.startsWith(JAR_LINE));
      Invocation check = jar.shell(serve.get(0));
      assertThat(check.code()).as(check.out()).isZero();

      try (Running gateway = jar.start("ready", serve.get(1).substring(JAR_LINE.length()))) {
        Invocation key = jar.shell(block("key") + "\nprintf %s \"$STIPEND_KEY\"");
        assertThat(key.out()).startsWith("sk-stipend-");
        jar.with("STIPEND_KEY", key.out());
        curl(jar);
        assertThat(provider.requests()).isEqualTo(2);
        assertThat(provider.billed())
            .extracting(FakeProvider.Billed::key)
            .containsExactly("one", "two");
        finance(jar);
        assertThat(gateway.terminate()).isZero();
      }
    }
  }

  private void curl(Jar jar) throws IOException, InterruptedException {
    Assumptions.assumeTrue(
        jar.shell("command -v curl || true").out().contains("curl"), "curl is not installed");
    List<String> blocks = blocks("curl").stream().map(this::here).toList();
    assertThat(blocks).hasSize(3);

    assertThat(jar.shell(blocks.get(0)).out()).contains("\"model\":\"gpt-5-mini\"", "\"usage\":");
    assertThat(jar.shell(blocks.get(1)).out())
        .startsWith("event: message_start")
        .contains("event: message_stop");
    assertThat(jar.shell(blocks.get(2)).out()).contains("\"person\":\"ada\"", "\"remaining\":");
  }

  private void finance(Jar jar) throws IOException, InterruptedException {
    Invocation balances = jar.shell(block("balances"));
    assertThat(balances.code()).as(balances.err()).isZero();
    assertThat(balances.out()).contains("ada has ", "Granted 50 USD to ada");

    String export =
        block("export").replace("2026-11-01", "2020-01-01").replace("2026-12-01", "2100-01-01");
    Invocation exported = jar.shell(export);
    assertThat(exported.code()).as(exported.err()).isZero();
    assertThat(exported.out()).contains("usage.csv: 2 rows").contains("The ledger verifies: ");
    assertThat(exported.out()).contains("CC-4410", "Statement of AI compute", "Closing balance");
    assertThat(Files.readAllLines(folder.resolve("usage.csv"))).hasSize(3);
  }

  @Test
  void everyFileThatItLinksToIsThere() {
    List<String> links =
        Pattern.compile("\\]\\(([^)#:]+)\\)")
            .matcher(readme)
            .results()
            .map(link -> link.group(1))
            .toList();

    assertThat(links).hasSizeGreaterThan(5);
    assertThat(links).allSatisfy(link -> assertThat(ROOT.resolve(link)).exists());
  }

  /** The block under this mark, which must be one. */
  private String block(String mark) {
    List<String> found = blocks(mark);
    assertThat(found).as("blocks marked " + mark).hasSize(1);
    return found.get(0);
  }

  private List<String> blocks(String mark) {
    String block = "<!-- readme-test: " + Pattern.quote(mark) + " -->\n```\\w+\n(.*?)\n```";
    return Pattern.compile(block, Pattern.DOTALL)
        .matcher(readme)
        .results()
        .map((MatchResult found) -> found.group(1))
        .toList();
  }

  /** The same with addresses that are free here. */
  private String here(String block) {
    return block
        .replace("127.0.0.1:8080", "127.0.0.1:" + dataPort)
        .replace("127.0.0.1:8081", "127.0.0.1:0");
  }
}
