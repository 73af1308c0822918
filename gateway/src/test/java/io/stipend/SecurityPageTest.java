package io.stipend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the page on security leans on is there: a promise whose test was renamed is no promise. */
class SecurityPageTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Path PAGE = ROOT.resolve(".github/SECURITY.md");

  @Test
  void everyTestThatItNamesIsThere() throws IOException {
    Set<String> tests;
    try (Stream<Path> files = Files.walk(ROOT)) {
      tests =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.matches("\\w+(Test|IT)[.]java"))
              .map(name -> name.replace(".java", ""))
              .collect(Collectors.toSet());
    }
    List<String> named = found("`(\\w+(?:Test|IT))`");

    assertThat(named).hasSizeGreaterThan(25);
    assertThat(tests).containsAll(named);
  }

  @Test
  void everyFileThatItLinksToIsThere() throws IOException {
    List<String> links = found("\\]\\(([^)#:]+)\\)");

    assertThat(links).isNotEmpty();
    assertThat(links).allSatisfy(link -> assertThat(PAGE.resolveSibling(link)).exists());
    assertThat(ROOT.resolve(".ci/supply-chain")).isExecutable();
  }

  private static List<String> found(String pattern) throws IOException {
    return Pattern.compile(pattern)
        .matcher(Files.readString(PAGE))
        .results()
        .map(match -> match.group(1))
        .toList();
  }
}
