package io.stipend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The planted bugs are kept alive: every patch still applies and names tests that exist. Whether
 * they turn red is shown by {@code gateway/src/test/planted/run}, which takes minutes.
 */
class PlantedBugsTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Path FOLDER = ROOT.resolve("gateway/src/test/planted");
  private static final int LEAST = 20;
  private static final Pattern HEADER =
      Pattern.compile("# Bug: \\S.*\\. Test: (metering|policy|gateway) (\\S+)");
  private static final Pattern ROW = Pattern.compile("(?m)^\\| ([a-z][a-z0-9-]+) \\|");

  private static List<Path> patches() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files.filter(file -> file.toString().endsWith(".patch")).sorted().toList();
    }
  }

  private static String name(Path patch) {
    return patch.getFileName().toString().replace(".patch", "");
  }

  @Test
  void everyPatchSaysWhatTheBugIsAndWhichTestsThatExistMustTurnRed() throws IOException {
    assertThat(patches()).hasSizeGreaterThanOrEqualTo(LEAST);
    for (Path patch : patches()) {
      Matcher header = HEADER.matcher(Files.readAllLines(patch).get(0));
      assertThat(header.matches()).as("the first line of %s", patch.getFileName()).isTrue();
      for (String test : header.group(2).split(",")) {
        String[] classAndMethod = test.split("#");
        Path source =
            ROOT.resolve(header.group(1))
                .resolve("src/test/java/" + classAndMethod[0].replace('.', '/') + ".java");
        assertThat(source).as(name(patch)).exists();
        if (classAndMethod.length > 1) {
          assertThat(source).as(name(patch)).content().contains(" " + classAndMethod[1] + "(");
        }
      }
    }
  }

  @Test
  void everyPatchStillApplies() throws Exception {
    List<String> rotten = new ArrayList<>();
    for (Path patch : patches()) {
      String said = check(patch);
      if (!said.isEmpty()) {
        rotten.add(name(patch) + ": " + said);
      }
    }
    assertThat(rotten).as("patches to be adapted, see docs/planted-bugs.md").isEmpty();
  }

  /** What git has against the patch; empty if nothing. */
  private static String check(Path patch) throws Exception {
    ProcessBuilder git =
        new ProcessBuilder("git", "apply", "--check", "-C1", patch.toString())
            .directory(ROOT.toFile())
            .redirectErrorStream(true);
    // A repository around this one is not meant: git would leave out files that are not its own.
    git.environment().put("GIT_CEILING_DIRECTORIES", ROOT.getParent().toString());
    Process process;
    try {
      process = git.start();
    } catch (IOException e) {
      return abort("git is not installed: " + e.getMessage());
    }
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return process.waitFor() == 0 ? "" : said.strip();
  }

  @Test
  void thePageHasARowForEveryPatchAndNoOther() throws IOException {
    String page = Files.readString(ROOT.resolve("docs/planted-bugs.md"));
    List<String> rows =
        ROW.matcher(page)
            .results()
            .map(row -> row.group(1))
            .filter(n -> !n.equals("patch"))
            .toList();
    assertThat(rows)
        .containsExactlyInAnyOrderElementsOf(
            patches().stream().map(PlantedBugsTest::name).toList());
  }
}
