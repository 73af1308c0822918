package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageReport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Streams of images, speech and transcripts made by hand, read by our readers and by one that
 * parses each event as a whole.
 */
class MediaStreamsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LEAST = 12;

  /** The events that end a stream and bring its usage. */
  private static final Set<String> LAST =
      Set.of(
          "image_generation.completed",
          "image_edit.completed",
          "speech.audio.done",
          "transcript.text.done");

  /** What a stream says and how it ends, by the words that each API has for it. */
  private enum Api {
    IMAGES(
        MediaEventsOf.images(),
        "image_generation.partial_image",
        "image_generation.completed",
        "'b64_json':'aGk='",
        List.of(
            "'usage':{'input_tokens':50,'output_tokens':272,'total_tokens':322}",
            "'usage':{'total_tokens':322,'output_tokens':272,'input_tokens':50,"
                + "'input_tokens_details':{'text_tokens':10,'image_tokens':40}}",
            "'usage':{'input_tokens':50,'input_tokens_details':{'text_tokens':50,'image_tokens':0},"
                + "'output_tokens':272,'output_tokens_details':{'image_tokens':272,'text_tokens':0},"
                + "'total_tokens':322}")),
    SPEECH(
        MediaEventsOf.speech(),
        "speech.audio.delta",
        "speech.audio.done",
        "'audio':'aGk='",
        List.of(
            "'usage':{'input_tokens':9,'output_tokens':31,'total_tokens':40}",
            "'usage':{ 'output_tokens' : 31 , 'input_tokens' : 9 }",
            "'usage':{'input_tokens':0,'output_tokens':0,'total_tokens':0}")),
    TRANSCRIPTS(
        MediaEventsOf.transcripts(),
        "transcript.text.delta",
        "transcript.text.done",
        "'delta':'hé \\'usage\\':{} ','logprobs':[{'token':'a'}]",
        List.of(
            "'text':'hi','usage':{'type':'tokens','input_tokens':14,'input_token_details':"
                + "{'text_tokens':0,'audio_tokens':14},'output_tokens':45,'total_tokens':59}",
            "'text':'{\\'usage\\':{\\'input_tokens\\':7}}','usage':{'type':'tokens',"
                + "'input_tokens':14,'output_tokens':45}",
            "'text':'hi','usage':{'type':'duration','seconds':12.3}"));

    private final MediaEventsOf reader;
    private final String part;
    private final String last;
    private final String content;
    private final List<String> usages;

    Api(MediaEventsOf reader, String part, String last, String content, List<String> usages) {
      this.reader = reader;
      this.part = part;
      this.last = last;
      this.content = content;
      this.usages = usages;
    }

    /** Streams that end well, and three that tell no usage. */
    List<String> streams() {
      String begin = event(part, content);
      List<String> whole =
          usages.stream()
              .flatMap(
                  usage ->
                      List.of(
                          event(last, usage),
                          begin + begin + event(last, usage),
                          ": alive\n\n" + begin + ": alive\n\n" + event(last, usage),
                          // Without names of events, and without a space behind the colon.
                          (begin + event(last, usage))
                              .replaceAll("event: .*\n", "")
                              .replace("data: ", "data:"),
                          begin + event(last, usage) + event("later.event", "'usage':null"),
                          begin.replace(",", ",\ndata: ") + event(last, usage))
                          .stream())
              .toList();
      List<String> without =
          List.of(
              begin,
              begin + event("error", "'error':{'code':'server_error','message':'It broke.'}"),
              begin + event(last, "'usage':null"));
      return Stream.concat(whole.stream(), without.stream())
          .map(text -> text.replace('\'', '"'))
          .toList();
    }

    private static String event(String type, String fields) {
      return "event: " + type + "\ndata: {'type':'" + type + "'," + fields + "}\n\n";
    }
  }

  /** Makes readers of one route. */
  private record MediaEventsOf(String path, String ask) {
    static MediaEventsOf images() {
      return new MediaEventsOf(
          "/v1/images/generations", "{'model':'gpt-image-1','prompt':'a','stream':true}");
    }

    static MediaEventsOf speech() {
      return new MediaEventsOf(
          "/v1/audio/speech",
          "{'model':'gpt-4o-mini-tts','input':'a','voice':'alloy','stream_format':'sse'}");
    }

    /** Its requests are forms, and its reader needs nothing of them. */
    static MediaEventsOf transcripts() {
      return new MediaEventsOf("", "");
    }

    AnswerReader reader() {
      return path.isEmpty()
          ? new MediaEvents(MediaUsage::transcript)
          : Reading.reader(Dialects.at(path), ask.replace('\'', '"'), true);
    }
  }

  /** What a reader of whole events finds. */
  private record Told(long input, long output, long seconds) {}

  private static Told oracle(String stream) throws IOException {
    Told told = null;
    for (String event : stream.split("\n\n")) {
      StringBuilder data = new StringBuilder();
      event
          .lines()
          .filter(line -> line.startsWith("data:"))
          .forEach(line -> data.append(line.substring(5).stripLeading()).append('\n'));
      JsonNode json = data.isEmpty() ? JSON.createObjectNode() : JSON.readTree(data.toString());
      JsonNode usage = json.path("usage");
      if (LAST.contains(json.path("type").asText()) && usage.isObject()) {
        long seconds = (long) Math.ceil(usage.path("seconds").asDouble(0));
        told =
            new Told(
                usage.path("input_tokens").asLong(0),
                usage.path("output_tokens").asLong(0),
                seconds);
      }
    }
    return told;
  }

  private static Told told(UsageReport report) {
    if (report == null) {
      return null;
    }
    TokenUsage total = report.total();
    Told told = new Told(total.inputTotal(), total.output(), report.units().of(Meter.SECOND));
    assertThat(report.absurd()).isEqualTo(told.equals(new Told(0, 0, 0)));
    return told;
  }

  @ParameterizedTest
  @EnumSource
  void aStreamReadsAsAReaderOfItsWholeEventsDoes(Api api) throws IOException {
    assertThat(api.streams()).hasSizeGreaterThanOrEqualTo(LEAST);
    int usages = 0;
    for (String stream : api.streams()) {
      Reading read = Reading.of(api.reader.reader(), stream.getBytes(StandardCharsets.UTF_8));
      Told oracle = oracle(stream);
      assertThat(told(read.usage())).as(stream).isEqualTo(oracle);
      assertThat(read.client()).isEqualTo(stream);
      usages += oracle == null ? 0 : 1;
    }
    assertThat(usages).isEqualTo(api.streams().size() - 3);
  }

  @ParameterizedTest
  @EnumSource
  void aStreamReadsTheSameHoweverItsBytesAreSplit(Api api) {
    for (String stream : api.streams()) {
      splits(api, stream);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"\r\n", "\r"})
  void otherLineEndsReadTheSame(String lineEnd) {
    for (Api api : Api.values()) {
      for (String stream : api.streams()) {
        byte[] bytes = stream.replace("\n", lineEnd).getBytes(StandardCharsets.UTF_8);
        assertThat(told(Reading.of(api.reader.reader(), bytes).usage()))
            .as(stream)
            .isEqualTo(
                told(
                    Reading.of(api.reader.reader(), stream.getBytes(StandardCharsets.UTF_8))
                        .usage()));
      }
    }
  }

  private static void splits(Api api, String stream) {
    byte[] bytes = stream.getBytes(StandardCharsets.UTF_8);
    Reading whole = Reading.of(api.reader.reader(), bytes);
    int[] every = Reading.everyByte(bytes.length);
    assertEquals(whole, Reading.of(api.reader.reader(), bytes, every), stream);
    for (int cut = 0; cut <= bytes.length; cut++) {
      assertEquals(whole, Reading.of(api.reader.reader(), bytes, cut), stream + " cut at " + cut);
    }
    for (long seed = 0; seed < 20; seed++) {
      int[] cuts = new Random(seed).ints(7, 0, bytes.length).sorted().toArray();
      assertEquals(whole, Reading.of(api.reader.reader(), bytes, cuts), stream + " seed " + seed);
    }
  }
}
