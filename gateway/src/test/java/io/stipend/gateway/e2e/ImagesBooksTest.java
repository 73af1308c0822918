package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.gateway.admin.AdminClient;
import io.stipend.gateway.admin.AdminService.CorrectionOrder;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Images: what the provider bills, by tokens or by the image, is what is charged. */
class ImagesBooksTest extends MediaFixture {
  private static final String GENERATIONS = "/v1/images/generations";
  private static final String EDITS = "/v1/images/edits";
  private static final String VARIATIONS = "/v1/images/variations";
  private static final byte[] PICTURE = new byte[5_000];

  private static String make(String model, String more) {
    return "{'model':'" + model + "','prompt':'A team at work.'" + more + "}";
  }

  @Test
  void imagesOfManyMegabytesPassAndCostTheirTokens() throws Exception {
    start(RICH, "");
    HttpResponse<byte[]> answer =
        sendJson(
            GENERATIONS,
            make("gpt-image-1", ",'n':3"),
            "x-fake-output-tokens",
            "4160",
            "x-fake-token-bytes",
            "1200");
    ok(answer);
    assertThat(answer.body().length).isGreaterThan(14 << 20);
    assertThat(text(answer)).endsWith("}}").contains("\"usage\":{\"input_tokens\":4,");
    UsageRow row = agreed(UsageSource.REPORTED).get(0);
    assertThat(row.usage()).isEqualTo(TokenUsage.of(4, 3 * 4_160));
    assertThat(row.units()).isEqualTo(Units.of(Meter.IMAGE, 3));
    assertThat(row.nanos()).isEqualTo(4 * 5_000L + 3 * 4_160 * 40_000L);
    assertThat(row.dialect()).isEqualTo("openai-image-generations");
  }

  /** As text, which the row's tokens alone would be taken for, it would cost a quarter. */
  @Test
  void aCorrectionOfImagesMustSayTheirCost() throws Exception {
    start(RICH, "");
    ok(sendJson(GENERATIONS, make("gpt-image-1", ""), "x-fake-output-tokens", "4160"));
    UsageRow row = agreed(UsageSource.REPORTED).get(0);
    assertThatThrownBy(() -> correct(row.exchangeId(), 4_000L, null))
        .hasMessageContaining("say the cost");
    assertThat(books.rows().get(0)).isEqualTo(row);
    correct(row.exchangeId(), 4_000L, "0.16002");
    assertThat(books.gateway.rows().get(0).nanos()).isEqualTo(160_020_000);
  }

  private void correct(String exchange, long output, String cost) {
    AdminClient.find(books.gateway.data())
        .orElseThrow()
        .correct(
            new CorrectionOrder(
                exchange, null, null, null, null, null, output, null, cost, "the invoice says so"),
            "grace");
  }

  @ParameterizedTest
  @CsvSource({"0, 100", "1, 20000", "3, 1048000"})
  void streamedImagesPassEventByEventAndCostTheirTokens(int partials, int bytes) throws Exception {
    start(RICH, "");
    HttpResponse<byte[]> answer =
        sendJson(
            GENERATIONS,
            make("gpt-image-1", ",'stream':true,'partial_images':" + partials),
            "x-fake-output-tokens",
            "4",
            "x-fake-token-bytes",
            "" + bytes);
    ok(answer);
    assertThat(text(answer).split("\"type\":\"image_generation.partial_image\"", -1))
        .hasSize(partials + 1);
    assertThat(answer.body().length).isGreaterThan((partials + 1) * 4 * bytes);
    assertThat(agreed(UsageSource.REPORTED).get(0).usage()).isEqualTo(TokenUsage.of(4, 4));
  }

