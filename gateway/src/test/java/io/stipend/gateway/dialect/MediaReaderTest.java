package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is read of answers of images, speech and transcripts, however their bytes are split. */
class MediaReaderTest {
  private static final Asking IMAGES = Asking.at("/v1/images/generations");
  private static final Asking SPEECH = Asking.at("/v1/audio/speech");
  private static final String TWO = "{'model':'gpt-image-1','prompt':'a','n':2}";
  private static final String SPEAK = "{'model':'tts-1','input':'Grüße','stream_format':'sse'}";
  private static final String B64 = "iVBORw0KGgo".repeat(40);

  private static final String USAGE =
      "'usage':{'input_tokens':50,'input_tokens_details':{'text_tokens':10,'image_tokens':40},"
          + "'output_tokens':272,'total_tokens':322}";

  private static final String IMAGES_BODY =
      "{'created':1,'data':[{'b64_json':'"
          + B64
          + "','usage':{'input_tokens':9}},{'revised_prompt':'\\\\\\'usage\\':{}','b64_json':'"
          + B64
          + "'}],'background':'opaque',"
          + USAGE
          + "}\n";

  private static final String STREAM =
      "event: image_generation.partial_image\n"
          + "data: {'type':'image_generation.partial_image','b64_json':'"
          + B64
          + "','usage':null}\n\n"
          + ": keep-alive\n\n"
          + "event: image_generation.completed\r\n"
          + "data: {'type':'image_generation.completed','b64_json':'"
          + B64
          + "',"
          + USAGE
          + "}\r\n\r\n";

  /** A provider may send a string for as long as it likes. */
  @Test
  void aStringLongerThanAnyArrayIsPassedOver() {
    MediaFields fields = new MediaFields();
    byte[] begin = json("{'data':'");
    byte[] end = json("','usage':{'input_tokens':7}}");
    byte[] filling = new byte[64 * 1_024 * 1_024];
    fields.scan(begin, 0, begin.length);
    for (long length = 0; length <= Integer.MAX_VALUE; length += filling.length) {
      fields.scan(filling, 0, filling.length);
    }
    fields.scan(filling, 0, 1);
    fields.scan(end, 0, end.length);
    assertThat(fields.usage()).hasToString("{\"input_tokens\":7}");
  }

  private static AnswerReader transcript(boolean sse) {
    return sse ? new MediaEvents(MediaUsage::transcript) : new MediaBody(MediaUsage::transcript);
  }

  private static byte[] json(String text) {
    return Asking.json(text);
  }

  private static UsageReport transcribed(String answer) {
    return Reading.of(transcript(false), json(answer)).usage();
  }

