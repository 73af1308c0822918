package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Speech and transcripts: what the provider bills, in characters, seconds or tokens, is charged.
 */
class AudioBooksTest extends MediaFixture {
  private static final String SPEECH = "/v1/audio/speech";
  private static final String TRANSCRIPTIONS = "/v1/audio/transcriptions";
  private static final String TRANSLATIONS = "/v1/audio/translations";
  private static final String SPEAK = "{'model':'tts-1','voice':'alloy','input':'Grüße 🌍!'}";
  private static final String SPEAK_IN_TOKENS =
      "{'model':'gpt-4o-mini-tts','voice':'alloy','input':'Say it.','stream_format':'sse'}";

  /** Ten seconds as the provider counts them. */
  private static final byte[] AUDIO = audio(160_000);

  private static byte[] audio(int length) {
    byte[] audio = new byte[length];
    new Random(5).nextBytes(audio);
    return audio;
  }

  private static byte[] hear(String model, String... more) {
    String[] fields = new String[more.length + 1];
    System.arraycopy(more, 0, fields, 0, more.length);
    fields[more.length] = "model=" + model;
    return form("file", AUDIO, fields);
  }

  @Test
  void speechCostsItsCharactersAndItsSoundPassesUntouched() throws Exception {
    start(RICH, "");
    HttpResponse<byte[]> small = sendJson(SPEECH, SPEAK);
    ok(small);
    assertThat(small.headers().firstValue("content-type")).contains("audio/mpeg");
    assertThat(small.headers().firstValue("stipend-balance-remaining")).isPresent();
    assertThat(text(small)).startsWith("\n\ndata: {\"type\":\"speech.audio.done\",\"usage\"");
    HttpResponse<byte[]> large =
        sendJson(SPEECH, SPEAK, "x-fake-token-bytes", "1000000", "x-fake-segment-bytes", "65536");
    ok(large);
    assertThat(large.body()).hasSize(8_000_000);
    for (int i = 200; i < 8_000_000; i += 4_097) {
      assertThat(large.body()[i]).isEqualTo((byte) (i * 31 + 7));
    }
    assertThat(agreed(UsageSource.COUNTED))
        .hasSize(2)
        .allMatch(row -> row.units().equals(Units.of(Meter.CHARACTER, 8)))
        .allMatch(row -> row.usage().equals(TokenUsage.ZERO) && row.flags().isEmpty())
        .extracting(UsageRow::nanos)
        .containsOnly(8 * 15_000L);
  }

  @Test
  void speechOfAModelThatIsPricedByTokensMustTellOfThem() throws Exception {
    start(RICH, "");
    String silent = SPEAK_IN_TOKENS.replace(",'stream_format':'sse'", "");
    for (String body :
        new String[] {silent, silent.replace("'voice'", "'stream_format':'audio','voice'")}) {
      HttpResponse<byte[]> refused = sendJson(SPEECH, body);
      assertThat(refused.statusCode()).isEqualTo(400);
      assertThat(text(refused)).contains("set stream_format to sse", "\"param\":\"stream_format\"");
    }
    assertThat(books.provider.requests()).isZero();
    HttpResponse<byte[]> answer = sendJson(SPEECH, SPEAK_IN_TOKENS, "x-fake-output-tokens", "300");
    ok(answer);
    assertThat(text(answer)).contains("\"type\":\"speech.audio.done\"");
    UsageRow row = agreed(UsageSource.REPORTED).get(0);
    assertThat(row.usage()).isEqualTo(TokenUsage.of(2, 300));
    assertThat(row.units()).isEqualTo(Units.of(Meter.CHARACTER, 7));
    // Text at 0.60 USD for a million, sound at 12.
    assertThat(row.nanos()).isEqualTo(2 * 600L + 300 * 12_000L);
  }

  @Test
  void aClientThatLeavesPaysForAllOfItsCharacters() throws Exception {
    start(RICH, "client_gone: { time: 1ms, bytes: 1KiB }");
    books.leave(
        2_000, SPEECH, key, SPEAK, "x-fake-token-bytes: 1000000", "x-fake-segment-bytes: 1400");
    UsageRow row = books.rows().get(0);
    assertThat(row.outcome()).isEqualTo("client_gone");
    assertThat(row.units()).isEqualTo(Units.of(Meter.CHARACTER, 8));
    assertThat(row.nanos()).isEqualTo(8 * 15_000L);
  }

  @ParameterizedTest
  @ValueSource(strings = {"400", "429", "500"})
  void anErrorOfTheProviderCostsNothing(String status) throws Exception {
    start(RICH, "");
    for (HttpResponse<byte[]> answer :
        List.of(
            sendJson(SPEECH, SPEAK, "x-fake-status", status),
            sendForm(TRANSCRIPTIONS, hear("whisper-1"), "x-fake-status", status))) {
      assertThat(answer.statusCode()).isEqualTo(Integer.parseInt(status));
      assertThat(text(answer)).contains("scripted status " + status);
    }
    assertThat(books.provider.billed()).isEmpty();
    assertThat(used(books.gateway, "ada")).isEqualTo("0");
  }

