package io.stipend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What every file of the project has in common. */
class TidinessTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final List<String> MODULES = List.of("metering", "policy", "gateway");
  private static final int MOST_FILE_LINES = 500;
  private static final int MOST_METHOD_LINES = 70;
  private static final Set<String> TOP_LEVEL =
      Set.of(
          "pom.xml",
          "gateway",
          "metering",
          "policy",
          "docker",
          "docs",
          "README.md",
          "LICENSE",
          "NOTICE",
          "CHANGELOG.md",
          "CONTRIBUTING.md",
          "SECURITY.md",
          "target");

  // The patterns are written so that they do not match their own source.
  private static final Pattern MARK =
      Pattern.compile("\\b(TO" + "DO|FIX" + "ME|XX" + "X|HA" + "CK)\\b");
  private static final Pattern SLEEP = Pattern.compile("Thread[.]sleep|TimeUnit[.]\\w+[.]sleep");
  private static final Pattern WALL_CLOCK =
      Pattern.compile("System[.]currentTimeMillis|Instant[.]now\\(\\)|Clock[.]systemUTC\\(\\)[.]");
  private static final Pattern REGISTRY =
      Pattern.compile("repo\\d*[.]maven[.]|registry[.]npmjs|pypi[.]org|/(artifactory|nexus)/");
  private static final Pattern MACHINE_PATH =
      Pattern.compile("(?<![\\w.~)}-])/(root|work|home/\\w+|Users/\\w+)/");
  private static final Set<String> TEXT =
      Set.of(
          "java", "xml", "yaml", "yml", "md", "txt", "json", "jsonl", "properties", "sql", "csv");

  @Test
  void theModulesAreLookedAt() {
    for (String module : MODULES) {
      assertThat(javaFiles(module, "main")).as(module).isNotEmpty();
    }
  }

  @Test
  void noJavaFileIsLongerThanAReaderCanHold() {
    List<String> tooLong =
        javaFiles().stream()
            .map(file -> name(file) + ": " + read(file).lines().count() + " lines")
            .filter(said -> Long.parseLong(said.replaceAll(".*: | lines", "")) > MOST_FILE_LINES)
            .toList();

    assertThat(tooLong).as("files over %d lines", MOST_FILE_LINES).isEmpty();
  }

  @Test
  void theListOfStepsOfAnExchangeStaysShort() {
    Path exchange =
        javaFiles().stream()
            .filter(
                file -> name(file).endsWith("/main/java/io/stipend/gateway/exchange/Exchange.java"))
            .findFirst()
            .orElseThrow();

    assertThat(read(exchange).lines().count()).isLessThanOrEqualTo(300);
  }

  @Test
  void noMethodIsLongerThanAScreen() {
    List<String> tooLong =
        JavaSources.parse(javaFiles()).methods().stream()
            .filter(method -> method.lines() > MOST_METHOD_LINES)
            .map(method -> name(method.file()) + ":" + method.line() + " " + method)
            .toList();

    assertThat(tooLong).as("methods over %d lines", MOST_METHOD_LINES).isEmpty();
  }

  @Test
  void moneyNeverPassesThroughBinaryFloatingPoint() {
    List<Path> money =
        javaFiles().stream()
            .filter(
                file ->
                    name(file)
                        .matches(
                            ".*/main/.*/(metering/(price/|ledger/)?|policy/budget/)\\w+[.]java"))
            .toList();

    assertThat(money).hasSizeGreaterThan(10);
    assertThat(JavaSources.parse(money).floats()).isEmpty();
  }

  @Test
  void everyPackageSaysWhatItOwns() {
    List<String> silent = new ArrayList<>();
    for (String module : MODULES) {
      for (Path file : javaFiles(module, "main")) {
        Path info = file.resolveSibling("package-info.java");
        if (!Files.exists(info)) {
          silent.add(name(file.getParent()) + ": no package-info.java");
        } else if (!read(info).contains("@NullMarked")
            || !read(info).contains("Start reading at")) {
          silent.add(name(info) + ": expected @NullMarked and where to start reading");
        }
      }
    }
    assertThat(silent.stream().distinct()).isEmpty();
  }

  @Test
  void nothingIsLeftForLater() {
    assertThat(lines(javaFiles(), MARK)).isEmpty();
  }

  @Test
  void nothingSleeps() {
    assertThat(lines(javaFiles(), SLEEP)).isEmpty();
  }

  @Test
  void theProductTakesTheTimeFromAClockThatComesIn() {
    List<Path> product = MODULES.stream().flatMap(m -> javaFiles(m, "main").stream()).toList();

    assertThat(lines(product, WALL_CLOCK)).isEmpty();
  }

  @Test
  void noFileNamesAPackageRegistryOrAPathOfSomeMachine() {
    List<Path> files = files(ROOT).stream().filter(TidinessTest::isText).toList();

    assertThat(files).hasSizeGreaterThan(100);
    assertThat(lines(files, REGISTRY)).isEmpty();
    assertThat(lines(files, MACHINE_PATH)).isEmpty();
  }

  @Test
  void theTopLevelHoldsWhatBelongsThere() throws IOException {
    try (Stream<Path> top = Files.list(ROOT)) {
      List<String> strangers =
          top.map(path -> path.getFileName().toString())
              .filter(name -> !name.startsWith(".") && !TOP_LEVEL.contains(name))
              .toList();
      assertThat(strangers).isEmpty();
    }
  }

  /** Every place where the pattern is found, as {@code file:line text}. */
  private static List<String> lines(List<Path> files, Pattern pattern) {
    List<String> found = new ArrayList<>();
    for (Path file : files) {
      List<String> lines = read(file).lines().toList();
      for (int i = 0; i < lines.size(); i++) {
        if (pattern.matcher(lines.get(i)).find()) {
          found.add(name(file) + ":" + (i + 1) + " " + lines.get(i).strip());
        }
      }
    }
    return found;
  }

  private static List<Path> javaFiles() {
    return Stream.of("main", "test")
        .flatMap(tree -> MODULES.stream().flatMap(module -> javaFiles(module, tree).stream()))
        .toList();
  }

  private static List<Path> javaFiles(String module, String tree) {
    Path sources = ROOT.resolve(module).resolve("src").resolve(tree).resolve("java");
    return files(sources).stream().filter(file -> file.toString().endsWith(".java")).toList();
  }

  /** All files of the project below a folder: no build output, nothing that begins with a dot. */
  private static List<Path> files(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> walk = Files.walk(folder)) {
      return walk.filter(Files::isRegularFile).filter(TidinessTest::isOurs).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isOurs(Path file) {
    for (Path part : ROOT.relativize(file)) {
      if (part.toString().equals("target") || part.toString().startsWith(".")) {
        return false;
      }
    }
    return true;
  }

  private static boolean isText(Path file) {
    String name = file.getFileName().toString();
    return name.equals("Dockerfile") || TEXT.contains(name.substring(name.lastIndexOf('.') + 1));
  }

  private static String name(Path file) {
    return ROOT.relativize(file).toString();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(name(file), e);
    }
  }
}
