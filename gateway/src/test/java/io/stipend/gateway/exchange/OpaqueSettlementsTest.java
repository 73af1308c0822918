package io.stipend.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.stipend.gateway.dialect.AnswerReader;
import io.stipend.gateway.dialect.Dialect;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.gateway.dialect.Dialects;
import io.stipend.gateway.server.RequestHead;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageSource;
import io.stipend.metering.price.RateCardException;
import io.stipend.metering.price.RateCards;
import io.stipend.metering.price.Rating;
import io.stipend.policy.budget.Reservation.Settlement;
import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Images and audio, of which nothing shows before the usage what they cost: by the report, else all
 * that was asked for, however the attempt ended.
 */
class OpaqueSettlementsTest {
  private static final Dialect.ReaderLimits LIMITS = new Dialect.ReaderLimits(1 << 16, 64);
  private static final long INPUT = 100;

  /** Two images of at most 16,384 tokens; ten characters; a file of 20 seconds at most. */
  private static final String IMAGES = "{'model':'gpt-image-1','prompt':'a','n':2}";

  private static final String EACH = "{'model':'dall-e-3','prompt':'a','n':2,'quality':'hd'}";
  private static final String SPEECH = "{'model':'tts-1','input':'0123456789'}";
  private static final String FORM =
      "--B\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nMODEL\r\n--B\r\n"
          + "Content-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"
          + "x".repeat(15_000)
          + "\r\n--B--\r\n";

  private static Peeked peeked(String body) {
    boolean form = body.startsWith("--B");
    String path =
        form
            ? "/v1/audio/transcriptions"
            : body.equals(SPEECH) ? "/v1/audio/speech" : "/v1/images/generations";
    RequestHead head =
        new RequestHead(
            HttpMethod.POST,
            path,
            "",
            new DefaultHttpHeaders().set("content-type", "multipart/form-data; boundary=B"),
            InetAddress.getLoopbackAddress(),
            true);
    ByteBuf bytes = Parts.utf8(form ? body : body.replace('\'', '"'));
    Dialect.Peek peek = Dialects.at(path).peek(head, bytes);
    bytes.release();
    return (Peeked) peek;
  }

  private static Rating rating(String model) {
    try {
      return RateCards.load(List.of(RateCards.Source.builtin()))
          .rating("openai", "openai", model, Parts.NOW);
    } catch (RateCardException e) {
      throw new AssertionError(e);
    }
  }

  /** How an attempt settles that so ended after a tenth of a second; with null nothing came. */
  private static Settlement settle(
      String body, Outcome outcome, int status, @Nullable String answer) {
    Peeked peeked = peeked(body);
    String model = peeked.call().model();
    Rating rating = rating(model);
    AnswerReader reader = null;
    boolean whole = outcome == Outcome.COMPLETED || outcome == Outcome.UPSTREAM_ERROR;
    if (answer != null) {
      reader = reader(peeked);
      reader.read(Parts.utf8(answer.replace('\'', '"')), ByteBuf::release);
      if (whole) {
        reader.end(ByteBuf::release);
      }
    }
    Expectation expectation = Expectation.of(peeked.call(), rating, INPUT, -1, 1_024);
    return Settlements.of(
        new Settlements.Ended(
            outcome,
            status,
            reader,
            answer == null ? 0 : answer.length(),
            0,
            0,
            false,
            whole,
            100,
            expectation,
            rating,
            null,
            model,
            null,
            "req",
            false),
        Parts.NOW);
  }

  private static AnswerReader reader(Peeked peeked) {
    return Dialects.all().stream()
        .filter(dialect -> dialect.id().equals(peeked.call().dialect()))
        .findFirst()
        .orElseThrow()
        .reader(peeked, false, LIMITS);
  }

