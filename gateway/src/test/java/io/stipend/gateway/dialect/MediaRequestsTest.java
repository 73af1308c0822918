package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.stipend.gateway.dialect.Dialect.Edit;
import io.stipend.gateway.dialect.Dialect.Peek;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.gateway.dialect.Dialect.Unreadable;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.policy.ModelCall;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What requests for images, speech and transcripts ask for, and what of them is refused. */
class MediaRequestsTest {
  private static final Asking SPEECH = Asking.at("/v1/audio/speech");
  private static final Asking GENERATIONS = Asking.at("/v1/images/generations");
  private static final String EDITS = "/v1/images/edits";
  private static final String VARIATIONS = "/v1/images/variations";
  private static final String TRANSCRIPTIONS = "/v1/audio/transcriptions";
  private static final String TRANSLATIONS = "/v1/audio/translations";
  private static final String FORM = "multipart/form-data; boundary=B";
  private static final String JSON = "application/json";

  /** A form of fields written {@code name=value}; of files {@code name@=value}. */
  static String form(String... fields) {
    StringBuilder form = new StringBuilder();
    for (String field : fields) {
      int equals = field.indexOf('=');
      boolean file = field.charAt(equals - 1) == '@';
      String name = field.substring(0, file ? equals - 1 : equals);
      form.append("--B\r\nContent-Disposition: form-data; name=\"").append(name).append('"');
      form.append(file ? "; filename=\"f\"" : "").append("\r\n\r\n");
      form.append(field.substring(equals + 1)).append("\r\n");
    }
    return form.append("--B--\r\n").toString();
  }

  private static Peek peek(String path, String type, String body) {
    ByteBuf bytes = Unpooled.copiedBuffer(body, StandardCharsets.UTF_8);
    return Dialects.at(path).peek(Heads.post(path, "content-type", type), bytes);
  }

  private static ModelCall call(String path, String type, String body) {
    Peek peek = peek(path, type, body);
    assertThat(peek).isInstanceOf(Peeked.class);
    return ((Peeked) peek).call();
  }

  private static Refusal refused(String path, String type, String body) {
    Peek peek = peek(path, type, body);
    assertThat(peek).as(body).isInstanceOf(Unreadable.class);
    Refusal refusal = ((Unreadable) peek).refusal();
    assertThat(refusal.reason()).isEqualTo(RefusalReason.INVALID_BODY);
    return refusal;
  }

