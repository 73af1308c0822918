package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.gateway.testing.ServedProcess;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What is in the jar is in its own list of parts, with a version and a licence, and nothing in it
 * tells when or where it was built. That two builds are the same byte for byte is shown by {@code
 * .ci/supply-chain}.
 */
class SupplyChainIT {
  private static final String PARTS = "META-INF/sbom/stipend.cdx.json";
  private static final String OURS = "io.stipend";

  /** What a company can pass on with an Apache-licensed product. */
  private static final Set<String> LICENCES =
      Set.of("Apache-2.0", "MIT", "MIT-0", "BSD-2-Clause", "EPL-2.0", "LGPL-2.1-only");

  private static final Pattern CODE = Pattern.compile(".*[.](class|so|jnilib|dylib|dll)");

  private List<? extends ZipEntry> entries;
  private JsonNode list;

  /** A part of the list; {@code file} is what its jar is called. */
  private record Part(String group, String file, Set<String> licences) {}

  @BeforeEach
  void open() throws IOException {
    try (ZipFile jar = new ZipFile(Jar.path().toFile());
        InputStream text = jar.getInputStream(jar.getEntry(PARTS))) {
      entries = jar.stream().filter(entry -> !entry.isDirectory()).toList();
      list = new ObjectMapper().readTree(text);
    }
  }

  @Test
  void whatTheJarHoldsIsInTheListAndNothingElseIs() throws IOException {
    TreeMap<String, Set<String>> files = code();
    Set<String> listed =
        parts().stream()
            .filter(part -> !part.group.equals(OURS))
            .map(Part::file)
            .collect(Collectors.toSet());
    Set<String> held =
        entries.stream()
            .map(ZipEntry::getName)
            .filter(name -> CODE.matcher(name).matches())
            .filter(name -> !name.startsWith("io/stipend/"))
            .collect(Collectors.toSet());

    assertThat(held).hasSizeGreaterThan(5_000);
    Set<String> known = new HashSet<>();
    listed.forEach(file -> known.addAll(files.getOrDefault(file, Set.of())));
    assertThat(held).as("of a library that is listed").isSubsetOf(known);
    assertThat(listed)
        .as("a jar of the class path, with code of it in the jar where it has any")
        .allSatisfy(
            file -> {
              assertThat(files).containsKey(file);
              Set<String> code = files.get(file);
              assertThat(code.isEmpty() || code.stream().anyMatch(held::contains)).isTrue();
            });
  }

  @Test
  void everyPartHasAReleasedVersionAndALicenceThatMayBePassedOn() {
    assertThat(parts())
        .hasSizeGreaterThan(50)
        .allSatisfy(
            part -> {
              assertThat(part.file).doesNotContain("SNAPSHOT");
              assertThat(part.licences).as(part.file).isNotEmpty().isSubsetOf(LICENCES);
            });
  }

  @Test
  void nothingTellsWhenItWasBuilt() throws IOException {
    Matcher fixed =
        Pattern.compile("<project.build.outputTimestamp>(.*)Z<")
            .matcher(Files.readString(Path.of("../pom.xml")));
    assertThat(fixed.find()).isTrue();
    LocalDateTime time = LocalDateTime.parse(fixed.group(1));

    assertThat(entries)
        .as("entries that are newer than the build's fixed time")
        .allMatch(entry -> !entry.getTimeLocal().isAfter(time), "of " + time + " or before");
    assertThat(entries)
        .filteredOn(entry -> entry.getName().startsWith("io/stipend/"))
        .hasSizeGreaterThan(100)
        .allMatch(entry -> entry.getTimeLocal().equals(time));
    assertThat(entries).extracting(ZipEntry::getName).doesNotHaveDuplicates();
    assertThat(list.at("/metadata/timestamp").isMissingNode()).isTrue();
    assertThat(UUID.fromString(list.path("serialNumber").asText().replace("urn:uuid:", "")))
        .as("made of what it names, not by chance")
        .returns(3, UUID::version);
  }

  private List<Part> parts() {
    List<Part> parts = new ArrayList<>();
    for (JsonNode component : list.path("components")) {
      String file = component.path("name").asText() + "-" + component.path("version").asText();
      Matcher classifier =
          Pattern.compile("classifier=([^&]+)").matcher(component.path("purl").asText());
      Set<String> licences = new HashSet<>();
      component.path("licenses").forEach(each -> licences.add(each.at("/license/id").asText()));
      parts.add(
          new Part(
              component.path("group").asText(),
              file + (classifier.find() ? "-" + classifier.group(1) : "") + ".jar",
              licences));
    }
    return parts;
  }

  /** The names of the code in every jar of the class path. */
  private static TreeMap<String, Set<String>> code() throws IOException {
    TreeMap<String, Set<String>> code = new TreeMap<>();
    for (String place : ServedProcess.classPath().split(File.pathSeparator)) {
      if (place.endsWith(".jar")) {
        try (ZipFile jar = new ZipFile(place)) {
          code.put(
              Path.of(place).getFileName().toString(),
              jar.stream()
                  .map(ZipEntry::getName)
                  .filter(name -> CODE.matcher(name).matches())
                  .filter(name -> !name.endsWith("module-info.class"))
                  .collect(Collectors.toSet()));
        }
      }
    }
    return code;
  }
}