  @Test
  void imagesReadTheSameHoweverTheirBytesAreSplit() throws Exception {
    byte[] bytes = json(IMAGES_BODY);
    Reading whole = Reading.of(IMAGES.reader(TWO, false), bytes);
    assertThat(whole.client()).isEqualTo(new String(bytes, StandardCharsets.UTF_8));
    assertThat(whole.complete()).isTrue();
    JsonNode usage = new ObjectMapper().readTree(bytes).get("usage");
    UsageReport.Part part = whole.usage().parts().get(0);
    assertThat(part.usage())
        .isEqualTo(
            TokenUsage.of(usage.get("input_tokens").asLong(), usage.get("output_tokens").asLong()));
    assertThat(part.media()).isEqualTo(MediaTokens.of(0, 40, 0, 272));
    assertThat(part.units()).isEqualTo(Units.of(Meter.IMAGE, 2));
    assertThat(whole.usage().variant()).isEqualTo("1024x1024/standard");
    assertThat(whole.usage().absurd()).isFalse();
    for (int cut = 0; cut <= bytes.length; cut++) {
      assertEquals(whole, Reading.of(IMAGES.reader(TWO, false), bytes, cut), "cut at " + cut);
    }
    assertThat(Reading.of(IMAGES.reader(TWO, false), bytes, Reading.everyByte(bytes.length)))
        .isEqualTo(whole);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n", "\r"})
  void aStreamOfImagesReadsTheSameHoweverItsBytesAreSplit(String lineEnd) {
    byte[] bytes = json("\uFEFF" + STREAM.replace("\r\n", "\n").replace("\n", lineEnd));
    String request = "{'model':'gpt-image-1','prompt':'a','stream':true}";
    Reading whole = Reading.of(IMAGES.reader(request, true), bytes);
    assertThat(whole.client()).isEqualTo(new String(bytes, StandardCharsets.UTF_8));
    assertThat(whole.complete()).isTrue();
    assertThat(whole.usage().total()).isEqualTo(TokenUsage.of(50, 272));
    assertThat(whole.usage().parts().get(0).media()).isEqualTo(MediaTokens.of(0, 40, 0, 272));
    for (int cut = 0; cut <= bytes.length; cut++) {
      assertEquals(whole, Reading.of(IMAGES.reader(request, true), bytes, cut), "cut at " + cut);
    }
    assertThat(Reading.of(IMAGES.reader(request, true), bytes, Reading.everyByte(bytes.length)))
        .isEqualTo(whole);
  }

  @Test
  void aStreamThatIsCutBeforeItsLastEventHasNoUsage() {
    byte[] bytes = json(STREAM);
    String request = "{'model':'gpt-image-1','prompt':'a','stream':true}";
    int last = STREAM.indexOf("'usage':{");
    Reading cut = Reading.of(IMAGES.reader(request, true), java.util.Arrays.copyOf(bytes, last));
    assertThat(cut.complete()).isFalse();
    assertThat(cut.usage()).isNull();
    assertThat(cut.client()).hasSize(last);
  }

  @Test
  void anEventOfManyMegabytesPassesAndIsNotKept() {
    String request = "{'model':'gpt-image-1','prompt':'a','stream':true}";
    AnswerReader reader = IMAGES.reader(request, true);
    long[] seen = {0};
    String piece = "A".repeat(64 * 1_024);
    for (String type : new String[] {"partial_image", "completed"}) {
      feed(reader, "data: {\"type\":\"image_generation." + type + "\",\"b64_json\":\"", seen);
      for (int i = 0; i < 512; i++) {
        feed(reader, piece, seen);
      }
      feed(reader, "\"," + USAGE.replace('\'', '"') + "}\n\n", seen);
    }
    reader.end(part -> count(part, seen));
    assertThat(seen[0]).isGreaterThan(64L << 20);
    assertThat(reader.complete()).isTrue();
    assertThat(reader.usage().total()).isEqualTo(TokenUsage.of(50, 272));
    assertThat(reader.streams()).isFalse();
  }

  private static void feed(AnswerReader reader, String text, long[] seen) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    reader.read(Unpooled.wrappedBuffer(bytes), part -> count(part, seen));
  }

  private static void count(ByteBuf part, long[] seen) {
    seen[0] += part.readableBytes();
    part.release();
  }

  @Test
  void soundPassesAsItIsAndIsTakenForNoText() {
    byte[] sound = new byte[200_000];
    new Random(3).nextBytes(sound);
    byte[] trap = json("\n\ndata: {'type':'speech.audio.done','usage':{'input_tokens':1}}\n\n");
    System.arraycopy(trap, 0, sound, 100, trap.length);
    String request = "{'model':'tts-1','input':'a'}";
    Reading read = Reading.of(SPEECH.reader(request, false), sound, 99, 120, 150_000);
    assertThat(read.client()).isEqualTo(new String(sound, StandardCharsets.UTF_8));
    assertThat(read.usage()).isNull();
    assertThat(read.complete()).isFalse();
    assertThat(read.textBytes()).isZero();
  }

