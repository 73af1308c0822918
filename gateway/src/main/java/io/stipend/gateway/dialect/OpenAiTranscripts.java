package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.stipend.gateway.dialect.Multipart.Part;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.Meter;
import io.stipend.metering.Units;
import io.stipend.policy.ModelCall;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * OpenAI transcriptions and translations of speech, charged by the tokens or seconds that the
 * answer tells of. How long a file plays is not known before: what is held is what a file of its
 * size plays at the lowest usual bit rate.
 */
final class OpenAiTranscripts extends OpenAiMedia {
  /** A second of speech takes no less: 6 kbit/s, the lowest bit rate of Opus. */
  static final long LEAST_BYTES_PER_SECOND = 750;

  /** Audio tokens of a second, from above: OpenAI counts one for each 100 ms. */
  static final long TOKENS_PER_SECOND = 20;

  /** No model that hears takes more at once. */
  static final long MAX_AUDIO_TOKENS = 131_072;

  private static final String FILE = "file";
  private static final String FORMAT = "response_format";
  private static final String USUAL_FORMAT = "json";

  private static final Set<String> FILES = Set.of(FILE);
  private static final Set<String> NAMES = Set.of(FormFields.MODEL, FILE, FORMAT, "stream");

  private final List<String> formats;

  private OpenAiTranscripts(String id, String path, List<String> formats) {
    super(id, path);
    this.formats = formats;
  }

  static OpenAiTranscripts transcriptions() {
    return new OpenAiTranscripts(
        "openai-transcriptions",
        "/v1/audio/transcriptions",
        List.of(USUAL_FORMAT, "verbose_json", "diarized_json"));
  }

  /** Of these the plain JSON has no usage either. */
  static OpenAiTranscripts translations() {
    return new OpenAiTranscripts(
        "openai-translations", "/v1/audio/translations", List.of("verbose_json"));
  }

  @Override
  Read read(@Nullable String contentType, ByteBuf body) throws BadBody {
    FormFields form = FormFields.of(contentType, body, NAMES, FILES);
    final String model = form.model();
    final Part file = form.part(FILE);
    if (file == null) {
      throw CallFields.missing(FILE, "the speech to read");
    }
    String format = form.text(FORMAT);
    if (!formats.contains(format == null ? USUAL_FORMAT : format)) {
      throw BadBody.field(
          FORMAT,
          (format == null ? "missing" : BodyScan.shown(format))
              + " tells neither of tokens nor of seconds, so that it cannot be metered",
          String.join(" or ", formats));
    }
    form.bool("stream");
    long bytes = file.value().length();
    long seconds = Math.max(1, (bytes + LEAST_BYTES_PER_SECOND - 1) / LEAST_BYTES_PER_SECOND);
    long tokens = Math.min(MAX_AUDIO_TOKENS, seconds * TOKENS_PER_SECOND);
    ModelCall call =
        call(model, 1, form.bytesBeside(FILES), tokens)
            .with(MediaTokens.of(tokens, 0, 0, 0), Units.of(Meter.SECOND, seconds), null);
    return new Read(call, new MediaMarks(null, form.part(FormFields.MODEL), Units.NONE, null));
  }

  @Override
  public AnswerReader reader(Peeked peeked, boolean sse, ReaderLimits limits) {
    return sse ? new MediaEvents(MediaUsage::transcript) : new MediaBody(MediaUsage::transcript);
  }
}
