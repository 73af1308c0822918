package io.stipend.policy.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Quota files of tests: written into a folder, loaded at a fixed instant. */
public final class QuotaFiles {
  public static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

  public static final String OPENAI_KEY = "sk-planted-openai-51f0c2";
  public static final String ANTHROPIC_KEY = "sk-planted-anthropic-9ab3";

  public static final Map<String, String> ENV =
      Map.of("OPENAI_API_KEY", OPENAI_KEY, "ANTHROPIC_API_KEY", ANTHROPIC_KEY);

  /** The least that every file of a test begins with. */
  public static final String PROVIDERS =
      """
      providers:
        openai:    { url: "https://api.openai.com",    key: "${OPENAI_API_KEY}" }
        anthropic: { url: "https://api.anthropic.com", key: "${ANTHROPIC_API_KEY}" }
      """;

  private QuotaFiles() {}

  public static Path write(Path folder, String name, String text) {
    try {
      return Files.writeString(folder.resolve(name), text);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  public static QuotaFile.Result load(Path folder, String yaml) {
    return QuotaFile.load(write(folder, "stipend.yaml", yaml), ENV, NOW);
  }

  public static QuotaFile.Loaded loaded(Path folder, String yaml) {
    QuotaFile.Result result = load(folder, yaml);
    if (result instanceof QuotaFile.Broken broken) {
      throw new AssertionError("broken: " + broken.problems());
    }
    return (QuotaFile.Loaded) result;
  }

  public static QuotaFile valid(Path folder, String yaml) {
    return loaded(folder, yaml).quotaFile();
  }

  /** As if every key were built. */
  static QuotaFile.Result unlocked(Path folder, String yaml) {
    return new QuotaLoader(write(folder, "stipend.yaml", yaml), ENV, NOW, Set.of()).load();
  }

  /** The file, as if every key were built. */
  public static QuotaFile.Loaded unlockedFile(Path folder, String yaml) {
    QuotaFile.Result result = unlocked(folder, yaml);
    if (result instanceof QuotaFile.Broken broken) {
      throw new AssertionError("broken: " + broken.problems());
    }
    return (QuotaFile.Loaded) result;
  }

  /** The problems, as if every key were built. */
  static List<String> unlockedProblems(Path folder, String yaml) {
    return told(unlocked(folder, yaml));
  }

  /** The problems as {@code line:column: message}. */
  public static List<String> problems(Path folder, String yaml) {
    return told(load(folder, yaml));
  }

  private static List<String> told(QuotaFile.Result result) {
    assertThat(result).isInstanceOf(QuotaFile.Broken.class);
    return ((QuotaFile.Broken) result)
        .problems().stream().map(p -> p.line() + ":" + p.column() + ": " + p.message()).toList();
  }
}