  @Test
  void streamedSpeechTellsItsTokens() {
    String stream =
        "data: {'type':'speech.audio.delta','audio':'"
            + B64
            + "'}\n\ndata: {'type':'speech.audio.done','usage':{'input_tokens':4,"
            + "'output_tokens':90,'total_tokens':94}}\n\n";
    Reading read = Reading.of(SPEECH.reader(SPEAK, true), json(stream));
    assertThat(read.complete()).isTrue();
    UsageReport.Part part = read.usage().parts().get(0);
    assertThat(part.usage()).isEqualTo(TokenUsage.of(4, 90));
    assertThat(part.media()).isEqualTo(MediaTokens.of(0, 0, 90, 0));
    assertThat(part.units()).isEqualTo(Units.of(Meter.CHARACTER, 5));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'text':'a','usage':{'type':'duration','seconds':9}} | 9",
        "{'text':'a','usage':{'type':'duration','seconds':9.0}} | 9",
        "{'text':'a','usage':{'type':'duration','seconds':8.01}} | 9",
        "{'duration':8.470000267028809,'text':'a'} | 9",
        "{'duration' : 0.2 ,'text':'a'} | 1",
        "{'text':'a','duration':30} | 30",
        "{'duration':99.5,'usage':{'type':'duration','seconds':9},'text':'a'} | 9",
        "{'usage':{'seconds':9},'duration':99.5} | 9",
        "{'usage':null,'duration':8.5} | 9",
      })
  void aTranscriptTellsItsSeconds(String answer, long seconds) {
    UsageReport report = transcribed(answer);
    assertThat(report.units()).isEqualTo(Units.of(Meter.SECOND, seconds));
    assertThat(report.total()).isEqualTo(TokenUsage.ZERO);
    assertThat(report.absurd()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'input_tokens':14,'input_token_details':{'text_tokens':2,'audio_tokens':12},'output_tokens':45,'total_tokens':59} | 12",
        "{'input_tokens':14,'input_token_details':{'audio_tokens':12},'output_tokens':45,'total_tokens':59} | 12",
        "{'input_tokens':14,'input_token_details':{'text_tokens':2},'output_tokens':45,'total_tokens':59} | 12",
        "{'input_tokens':14,'output_tokens':45,'total_tokens':59} | 14",
      })
  void aTranscriptTellsItsTokensAndWhatIsLeftOpenIsSound(String usage, long audio) {
    for (boolean sse : new boolean[] {false, true}) {
      String fields =
          "'text':'usage','usage':"
              + usage.replace("{'input_tokens", "{'type':'tokens','input_tokens")
              + "}";
      String answer =
          sse
              ? "data: {'type':'transcript.text.delta','delta':'a'}\n\n"
                  + "data: {'type':'transcript.text.done',"
                  + fields
                  + "\n\ndata: [DONE]\n\n"
              : "{" + fields;
      Reading read = Reading.of(transcript(sse), json(answer));
      assertThat(read.complete()).isTrue();
      UsageReport.Part part = read.usage().parts().get(0);
      assertThat(part.usage()).isEqualTo(TokenUsage.of(14, 45));
      assertThat(part.media()).isEqualTo(MediaTokens.of(audio, 0, 0, 0));
      assertThat(part.units()).isEqualTo(Units.NONE);
      assertThat(read.usage().absurd()).isFalse();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'seconds':-1} | 0",
        "{'seconds':1e30} | 1000000000",
        "{'seconds':2000000000} | 1000000000",
      })
  void absurdSecondsAreBoundedAndTold(String usage, long seconds) {
    UsageReport report = transcribed("{'usage':" + usage + "}");
    assertThat(report.units().of(Meter.SECOND)).isEqualTo(seconds);
    assertThat(report.absurd()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'text':'a'}",
        "{'text':'a','usage':{}}",
        "{'text':'a','usage':null,'duration':null}",
        "{'text':'a','usage':{'type':'duration','seconds':'9'}}",
        "{'segments':[{'duration':9,'usage':{'seconds':9}}]}",
        "usage: {'seconds':9}",
        "1\n00:00:00,000 --> 00:00:09,000\n'usage':{'seconds':9}\n"
      })
  void whatTellsNothingIsNoReport(String answer) {
    assertThat(transcribed(answer)).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'text_tokens':10,'image_tokens':50} | 50 | true",
        "{'text_tokens':70} | 0 | true",
        "{'image_tokens':70} | 50 | true",
        "{} | 50 | false",
        "{'text_tokens':50,'image_tokens':0} | 0 | false",
      })
  void contradictingDetailsCostTheDearer(String details, long images, boolean absurd) {
    String body =
        "{'usage':{'input_tokens':50,'input_tokens_details':"
            + details
            + ",'output_tokens':5,'total_tokens':55}}";
    UsageReport report = Reading.of(IMAGES.reader(TWO, false), json(body)).usage();
    assertThat(report.parts().get(0).media().imageInput()).isEqualTo(images);
    assertThat(report.absurd()).isEqualTo(absurd);
  }

  @Test
  void cachedImagesStayWithinWhatWasCached() {
    String body =
        "{'usage':{'input_tokens':50,'input_tokens_details':{'text_tokens':10,'image_tokens':40,"
            + "'cached_tokens':20,'cached_tokens_details':{'text_tokens':5,'image_tokens':15}},"
            + "'output_tokens':5,'output_tokens_details':{'text_tokens':1,'image_tokens':4},"
            + "'total_tokens':55}}";
    UsageReport.Part part =
        Reading.of(IMAGES.reader(TWO, false), json(body)).usage().parts().get(0);
    assertThat(part.usage()).isEqualTo(new TokenUsage(30, 20, 0, 0, 5, 0));
    assertThat(part.media()).isEqualTo(new MediaTokens(0, 25, 0, 15, 0, 4));
  }
}