  @Test
  void editsCostTheImagesThatAreGivenToo() throws Exception {
    start(RICH, "");
    byte[] form = form("image[]", PICTURE, "model=gpt-image-1", "prompt=A team.", "n=2");
    ok(sendForm(EDITS, form, "x-fake-output-tokens", "272"));
    ok(
        sendJson(
            EDITS,
            make("gpt-image-1", ",'images':[{'image_url':'https://example.org/a.png'}]"),
            "x-fake-output-tokens",
            "272"));
    ok(
        sendForm(
            EDITS,
            form("image", PICTURE, "model=gpt-image-1", "prompt=A.", "stream=true"),
            "x-fake-output-tokens",
            "272"));
    assertThat(agreed(UsageSource.REPORTED))
        .extracting(UsageRow::usage)
        .containsExactlyInAnyOrder(
            TokenUsage.of(274, 544), TokenUsage.of(276, 272), TokenUsage.of(273, 272));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dall-e-3 | '' | 1024x1024/standard | 0.04",
        "dall-e-3 | ,'size':'1792x1024','quality':'hd' | 1792x1024/hd | 0.12",
        "dall-e-3 | ,'size':'1024x1792' | 1024x1792/standard | 0.08",
        "dall-e-3 | ,'quality':'auto' | 1024x1024/auto | 0.12",
        "dall-e-2 | ,'size':'256x256','n':5 | 256x256/standard | 0.08",
        "dall-e-2 | ,'n':10 | 1024x1024/standard | 0.2",
      })
  void imagesThatArePricedEachCostTheirSizeAndQuality(
      String model, String more, String variant, String cost) throws Exception {
    start(RICH, "");
    ok(sendJson(GENERATIONS, make(model, more)));
    UsageRow row = agreed(UsageSource.COUNTED, variant).get(0);
    assertThat(row.usage()).isEqualTo(TokenUsage.ZERO);
    assertThat(books.gateway.balance("ada").used()).isEqualTo(cost);
  }

  @Test
  void variationsCostTheirNumber() throws Exception {
    start(RICH, "");
    ok(sendForm(VARIATIONS, form("image", PICTURE, "model=dall-e-2", "n=4", "size=512x512")));
    assertThat(agreed(UsageSource.COUNTED, "512x512/standard").get(0).nanos())
        .isEqualTo(4 * 18_000_000L);
  }

  @Test
  void anAliasIsPutIntoTheFormInPlace() throws Exception {
    start(RICH, "");
    ok(sendForm(VARIATIONS, form("image", PICTURE, "n=2", "model=openai/dall-e-2", "user=x")));
    assertThat(books.provider.billed().get(0).model()).isEqualTo("dall-e-2");
    assertThat(books.provider.billed().get(0).units()).isEqualTo(Units.of(Meter.IMAGE, 2));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ",'stream':true"})
  void imagesWithoutUsageAreCountedAtAllThatWasHeld(String stream) throws Exception {
    String body = make("gpt-image-1", stream);
    long input = Books.estimate(body);
    long hold = input * 5_000 + 16_384 * 40_000L;
    start(hold, "");
    ok(sendJson(GENERATIONS, body, "x-fake-no-usage", "true"));
    UsageRow row = books.rows().get(0);
    assertThat(row.usageSource()).isEqualTo(UsageSource.COUNTED);
    assertThat(row.usage()).isEqualTo(TokenUsage.of(input, 16_384));
    assertThat(row.nanos()).isEqualTo(hold);
    assertThat(sendJson(GENERATIONS, body).statusCode()).isEqualTo(402);
    assertThat(books.provider.requests()).isEqualTo(1);
  }

  @Test
  void whoCannotPayForEveryImageAtItsDearestIsRefused() throws Exception {
    String body = make("gpt-image-1", ",'n':4");
    long hold = Books.estimate(body) * 5_000 + 4 * 16_384 * 40_000L;
    start(hold - 1, "");
    assertThat(sendJson(GENERATIONS, body).statusCode()).isEqualTo(402);
    assertThat(books.provider.requests()).isZero();
    ok(sendJson(GENERATIONS, make("gpt-image-1", ",'n':3")));
    agreed(UsageSource.REPORTED);
  }

  @ParameterizedTest
  @CsvSource({"gpt-image-1, 30s", "gpt-image-1, 1ms", "dall-e-3, 1ms"})
  void aClientThatLeavesPaysWhatIsReportedOrAllThatWasHeld(String model, String time)
      throws Exception {
    start(RICH, "client_gone: { time: " + time + ", bytes: 4MiB }");
    String body = make(model, "");
    books.leave(0, GENERATIONS, key, body, "x-fake-delay-millis: 1500");
    UsageRow row = books.rows().get(0);
    assertThat(row.outcome()).isEqualTo("client_gone");
    if (time.equals("30s")) {
      agreed(UsageSource.REPORTED);
    } else {
      assertThat(row.usageSource()).isEqualTo(UsageSource.ASSUMED);
      assertThat(row.units()).isEqualTo(Units.of(Meter.IMAGE, 1));
      assertThat(row.nanos())
          .isEqualTo(
              model.equals("dall-e-3")
                  ? 40_000_000L
                  : Books.estimate(body) * 5_000 + 16_384 * 40_000L);
    }
  }

  @Test
  void anExhaustedCallerReachesNoRouteOfImagesOrAudio() throws Exception {
    start(1, "");
    byte[] file = new byte[9_000];
    Map<String, HttpResponse<byte[]>> answers =
        Map.of(
            GENERATIONS,
            sendJson(GENERATIONS, make("gpt-image-1", "")),
            "dall-e",
            sendJson(GENERATIONS, make("dall-e-3", "")),
            EDITS,
            sendForm(EDITS, form("image", file, "model=gpt-image-1", "prompt=a")),
            "edits in JSON",
            sendJson(EDITS, make("gpt-image-1", ",'images':[{'file_id':'f'}]")),
            VARIATIONS,
            sendForm(VARIATIONS, form("image", file, "model=dall-e-2")),
            "speech",
            sendJson("/v1/audio/speech", "{'model':'tts-1','input':'Say it.'}"),
            "transcriptions",
            sendForm("/v1/audio/transcriptions", form("file", file, "model=whisper-1")),
            "translations",
            sendForm(
                "/v1/audio/translations",
                form("file", file, "model=whisper-1", "response_format=verbose_json")));
    answers.forEach(
        (what, answer) -> {
          assertThat(answer.statusCode()).as(what).isEqualTo(402);
          assertThat(text(answer)).as(what).contains("\"code\":\"insufficient_quota\"");
        });
    assertThat(books.provider.requests()).isZero();
  }

  @Test
  void aBudgetOfTokensCoversNoModelThatHasNone() throws Exception {
    start(1, "");
    try (FakeProvider provider = FakeProvider.start(0);
        TestGateway gateway =
            TestGateway.start(
                """
                calendar: { timezone: Europe/Berlin, currency: USD }
                providers: { openai: { url: "%s", key: "provider-key" } }
                rate_cards: [builtin]
                allowances: { intern: { amount: 9000000 tokens, every: year } }
                people: { bob: { allowance: intern } }
                """
                    .formatted(provider.url()))) {
      HttpResponse<String> each = ask(gateway, make("dall-e-3", ""));
      assertThat(each.statusCode()).isEqualTo(404);
      assertThat(each.body()).contains("counts tokens", "is priced per image");
      assertThat(provider.requests()).isZero();
      assertThat(ask(gateway, make("gpt-image-1", "")).statusCode()).isEqualTo(200);
      assertThat(used(gateway, "bob")).isEqualTo("68");
    }
  }

  @Test
  void aShortBudgetMakesImagesOnACheaperModel() throws Exception {
    start(1, "");
    try (FakeProvider provider = FakeProvider.start(0);
        TestGateway gateway =
            TestGateway.start(
                """
                calendar: { timezone: Europe/Berlin, currency: USD }
                providers: { openai: { url: "%s", key: "provider-key" } }
                rate_cards: [builtin]
                allowances:
                  intern:
                    amount: 0.05 USD
                    every: year
                    when_short: [clamp, downgrade, refuse]
                    downgrade: { gpt-image-1: dall-e-2 }
                people: { bob: { allowance: intern } }
                """
                    .formatted(provider.url()))) {
      HttpResponse<String> cheaper = ask(gateway, make("gpt-image-1", ",'n':2"));
      assertThat(cheaper.statusCode()).as(cheaper.body()).isEqualTo(200);
      assertThat(cheaper.headers().firstValue("stipend-output-cap")).isEmpty();
      assertThat(provider.billed().get(0).model()).isEqualTo("dall-e-2");
      assertThat(used(gateway, "bob")).isEqualTo("0.04");
      assertThat(ask(gateway, make("gpt-image-1", ",'n':2")).statusCode()).isEqualTo(402);
      assertThat(provider.requests()).isEqualTo(1);
    }
  }

  private static HttpResponse<String> ask(TestGateway gateway, String body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(gateway.url() + GENERATIONS))
            .header("Authorization", "Bearer " + gateway.key("bob"))
            .header("Content-Type", JSON)
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    body.replace('\'', '"'), StandardCharsets.UTF_8))
            .build();
    return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
  }
}
