package io.stipend.metering.tokens;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was learned, from one run to the next. */
class LearnedFileTest {
  @TempDir Path folder;

  private static Learned lesson() {
    Learned learned = new Learned();
    for (int i = 0; i < 200; i++) {
      learned.answer("ada", "m", 8_000);
      learned.answer("bob", "m", 100);
      learned.input().learn("m", 1_000, 200);
      learned.input().learn("m", 100_000, 30_000);
      learned.written().learn("m", 1_000, 500);
    }
    return learned;
  }

  private static void knowsTheLesson(Learned learned) {
    assertThat(learned.answers().of("ada", "m")).isEqualTo(8_192);
    assertThat(learned.answers().of("bob", "m")).isEqualTo(1_024);
    assertThat(learned.answers().of("carol", "m")).isEqualTo(8_192);
    assertThat(learned.input().estimate("m", 1_000)).isBetween(200L, 208L);
    assertThat(learned.input().estimate("m", 100_000)).isBetween(30_000L, 30_500L);
    assertThat(learned.input().estimate("m", 30_000)).as("no lesson").isEqualTo(10_000);
    assertThat(learned.written().estimate("m", 1_000)).isBetween(500L, 508L);
  }

  private Learned load() {
    return Objects.requireNonNull(new LearnedFile(folder).load());
  }

  @Test
  void aNewRunKnowsWhatTheLastOneLearnedAndGoesOnFromThere() throws IOException {
    assertThat(new LearnedFile(folder).load()).isNull();
    new LearnedFile(folder).save(lesson());
    Learned next = load();
    knowsTheLesson(next);
    for (int i = 0; i < 4_000; i++) {
      next.answer("bob", "m", 30_000);
    }
    new LearnedFile(folder).save(next);
    assertThat(load().answers().of("bob", "m")).isEqualTo(32_768);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(f -> f.getFileName().toString())).containsExactly("learned");
    }
  }

  @Test
  void itIsWrittenOnlyWhenSomethingWasLearned() throws IOException {
    LearnedFile file = new LearnedFile(folder);
    Learned learned = lesson();
    file.save(new Learned());
    assertThat(folder.resolve("learned")).doesNotExist();
    file.save(learned);
    Files.delete(folder.resolve("learned"));
    file.save(learned);
    assertThat(folder.resolve("learned")).doesNotExist();
    learned.answer("ada", "m", 1);
    file.save(learned);
    assertThat(folder.resolve("learned")).exists();
  }

  @Test
  void anyDamageMeansThatNothingIsKnown() throws IOException {
    new LearnedFile(folder).save(lesson());
    Path file = folder.resolve("learned");
    byte[] whole = Files.readAllBytes(file);
    // The head, and a byte here and there of the rest.
    for (int at = 0; at < whole.length; at += at < 16 ? 4 : 29) {
      byte[] damaged = whole.clone();
      damaged[at] ^= 0x10;
      Files.write(file, damaged);
      assertThat(new LearnedFile(folder).load()).as("byte %d", at).isNull();
    }
    for (int length : List.of(0, 3, 15, 16, whole.length / 2, whole.length - 1)) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThat(new LearnedFile(folder).load()).as("%d bytes", length).isNull();
    }
    Files.write(file, whole);
    knowsTheLesson(load());
  }

  @Test
  void aNewerFileIsNotReadAndLaterReplaced() throws IOException {
    new LearnedFile(folder).save(lesson());
    Path file = folder.resolve("learned");
    byte[] newer = Files.readAllBytes(file);
    newer[7] = LearnedFile.VERSION + 1;
    Files.write(file, newer);
    assertThat(new LearnedFile(folder).load()).isNull();
    new LearnedFile(folder).save(lesson());
    knowsTheLesson(load());
  }

  @Test
  void whatAKilledRunLeftHalfWrittenDoesNoHarm() throws IOException {
    new LearnedFile(folder).save(lesson());
    Files.writeString(folder.resolve("learned.new"), "half");
    knowsTheLesson(load());
    new LearnedFile(folder).save(lesson());
    assertThat(folder.resolve("learned.new")).doesNotExist();
  }

  @Test
  void aFolderThatTakesNothingIsNoFault() {
    new LearnedFile(folder.resolve("gone")).save(lesson());
    assertThat(folder.resolve("gone")).doesNotExist();
  }

  @Test
  void aHundredThousandPeopleFitIntoAFewMegabytes() throws IOException {
    Learned learned = new Learned();
    for (int i = 0; i < 120_000; i++) {
      learned.answer("person-" + i, "claude-sonnet-4-5", 1_000 + i);
    }
    new LearnedFile(folder).save(learned);
    assertThat(Files.size(folder.resolve("learned"))).isLessThan(8L << 20);
    assertThat(load().answers().size()).isBetween(90_000L, 100_000L);
  }
}
