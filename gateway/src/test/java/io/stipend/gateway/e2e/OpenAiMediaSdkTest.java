package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.HttpResponse;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.RateLimitException;
import com.openai.models.audio.AudioResponseFormat;
import com.openai.models.audio.speech.SpeechCreateParams;
import com.openai.models.audio.transcriptions.Transcription;
import com.openai.models.audio.transcriptions.TranscriptionCreateParams;
import com.openai.models.audio.transcriptions.TranscriptionStreamEvent;
import com.openai.models.audio.translations.TranslationCreateParams;
import com.openai.models.images.ImageCreateVariationParams;
import com.openai.models.images.ImageEditParams;
import com.openai.models.images.ImageGenStreamEvent;
import com.openai.models.images.ImageGenerateParams;
import com.openai.models.images.ImagesResponse;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.ledger.UsageRow;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The official SDK asks a running gateway for images, speech and transcripts. */
class OpenAiMediaSdkTest {
  private static final byte[] AUDIO = new byte[32_000];

  @TempDir private Path folder;

  private Books books;
  private OpenAIClient client;

  private void start(long nanos) {
    books = new Books(nanos, "'gpt-image-*', 'dall-e-*', 'whisper-1', 'gpt-4o-*', 'tts-*'", "");
    client =
        OpenAIOkHttpClient.builder()
            .baseUrl(books.gateway.url() + "/v1")
            .apiKey(books.gateway.key("ada"))
            .build();
  }

  @AfterEach
  void stop() {
    client.close();
    books.close();
  }

  private Path file(String name) throws Exception {
    return Files.write(folder.resolve(name), AUDIO);
  }

  private static ImageGenerateParams.Builder generate(String model) {
    return ImageGenerateParams.builder().model(model).prompt("A team at work.");
  }

  private static SpeechCreateParams.Builder speech(String model) {
    return SpeechCreateParams.builder().model(model).voice("alloy").input("Hello you.");
  }

  @Test
  @SuppressWarnings("deprecation") // Still served, whatever the SDK advises.
  void imagesAreMadeEditedAndVaried() throws Exception {
    start(400_000_000_000L);
    ImagesResponse made = client.images().generate(generate("gpt-image-1").n(2).build());
    assertThat(made.data().orElseThrow()).hasSize(2);
    assertThat(made.usage().orElseThrow().outputTokens()).isEqualTo(128);
    client
        .images()
        .edit(
            ImageEditParams.builder()
                .image(file("a.png"))
                .model("gpt-image-1")
                .prompt("Brighter.")
                .build());
    client
        .images()
        .edit(ImageEditParams.builder().image(AUDIO).model("gpt-image-1").prompt("More.").build());
    client
        .images()
        .createVariation(
            ImageCreateVariationParams.builder()
                .image(file("b.png"))
                .model("dall-e-2")
                .n(3)
                .build());
    List<UsageRow> rows = books.rows();
    assertThat(rows)
        .extracting(row -> row.units().text())
        .containsExactly("image=2", "image=1", "image=1", "image=3");
    assertThat(rows)
        .extracting(UsageRow::usage)
        .containsExactly(
            books.billed(rows.get(0)).usage(),
            books.billed(rows.get(1)).usage(),
            books.billed(rows.get(2)).usage(),
            TokenUsage.ZERO);
  }

