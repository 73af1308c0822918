package io.stipend.policy.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The lists {@code feeds} and {@code exports}. */
class DeliveryReaderTest {
  private static final String HEAD =
      """
      providers: { openai: { url: "https://api.openai.com", key: a-key } }
      people: { ada: { budget: { amount: 400 USD, every: month } } }
      """;

  @TempDir Path folder;

  private QuotaFile.Result load(String text) throws Exception {
    Path file = Files.writeString(folder.resolve("stipend.yaml"), HEAD + text);
    return QuotaFile.load(file, Map.of("FEED_SECRET", "s3cret", "FEED_URL", "https://x.test/in"));
  }

  private List<String> problems(String text) throws Exception {
    return load(text) instanceof QuotaFile.Broken broken
        ? broken.problems().stream()
            .map(p -> p.toString().replace(folder.resolve("stipend.yaml").toString(), ""))
            .toList()
        : List.of();
  }

  @Test
  void bothAreRead() throws Exception {
    QuotaFile.Result result =
        load(
            """
            feeds:
              - { url: "${FEED_URL}", secret: "${FEED_SECRET}", batch: 1 }
              - url: http://127.0.0.1:9000/usage
            exports:
              - { to: ./days, format: parquet, every: day, at: "03:30", since: 2026-11-01 }
              - to: ./days
            """);
    assertThat(result).isInstanceOf(QuotaFile.Loaded.class);
    DeliveryConfig found = ((QuotaFile.Loaded) result).quotaFile().delivery();
    assertThat(found.feeds()).hasSize(2);
    assertThat(found.feeds().get(0))
        .returns("https://x.test/in", feed -> feed.url().toString())
        .returns("s3cret", feed -> feed.secret().reveal())
        .returns(1, DeliveryConfig.Feed::batch)
        .hasToString("Feed[x.test]");
    assertThat(found.feeds().get(1).secret()).isNull();
    assertThat(found.feeds().get(1).batch()).isEqualTo(100);
    assertThat(found.exports())
        .containsExactly(
            new DeliveryConfig.Export(
                folder.resolve("days"),
                DeliveryConfig.Format.PARQUET,
                LocalTime.of(3, 30),
                LocalDate.of(2026, 11, 1)),
            new DeliveryConfig.Export(
                folder.resolve("days"), DeliveryConfig.Format.CSV, LocalTime.of(2, 0), null));
    assertThat(((QuotaFile.Loaded) load("")).quotaFile().delivery())
        .isEqualTo(new DeliveryConfig(List.of(), List.of()));
  }

  @Test
  void everyProblemIsToldWithItsPlace() throws Exception {
    assertThat(
            problems(
                """
                feeds:
                  - { url: "http://example.test/x", batch: 0 }
                  - { urls: "https://x.test/in" }
                  - { url: "https://x.test/in" }
                  - { url: "https://x.test/in" }
                  - none
                exports:
                  - { to: ./a, format: cvs, every: hour, at: "25:00", since: yesterday }
                  - { format: csv }
                  - { to: ./b }
                  - { to: ./b, format: csv }
                """))
        .anySatisfy(
            p -> assertThat(p).contains(":4:", "feeds[0].url", "is no address of a webhook"))
        .anySatisfy(p -> assertThat(p).contains(":4:", "feeds[0].batch", "from 1 to 1000"))
        .anySatisfy(p -> assertThat(p).contains(":5:", "unknown key \"urls\"", "did you mean"))
        .anySatisfy(p -> assertThat(p).contains(":5:", "url is missing"))
        .anySatisfy(p -> assertThat(p).contains(":7:", "stands twice (expected: one feed"))
        .anySatisfy(p -> assertThat(p).contains(":8:", "a mapping with url and secret"))
        .anySatisfy(p -> assertThat(p).contains(":10:", "exports[0].format", "csv", "did you mean"))
        .anySatisfy(p -> assertThat(p).contains(":10:", "exports[0].every", "expected: day"))
        .anySatisfy(p -> assertThat(p).contains(":10:", "exports[0].at", "such as 02:00"))
        .anySatisfy(p -> assertThat(p).contains(":10:", "exports[0].since", "such as 2026-03-15"))
        .anySatisfy(p -> assertThat(p).contains(":11:", "to is missing"))
        .anySatisfy(p -> assertThat(p).contains(":13:", "stands twice with this format"))
        .noneSatisfy(p -> assertThat(p).contains("example.test"))
        .hasSize(12);
  }
}
