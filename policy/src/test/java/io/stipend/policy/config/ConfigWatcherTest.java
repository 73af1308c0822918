package io.stipend.policy.config;

import static io.stipend.policy.config.QuotaFiles.NOW;
import static io.stipend.policy.config.QuotaFiles.PROVIDERS;
import static io.stipend.policy.config.QuotaFiles.write;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigWatcherTest {
  private static final String ONE =
      PROVIDERS + "allowances: { a: { amount: 1 USD, every: day } }\npeople_from: people.csv\n";

  @TempDir Path folder;
  private final List<QuotaFile.Loaded> swapped = new ArrayList<>();

  private ConfigWatcher watcher() {
    write(folder, "people.csv", "id,allowance\nada,a\n");
    return new ConfigWatcher(
        QuotaFiles.loaded(folder, ONE), QuotaFiles.ENV, () -> NOW, swapped::add);
  }

  @Test
  void nothingHappensWhileNothingChanges() {
    try (ConfigWatcher watcher = watcher()) {
      assertThat(watcher.look()).isFalse();
      assertThat(swapped).isEmpty();
    }
  }

  @Test
  void aChangedFileIsSwappedInOnce() {
    try (ConfigWatcher watcher = watcher()) {
      write(folder, "stipend.yaml", ONE.replace("1 USD", "25 USD"));
      assertThat(watcher.look()).isTrue();
      assertThat(watcher.look()).isFalse();
      assertThat(swapped).hasSize(1);
      assertThat(swapped.get(0).quotaFile().principals().get("ada").budgets().get(0).amount())
          .isEqualTo(25_000_000_000L);
    }
  }

  @Test
  void whatIsReadAtTheStartStaysAsItWasThen() {
    try (ConfigWatcher watcher = watcher()) {
      write(folder, "stipend.yaml", ONE + "gateway: { durability: strict, contact: 'ask Eve' }\n");
      assertThat(watcher.look()).isTrue();
      GatewayConfig inForce = swapped.get(0).quotaFile().gateway();
      assertThat(inForce.durability()).isEqualTo(Durability.GATE);
      assertThat(inForce.contact()).isEqualTo("ask Eve");
    }
  }

  @Test
  void aBrokenFileIsKeptOutUntilItIsMended() {
    try (ConfigWatcher watcher = watcher()) {
      write(folder, "stipend.yaml", ONE + "peeple: {}\n");
      assertThat(watcher.look()).isFalse();
      assertThat(swapped).isEmpty();
      write(folder, "stipend.yaml", ONE + "people: { bob: { allowance: a } }\n");
      assertThat(watcher.look()).isTrue();
      assertThat(swapped.get(0).quotaFile().principals()).containsOnlyKeys("ada", "bob");
    }
  }

  @Test
  void aFileThatIsIncludedIsWatchedToo() throws Exception {
    try (ConfigWatcher watcher = watcher()) {
      write(folder, "people.csv", "id,allowance\nada,a\nbob,nobody\n");
      assertThat(watcher.look()).isFalse();
      write(folder, "people.csv", "id,allowance\nada,a\nbob,a\n");
      assertThat(watcher.look()).isTrue();
      Files.delete(folder.resolve("people.csv"));
      assertThat(watcher.look()).isFalse();
      write(folder, "people.csv", "id,allowance\ncy,a\n");
      assertThat(watcher.look()).isTrue();
      assertThat(swapped).hasSize(2);
      assertThat(swapped.get(1).quotaFile().principals()).containsOnlyKeys("cy");
    }
  }

  @Test
  void aFileThatIsReplacedByAnotherOfTheSameSizeAndTimeIsSeen() throws Exception {
    try (ConfigWatcher watcher = watcher()) {
      Path file = folder.resolve("stipend.yaml");
      Path next = write(folder, "next.yaml", ONE.replace("1 USD", "2 USD"));
      Files.setLastModifiedTime(next, Files.getLastModifiedTime(file));
      Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
      assertThat(watcher.look()).isTrue();
    }
  }

  @Test
  void itLooksByItselfOnceItIsStarted() throws Exception {
    write(folder, "people.csv", "id,allowance\nada,a\n");
    CompletableFuture<QuotaFile.Loaded> seen = new CompletableFuture<>();
    try (ConfigWatcher watcher =
        new ConfigWatcher(
            QuotaFiles.loaded(folder, ONE), QuotaFiles.ENV, () -> NOW, seen::complete)) {
      watcher.start(Duration.ofMillis(10));
      write(folder, "people.csv", "id,allowance\nada,a\nbob,a\n");
      assertThat(seen.get(10, TimeUnit.SECONDS).quotaFile().principals()).containsKey("bob");
    }
  }
}