  private static String text(Settlement settled) {
    TokenUsage usage = settled.usage();
    return settled.source()
        + " "
        + usage.inputTotal()
        + " "
        + usage.output()
        + " "
        + settled.units().text()
        + " "
        + settled.charge().nanos()
        + " "
        + settled.flags();
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "CLIENT_GONE",
        "UPSTREAM_RESET",
        "UPSTREAM_TIMEOUT",
        "UPSTREAM_PROTOCOL",
        "LEDGER_FAILED",
        "GATEWAY_FAULT",
        "DRAINED"
      })
  void whatBrokeOffCostsAllThatWasAskedForHoweverShortItTook(Outcome outcome) {
    for (String came : new String[] {null, "", "{'data':[{'b64_json':'aaaa"}) {
      int status = came == null ? 0 : 200;
      assertThat(text(settle(IMAGES, outcome, status, came)))
          .isEqualTo("ASSUMED 100 32768 image=2 " + (100 * 5_000L + 32_768 * 40_000L) + " assumed");
      assertThat(text(settle(EACH, outcome, status, came)))
          .isEqualTo("ASSUMED 0 0 image=2 160000000 assumed");
      assertThat(text(settle(SPEECH, outcome, status, came)))
          .isEqualTo("ASSUMED 0 0 character=10 150000 assumed");
      assertThat(text(settle(FORM.replace("MODEL", "whisper-1"), outcome, status, came)))
          .isEqualTo("ASSUMED 0 0 second=20 2000000 assumed");
      assertThat(text(settle(FORM.replace("MODEL", "gpt-4o-transcribe"), outcome, status, came)))
          .startsWith("ASSUMED 100 2000 second=20 " + (100 * 6_000L + 2_000 * 10_000L));
    }
  }

  @Test
  void anErrorOfTheProviderCostsNothing() {
    for (String body : List.of(IMAGES, EACH, SPEECH, FORM.replace("MODEL", "whisper-1"))) {
      Settlement settled = settle(body, Outcome.UPSTREAM_ERROR, 500, "{'error':{'message':'m'}}");
      assertThat(text(settled)).isEqualTo("REPORTED 0 0  0 ");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'data':[]} | COUNTED 100 32768 image=2 1311220000",
        "{'usage':null} | COUNTED 100 32768 image=2 1311220000",
        "{'usage':{'input_tokens':5,'input_tokens_details':{'text_tokens':5,'image_tokens':0},'output_tokens':8000,'total_tokens':8005}} | REPORTED 5 8000 image=2 320025000",
        "{'usage':{'input_tokens':-5,'output_tokens':8000}} | COUNTED 100 32768 image=2 1311220000 absurd_usage",
        "{'usage':{'input_tokens':5,'output_tokens':1e18,'total_tokens':1e18}} | COUNTED 100 32768 image=2 1311220000 absurd_usage",
      })
  void imagesCostTheirReportOrAll(String answer, String expected) {
    assertThat(text(settle(IMAGES, Outcome.COMPLETED, 200, answer)).strip()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'text':'a','usage':{'type':'duration','seconds':7}} | REPORTED 0 0 second=7 700000",
        "{'text':'a','usage':{'type':'duration','seconds':30}} | REPORTED 0 0 second=30 3000000",
        "{'text':'a'} | COUNTED 0 0 second=20 2000000",
        // Of what it has no price for a model is not free, and neither for nothing.
        "{'text':'a','usage':{'input_tokens':9,'output_tokens':9,'total_tokens':18}} | COUNTED 0 0 second=20 2000000",
        "{'text':'a','usage':{'type':'duration','seconds':0}} | COUNTED 0 0 second=20 2000000 absurd_usage",
        "{'text':'a','usage':{'type':'duration','seconds':-4}} | COUNTED 0 0 second=20 2000000 absurd_usage",
      })
  void aModelPricedBySecondsCostsThemOrAll(String answer, String expected) {
    String body = FORM.replace("MODEL", "whisper-1");
    assertThat(text(settle(body, Outcome.COMPLETED, 200, answer)).strip()).isEqualTo(expected);
  }

  @Test
  void aModelPricedByTokensThatTellsSecondsIsNotFree() {
    String body = FORM.replace("MODEL", "gpt-4o-transcribe");
    String answer = "{'text':'a','usage':{'type':'duration','seconds':7}}";
    Settlement settled = settle(body, Outcome.COMPLETED, 200, answer);
    assertThat(settled.charge().nanos()).isPositive();
    assertThat(settled.source()).isEqualTo(UsageSource.REPORTED);
  }

  @Test
  void whatIsPricedByTheUnitCostsWhatWasAskedFor() {
    assertThat(text(settle(EACH, Outcome.COMPLETED, 200, "{'data':[]}")))
        .isEqualTo("COUNTED 0 0 image=2 160000000 ");
    assertThat(text(settle(SPEECH, Outcome.COMPLETED, 200, "ID3...")))
        .isEqualTo("COUNTED 0 0 character=10 150000 ");
  }
}