  @Test
  void speechIsCountedByTheCharacter() {
    String body = "{'model':'tts-1','voice':'alloy','input':'Gr\\u00fc\\uD83C\\uDF0D 世界\\n'}";
    ModelCall call = SPEECH.call(body);
    assertThat(call.maxUnits()).isEqualTo(Units.of(Meter.CHARACTER, 8));
    assertThat(call.maxMedia().audioOutput()).isEqualTo(TokenUsage.MAX_COUNT);
    assertThat(call.outputCap()).isEqualTo(-1);
    assertThat(call.stream()).isFalse();
    assertThat(call.dialect()).isEqualTo("openai-speech");
    assertThat(call.untold().param()).isEqualTo("stream_format");
    assertThat(call.untold().message()).contains("set stream_format to sse");
    assertThat(SPEECH.call(body.replace("'voice'", "'stream_format':'sse','voice'")).untold())
        .isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'input':'a'} | model",
        "{'model':'tts-1'} | input",
        "{'model':'tts-1','input':null} | input",
        "{'model':'tts-1','input':['a']} | input",
        "{'model':'tts-1','input':'a','input':'b'} | input",
        "{'model':'tts-1','Input':'a'} | Input",
        "{'model':'tts-1','input':'a','stream_format':7} | stream_format",
        "{'model':'tts-1','input':'a','Stream_Format':'sse'} | Stream_Format",
      })
  void speechOfWhichReadersCouldDifferIsRefused(String body, String param) {
    assertThat(SPEECH.refused(body).param()).isEqualTo(param);
  }

  @Test
  void speechIsBoundedByItsCharactersAndNotByItsBytes() {
    String most = "\uD83C\uDF0D".repeat(OpenAiSpeech.MAX_CHARACTERS);
    assertThat(SPEECH.call("{'model':'m','input':'" + most + "'}").maxUnits())
        .isEqualTo(Units.of(Meter.CHARACTER, 4_096));
    assertThat(SPEECH.refused("{'model':'m','input':'" + most + "a'}").message())
        .startsWith("input: ")
        .contains("a text of at most 4096 characters");
    assertThat(SPEECH.refused("{'model':'m','input':'" + "a".repeat(4_097) + "'}").message())
        .isEqualTo("input: 4097 characters (expected: a text of at most 4096 characters)");
  }

  @Test
  void imagesAreHeldForAtTheMostOfTheirModelEach() {
    ModelCall call =
        GENERATIONS.call(
            "{'model':'gpt-image-1','prompt':'a','n':3,'size':'1024x1792','quality':'hd'}");
    assertThat(call.choices()).isEqualTo(3);
    assertThat(call.outputCap()).isEqualTo(-1);
    assertThat(call.maxUnits()).isEqualTo(Units.of(Meter.IMAGE, 3));
    assertThat(call.variant()).isEqualTo("1024x1792/hd");
    assertThat(call.maxMedia()).isEqualTo(MediaTokens.of(0, 0, 0, TokenUsage.MAX_COUNT));
    assertThat(GENERATIONS.call("{'model':'m','prompt':'a','n':null}").choices()).isEqualTo(1);
    assertThat(GENERATIONS.call("{'model':'m','size':null}").variant())
        .isEqualTo("1024x1024/standard");
    assertThat(GENERATIONS.call("{'model':'m','quality':'auto'}").variant())
        .isEqualTo("1024x1024/auto");
    assertThat(GENERATIONS.call("{'model':'m','stream':true,'svg':null}").stream()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'prompt':'a'} | model",
        "{'model':'m','n':0} | n",
        "{'model':'m','n':11} | n",
        "{'model':'m','n':1.5} | n",
        "{'model':'m','n':'2'} | n",
        "{'model':'m','N':2} | N",
        "{'model':'m','n':2,'stream':true} | n",
        "{'model':'m','stream':'true'} | stream",
        "{'model':'m','output_format':'svg'} | output_format",
        "{'model':'m','output_format':'gif'} | output_format",
        "{'model':'m','svg':{}} | svg",
        "{'model':'m','frame_count':4} | frame_count",
        "{'model':'m','Quality':'hd'} | Quality",
      })
  void imagesThatCannotBeMeteredAreRefused(String body, String param) {
    assertThat(GENERATIONS.refused(body).param()).isEqualTo(param);
  }

  @Test
  void imagesThatAreGivenAreTokensOfImagesAndNoText() {
    String data = "data:image/png;base64," + "A".repeat(9_000);
    String json =
        "{'model':'gpt-image-1','images':[{'image_url':'%s'},{'file_id':'f'}],'mask':"
            + "{'image_url':'%s'},'prompt':'a'}";
    ModelCall call = call(EDITS, JSON, json.formatted(data, data).replace('\'', '"'));
    assertThat(call.mediaTokens()).isEqualTo(3 * ImageOrder.IMAGE_TOKENS);
    assertThat(call.maxMedia().imageInput()).isEqualTo(3 * ImageOrder.IMAGE_TOKENS);
    assertThat(call.textBytes()).isBetween(50L, 150L);

    String form =
        form("image[]@=" + data, "image[]@=" + data, "mask@=x", "model=gpt-image-1", "prompt=ab");
    ModelCall formed = call(EDITS, FORM, form);
    assertThat(formed.mediaTokens()).isEqualTo(3 * ImageOrder.IMAGE_TOKENS);
    assertThat(formed.textBytes()).isEqualTo("gpt-image-1ab".length());
    assertThat(formed.maxUnits()).isEqualTo(Units.of(Meter.IMAGE, 1));
    String nameless = form("image=x", "image[1]=y", "model=gpt-image-1", "prompt@=" + data);
    assertThat(call(EDITS, FORM, nameless).mediaTokens()).isEqualTo(2 * ImageOrder.IMAGE_TOKENS);
    assertThat(call(EDITS, FORM, nameless).textBytes()).isEqualTo(data.length() + 11);
  }

  @ParameterizedTest
  @ValueSource(strings = {EDITS, VARIATIONS})
  void aFormOfImagesSaysHowMany(String path) {
    String form = form("image@=x", "model=dall-e-2", "n=4", "size=512x512");
    ModelCall call = call(path, FORM, form);
    assertThat(call.maxUnits()).isEqualTo(Units.of(Meter.IMAGE, 4));
    assertThat(call.variant()).isEqualTo("512x512/standard");
    for (String field :
        new String[] {"n=11", "N=2", "n[]=2", "stream=yes", "output_format=svg", "frame_count=2"}) {
      String bad = form("image@=x", "model=m", field);
      String name = field.substring(0, field.indexOf('='));
      assertThat(refused(path, FORM, bad).param()).isEqualTo(name);
    }
    assertThat(refused(path, FORM, form("image@=x", "n=2")).param()).isEqualTo("model");
    assertThat(refused(path, FORM, form("image@=x", "model=m", "n=2", "n=3")).message())
        .startsWith("n: stands twice");
    assertThat(refused(path, FORM, form("image@=x", "model=m", "n=2", "stream=true")).param())
        .isEqualTo("n");
  }

  @Test
  void aFileIsHeldForAtTheLowestBitRate() {
    String file = "x".repeat(75_001);
    ModelCall call =
        call(TRANSCRIPTIONS, FORM, form("file@=" + file, "model=whisper-1", "prompt=Grüße"));
    assertThat(call.maxUnits()).isEqualTo(Units.of(Meter.SECOND, 101));
    assertThat(call.mediaTokens()).isEqualTo(2_020);
    assertThat(call.maxMedia()).isEqualTo(MediaTokens.of(2_020, 0, 0, 0));
    assertThat(call.textBytes()).isEqualTo("whisper-1".length() + 7);
    assertThat(call.dialect()).isEqualTo("openai-transcriptions");
    ModelCall least = call(TRANSCRIPTIONS, FORM, form("file@=", "model=whisper-1"));
    assertThat(least.maxUnits()).isEqualTo(Units.of(Meter.SECOND, 1));
    String long25 = "x".repeat(25 << 20);
    assertThat(call(TRANSCRIPTIONS, FORM, form("file@=" + long25, "model=m")).mediaTokens())
        .isEqualTo(OpenAiTranscripts.MAX_AUDIO_TOKENS);
  }

  @ParameterizedTest
  @CsvSource({"json", "verbose_json", "diarized_json"})
  void formatsThatTellTheirUsageAreServed(String format) {
    String form = form("file@=x", "model=m", "response_format=" + format);
    assertThat(call(TRANSCRIPTIONS, FORM, form).model()).isEqualTo("m");
  }

  @ParameterizedTest
  @CsvSource({"text", "srt", "vtt", "JSON", "''"})
  void formatsThatTellNothingAreRefusedByName(String format) {
    String form = form("file@=x", "model=m", "response_format=" + format);
    Refusal refusal = refused(TRANSCRIPTIONS, FORM, form);
    assertThat(refusal.param()).isEqualTo("response_format");
    assertThat(refusal.message())
        .isEqualTo(
            "response_format: "
                + format
                + " tells neither of tokens nor of seconds, so that it cannot be metered"
                + " (expected: json or verbose_json or diarized_json)");
  }

  @Test
  void translationsTellTheirDurationInOneFormatOnly() {
    String form = form("file@=x", "model=whisper-1");
    assertThat(refused(TRANSLATIONS, FORM, form).message())
        .startsWith("response_format: missing")
        .endsWith("(expected: verbose_json)");
    String verbose = form("file@=x", "model=whisper-1", "response_format=verbose_json");
    assertThat(call(TRANSLATIONS, FORM, verbose).dialect()).isEqualTo("openai-translations");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "file@=x,model=m,model=n | model",
        "file@=x,model=m,Model=n | Model",
        "file@=x,file@=y,model=m | file",
        "model=m | file",
        "file@=x | model",
        "file@=x,model@=m | model",
        "file@=x,model=m,stream=1 | stream",
        "file@=x,model=m,Response_Format=json | Response_Format",
        "file@=x,File@=y,model=m | File",
      })
  void aFormThatTwoReadersCouldReadDifferentlyIsRefused(String fields, String param) {
    assertThat(refused(TRANSCRIPTIONS, FORM, form(fields.split(","))).param()).isEqualTo(param);
  }

  @Test
  void whatIsNoFormIsToldSo() {
    assertThat(refused(TRANSCRIPTIONS, JSON, "{}").message())
        .startsWith("Content-Type: application/json (expected: multipart/form-data");
    assertThat(refused(VARIATIONS, "text/plain", form("model=m")).message())
        .startsWith("Content-Type: text/plain");
    assertThat(refused(EDITS, JSON, form("model=m")).message()).startsWith("body: no object");
    assertThat(refused(EDITS, FORM, "{}").message()).startsWith("body: no boundary at byte 0");
  }

  @Test
  void onlyTheModelIsEverSet() {
    for (long cap : new long[] {-1, 9}) {
      assertThat(SPEECH.edited("{'model':'a','input':'x'}", new Edit("b", cap)))
          .isEqualTo("{'model':'b','input':'x'}");
      assertThat(GENERATIONS.edited("{'n':2, 'model':'a'}", new Edit(null, cap)))
          .isEqualTo("{'n':2, 'model':'a'}");
      String form = form("file@=x\r\ny", "model=a", "prompt=p");
      ByteBuf body = Unpooled.copiedBuffer(form, StandardCharsets.UTF_8);
      Dialect dialect = Dialects.at(TRANSCRIPTIONS);
      Peeked peeked = (Peeked) dialect.peek(Heads.post(TRANSCRIPTIONS, "content-type", FORM), body);
      assertThat(Heads.text(dialect.edit(body, peeked, new Edit("b-long", cap))))
          .isEqualTo(form("file@=x\r\ny", "model=b-long", "prompt=p"));
    }
  }
}