  @ParameterizedTest
  @CsvSource({"json", "verbose_json", "''"})
  void aTranscriptThatIsPricedBySecondsCostsThem(String format) throws Exception {
    start(RICH, "");
    String field = format.isEmpty() ? "prompt=a" : "response_format=" + format;
    HttpResponse<byte[]> answer = sendForm(TRANSCRIPTIONS, hear("whisper-1", field));
    ok(answer);
    UsageRow row = agreed(UsageSource.REPORTED).get(0);
    assertThat(row.units()).isEqualTo(Units.of(Meter.SECOND, 10));
    assertThat(row.nanos()).isEqualTo(10 * 100_000L);
    assertThat(row.usage()).isEqualTo(TokenUsage.ZERO);
  }

  @Test
  void aTranslationCostsItsSeconds() throws Exception {
    start(RICH, "");
    ok(sendForm(TRANSLATIONS, hear("whisper-1", "response_format=verbose_json")));
    assertThat(agreed(UsageSource.REPORTED).get(0).units()).isEqualTo(Units.of(Meter.SECOND, 10));
    HttpResponse<byte[]> refused = sendForm(TRANSLATIONS, hear("whisper-1"));
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(text(refused)).contains("(expected: verbose_json)");
    assertThat(books.provider.requests()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"stream=false", "stream=true"})
  void aTranscriptThatIsPricedByTokensCostsThem(String stream) throws Exception {
    start(RICH, "");
    HttpResponse<byte[]> answer =
        sendForm(
            TRANSCRIPTIONS,
            hear("gpt-4o-transcribe", stream),
            "x-fake-output-tokens",
            "250",
            "x-fake-segment-bytes",
            "7");
    ok(answer);
    UsageRow row = agreed(UsageSource.REPORTED).get(0);
    assertThat(row.usage()).isEqualTo(TokenUsage.of(100, 250));
    // Sound at 6 USD for a million, text at 10.
    assertThat(row.nanos()).isEqualTo(100 * 6_000L + 250 * 10_000L);
    assertThat(text(answer).contains("transcript.text.done")).isEqualTo(stream.endsWith("true"));
  }

  @ParameterizedTest
  @CsvSource({"whisper-1", "gpt-4o-transcribe"})
  void aTranscriptWithoutUsageIsCountedAtAllThatWasHeld(String model) throws Exception {
    start(RICH, "");
    ok(sendForm(TRANSCRIPTIONS, hear(model), "x-fake-no-usage", "true"));
    UsageRow row = books.rows().get(0);
    assertThat(row.usageSource()).isEqualTo(UsageSource.COUNTED);
    assertThat(row.units()).isEqualTo(Units.of(Meter.SECOND, 214));
    assertThat(row.nanos()).isGreaterThan(charge(books.billed(row), null));
    boolean bySecond = model.equals("whisper-1");
    TokenUsage most = TokenUsage.of(214 * 20 + (model.length() + 2) / 3, 2_000);
    assertThat(row.usage()).isEqualTo(bySecond ? TokenUsage.ZERO : most);
    assertThat(row.nanos())
        .isEqualTo(
            bySecond
                ? 214 * 100_000L
                : 4_280 * 6_000L + (most.input() - 4_280) * 2_500 + 2_000 * 10_000L);
  }

  @ParameterizedTest
  @CsvSource({"whisper-1, 0", "whisper-1, 1", "gpt-4o-transcribe, 0", "gpt-4o-transcribe, 1"})
  void aTranscriptThatBreaksIsAssumedAtAllThatWasHeld(String model, String after) throws Exception {
    start(RICH, "");
    try {
      sendForm(TRANSCRIPTIONS, hear(model), "x-fake-reset-after", after);
    } catch (java.io.IOException broken) {
      assertThat(after).isEqualTo("1");
    }
    UsageRow row = books.rows().get(0);
    assertThat(row.usageSource()).isEqualTo(UsageSource.ASSUMED);
    assertThat(row.outcome()).isEqualTo("upstream_reset");
    assertThat(row.flags()).isEqualTo("assumed");
    assertThat(row.nanos()).isGreaterThan(2 * charge(books.provider.billed().get(0), null));
  }

  @ParameterizedTest
  @ValueSource(strings = {"text", "srt", "vtt"})
  void formatsThatTellNothingAreRefusedByName(String format) throws Exception {
    start(RICH, "");
    HttpResponse<byte[]> refused =
        sendForm(TRANSCRIPTIONS, hear("whisper-1", "response_format=" + format));
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(text(refused))
        .contains(
            "response_format: " + format + " tells neither of tokens nor of seconds",
            "\"param\":\"response_format\"");
    assertThat(books.provider.requests()).isZero();
  }

  @Test
  void whoCannotPayForAllThatAFileMayLastIsRefused() throws Exception {
    // 214 seconds at the lowest bit rate.
    start(214 * 100_000L - 1, "");
    HttpResponse<byte[]> refused = sendForm(TRANSCRIPTIONS, hear("whisper-1"));
    assertThat(refused.statusCode()).isEqualTo(402);
    assertThat(text(refused)).contains("insufficient_quota");
    assertThat(books.provider.requests()).isZero();
    books.close();
    start(214 * 100_000L, "");
    ok(sendForm(TRANSCRIPTIONS, hear("whisper-1")));
    agreed(UsageSource.REPORTED);
  }

  @Test
  void aCallThatNothingCapsIsNotClamped() throws Exception {
    long most = Books.rating("gpt-4o-mini-tts").ceiling(1_000, 16_384, null).nanos();
    start(most / 2, "");
    HttpResponse<byte[]> refused = sendJson(SPEECH, SPEAK_IN_TOKENS);
    assertThat(refused.statusCode()).isEqualTo(402);
    assertThat(books.provider.requests()).isZero();
  }
}