  private byte[] spoken(SpeechCreateParams params) {
    try (HttpResponse answer = client.audio().speech().create(params)) {
      return answer.body().readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void imagesAreStreamed() {
    start(400_000_000_000L);
    int partials = 0;
    long tokens = 0;
    try (StreamResponse<ImageGenStreamEvent> stream =
        client.images().generateStreaming(generate("gpt-image-1").partialImages(2).build())) {
      for (ImageGenStreamEvent event : (Iterable<ImageGenStreamEvent>) stream.stream()::iterator) {
        partials += event.isGenerationPartialImage() ? 1 : 0;
        tokens += event.generationCompleted().map(e -> e.usage().outputTokens()).orElse(0L);
      }
    }
    assertThat(partials).isEqualTo(2);
    assertThat(tokens).isEqualTo(64);
    assertThat(books.rows().get(0).usage().output()).isEqualTo(64);
  }

  @Test
  void speechIsSpoken() {
    start(400_000_000_000L);
    assertThat(spoken(speech("tts-1").build())).hasSize(10 * 48);
    assertThat(books.rows().get(0).units().text()).isEqualTo("character=10");
    BadRequestException refusal =
        catchThrowableOfType(
            BadRequestException.class, () -> spoken(speech("gpt-4o-mini-tts").build()));
    assertThat(refusal.getMessage()).contains("set stream_format to sse");
    SpeechCreateParams events =
        speech("gpt-4o-mini-tts").streamFormat(SpeechCreateParams.StreamFormat.SSE).build();
    assertThat(new String(spoken(events), StandardCharsets.UTF_8)).contains("speech.audio.done");
    assertThat(books.rows().get(1).usage()).isEqualTo(TokenUsage.of(3, 64));
  }

  @Test
  @SuppressWarnings("deprecation") // Still served, whatever the SDK advises.
  void speechIsHeardWholeAndStreamed() throws Exception {
    start(400_000_000_000L);
    Transcription text =
        client
            .audio()
            .transcriptions()
            .create(
                TranscriptionCreateParams.builder()
                    .file(file("a.wav"))
                    .model("gpt-4o-transcribe")
                    .build())
            .asTranscription();
    assertThat(text.usage().orElseThrow().asTokens().outputTokens()).isEqualTo(64);
    Transcription timed =
        client
            .audio()
            .transcriptions()
            .create(
                TranscriptionCreateParams.builder()
                    .file(AUDIO)
                    .model("whisper-1")
                    .responseFormat(AudioResponseFormat.JSON)
                    .build())
            .asTranscription();
    assertThat(timed.usage().orElseThrow().asDuration().seconds()).isEqualTo(2);
    StringBuilder heard = new StringBuilder();
    try (StreamResponse<TranscriptionStreamEvent> stream =
        client
            .audio()
            .transcriptions()
            .createStreaming(
                TranscriptionCreateParams.builder()
                    .file(file("b.wav"))
                    .model("gpt-4o-mini-transcribe")
                    .build())) {
      for (TranscriptionStreamEvent event :
          (Iterable<TranscriptionStreamEvent>) stream.stream()::iterator) {
        event.transcriptTextDelta().ifPresent(delta -> heard.append(delta.delta()));
      }
    }
    assertThat(heard.toString()).startsWith("The team can see");
    client
        .audio()
        .translations()
        .create(
            TranslationCreateParams.builder()
                .file(file("c.wav"))
                .model("whisper-1")
                .responseFormat(TranslationCreateParams.ResponseFormat.VERBOSE_JSON)
                .build());
    assertThat(books.rows())
        .extracting(row -> row.units().text() + " " + row.usage().total())
        .containsExactly(" 84", "second=2 0", " 84", "second=2 0");
  }

  @Test
  void whoHasNothingLeftGetsTheSdksOwnException() throws Exception {
    start(100);
    Path audio = file("a.wav");
    for (Runnable call :
        List.<Runnable>of(
            () -> client.images().generate(generate("dall-e-3").build()),
            () -> spoken(speech("tts-1").build()),
            () ->
                client
                    .audio()
                    .transcriptions()
                    .create(
                        TranscriptionCreateParams.builder()
                            .file(audio)
                            .model("whisper-1")
                            .build()))) {
      RateLimitException refusal = catchThrowableOfType(RateLimitException.class, call::run);
      assertThat(refusal.code()).contains("insufficient_quota");
    }
    assertThat(books.provider.requests()).isZero();
  }
}
