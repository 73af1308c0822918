package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The second jar: found beside the first, told of where it is missing, and what is in it. */
class AnalyticsJarIT {
  private static final String NAME = "stipend-analytics.jar";

  @TempDir Path folder;

  private static Path second() {
    Path jar = Jar.path().resolveSibling(NAME);
    assertThat(jar).exists();
    return jar;
  }

  @Test
  void parquetNeedsItAndSaysSo() throws Exception {
    Path first = Files.createLink(folder.resolve("stipend.jar"), Jar.path());
    Files.writeString(
        folder.resolve("stipend.yaml"),
        """
        gateway: { data: ./data, limits: { open_attempts: 64 } }
        providers: { openai: { url: "https://api.openai.com", key: "${NOT_SET}" } }
        people: { ada: { budget: { amount: 400 USD, every: month } } }
        """);
    String stipend = "'" + Jar.java() + "' -jar '" + first + "' ";
    String export =
        stipend + "usage export --month 2026-11 --format parquet --out november.parquet";
    Jar shell = new Jar(folder);
    Invocation missing =
        shell.shell(stipend + "grant ada 1 --reason x; " + export + " || echo code $?");
    assertThat(missing.out()).contains("code 2");
    assertThat(missing.err())
        .contains("--format: parquet needs " + folder.toRealPath().resolve(NAME))
        .contains("which is not there (expected: the file of that name from the same release");
    assertThat(folder.resolve("november.parquet")).doesNotExist();

    Files.createLink(folder.resolve(NAME), second());
    Invocation found = shell.shell(export);
    assertThat(found.code()).as(found.err()).isZero();
    byte[] bytes = Files.readAllBytes(folder.resolve("november.parquet"));
    assertThat(new String(bytes, 0, 4, StandardCharsets.US_ASCII)).isEqualTo("PAR1");
  }

  @Test
  void itHoldsTheEngineAndWhatUsesItAndTellsNoTime() throws Exception {
    Matcher fixed =
        Pattern.compile("<project.build.outputTimestamp>(.*)Z<")
            .matcher(Files.readString(Path.of("../pom.xml")));
    assertThat(fixed.find()).isTrue();
    LocalDateTime time = LocalDateTime.parse(fixed.group(1));
    try (ZipFile jar = new ZipFile(second().toFile());
        ZipFile first = new ZipFile(Jar.path().toFile())) {
      List<? extends ZipEntry> entries = jar.stream().filter(e -> !e.isDirectory()).toList();
      assertThat(entries)
          .allMatch(entry -> entry.getTimeLocal().equals(time))
          .extracting(ZipEntry::getName)
          .doesNotHaveDuplicates()
          .contains(
              "io/stipend/metering/analytics/DuckParquet.class",
              "META-INF/licenses/duckdb.txt",
              "libduckdb_java.so_linux_amd64",
              "libduckdb_java.so_linux_arm64")
          .allMatch(
              name ->
                  name.startsWith("org/duckdb/")
                      || name.startsWith("io/stipend/metering/analytics/")
                      || name.startsWith("libduckdb_java.so_")
                      || name.startsWith("META-INF/"));
      assertThat(first.stream().map(ZipEntry::getName))
          .noneMatch(name -> name.contains("duckdb") || name.contains("metering/analytics/"));
      try (InputStream parts =
          jar.getInputStream(jar.getEntry("META-INF/sbom/stipend-analytics.cdx.json"))) {
        assertThat(new String(parts.readAllBytes(), StandardCharsets.UTF_8))
            .containsPattern("pkg:maven/org.duckdb/duckdb_jdbc@[0-9.]+\\?");
      }
    }
  }
}
