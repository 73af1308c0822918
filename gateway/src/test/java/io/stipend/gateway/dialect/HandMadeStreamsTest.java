package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.stipend.metering.TokenUsage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Streams made by hand, each a file whose first line says what usage a person reads in it: input,
 * cache read and written, written for an hour, output, reasoning. Those of legacy Completions and
 * of Gemini stand in {@link CompletionsStreamTest} and {@link GeminiStreams}.
 */
class HandMadeStreamsTest {
  private static final Path FOLDER =
      Path.of("src/test/resources/io/stipend/gateway/dialect/streams");
  private static final String SAYS = ": usage ";
  private static final int LEAST = 12;

  /** Up to here a stream is cut at every byte; a longer one where chance has it. */
  private static final int SHORT_BYTES = 1_200;

  private enum Api {
    CHAT(
        "/v1/chat/completions",
        "{'model':'m','n':3,'stream':true,'stream_options':{'include_usage':true}}",
        WholeStream::chat),
    MESSAGES("/v1/messages", "{'model':'m','max_tokens':9,'stream':true}", WholeStream::messages),
    RESPONSES("/v1/responses", "{'model':'m','stream':true}", WholeStream::responses);

    private final String path;
    private final String ask;
    private final Function<String, WholeStream> oracle;

    Api(String path, String ask, Function<String, WholeStream> oracle) {
      this.path = path;
      this.ask = ask;
      this.oracle = oracle;
    }

    List<Path> streams() throws IOException {
      try (Stream<Path> files = Files.list(FOLDER.resolve(name().toLowerCase(Locale.ROOT)))) {
        return files.sorted().toList();
      }
    }

    AnswerReader reader() {
      return Reading.reader(Dialects.at(path), ask.replace('\'', '"'), true);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aStreamReadsAsAPersonAndAsAReaderOfItsWholeTextDo(Api api) throws IOException {
    assertThat(api.streams()).hasSizeGreaterThanOrEqualTo(LEAST);
    for (Path file : api.streams()) {
      String stream = Files.readString(file);
      Reading read = Reading.of(api.reader(), stream.getBytes(StandardCharsets.UTF_8));
      WholeStream whole = api.oracle.apply(stream);
      TokenUsage usage = read.usage() == null ? null : read.usage().total();
      assertThat(usage).as("%s", file).isEqualTo(whole.usage()).isEqualTo(said(stream));
      assertThat(read.text()).as("%s", file).isEqualTo(whole.text());
      assertThat(read.model()).as("%s", file).isEqualTo(whole.model());
      assertThat(read.usage() != null && read.usage().absurd()).as("%s", file).isFalse();
      String broken = stream.substring(0, stream.lastIndexOf("\n\n") + 2);
      assertThat(read.client())
          .as("%s", file)
          .isEqualTo(file.endsWith("breaks-off.sse") ? broken : stream);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aStreamReadsTheSameHoweverItsBytesAreSplit(Api api) throws IOException {
    for (Path file : api.streams()) {
      byte[] bytes = Files.readAllBytes(file);
      Supplier<AnswerReader> reader = api::reader;
      Reading whole = Reading.of(reader.get(), bytes);
      int[] every = Reading.everyByte(bytes.length);
      assertEquals(whole, Reading.of(reader.get(), bytes, every), file + " in single bytes");
      for (int cut = 0; cut <= (bytes.length <= SHORT_BYTES ? bytes.length : 0); cut++) {
        assertEquals(whole, Reading.of(reader.get(), bytes, cut), file + " cut at " + cut);
      }
      for (long seed = 0; seed < 50; seed++) {
        int[] cuts = new Random(seed).ints(7, 0, bytes.length).sorted().toArray();
        assertEquals(whole, Reading.of(reader.get(), bytes, cuts), file + " with seed " + seed);
      }
    }
  }

  private static TokenUsage said(String stream) {
    String line = stream.lines().findFirst().orElseThrow();
    assertThat(line).startsWith(SAYS);
    if (line.endsWith("none")) {
      return null;
    }
    long[] counts =
        Arrays.stream(line.substring(SAYS.length()).split(" "))
            .mapToLong(Long::parseLong)
            .toArray();
    return new TokenUsage(counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]);
  }
}
