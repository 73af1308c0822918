package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.policy.ModelCall;
import io.stipend.policy.Refusal;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * OpenAI speech, charged by the character of what is spoken, or by the tokens that only a stream of
 * events tells of.
 */
final class OpenAiSpeech extends OpenAiMedia {
  /** The most characters that OpenAI speaks. */
  static final int MAX_CHARACTERS = 4_096;

  private static final String MODEL = "model";
  private static final String INPUT = "input";
  private static final String STREAM_FORMAT = "stream_format";
  private static final String EVENTS = "sse";
  private static final Set<String> NAMES = Set.of(MODEL, INPUT, STREAM_FORMAT);

  OpenAiSpeech() {
    super("openai-speech", "/v1/audio/speech");
  }

  @Override
  Read read(@Nullable String contentType, ByteBuf body) throws BadBody {
    return BodyScan.over(body, scan -> new Body(scan).read());
  }

  @Override
  public AnswerReader reader(Peeked peeked, boolean sse, ReaderLimits limits) {
    MediaMarks marks = (MediaMarks) peeked.marks();
    return sse ? new MediaEvents(MediaUsage.speech(marks.asked())) : new MediaBytes();
  }

  /** One pass over the fields that matter. */
  private final class Body {
    private final BodyScan scan;
    private boolean empty = true;
    private @Nullable String model;
    private @Nullable Span modelAt;
    private int characters = -1;
    private @Nullable String format;

    Body(BodyScan scan) {
      this.scan = scan;
    }

    Read read() throws IOException, BadBody {
      final int open = scan.root(NAMES, this::field);
      final String name = CallFields.named(model);
      if (characters < 0) {
        throw CallFields.missing(INPUT, "the text to speak");
      }
      Units spoken = Units.of(Meter.CHARACTER, characters);
      MediaTokens sound = MediaTokens.of(0, 0, TokenUsage.MAX_COUNT, 0);
      ModelCall call = call(name, 1, scan.length(), 0).with(sound, spoken, null);
      MediaMarks marks =
          new MediaMarks(
              new PlainBody.Marks(open, empty, new ModelMark(modelAt, null)), null, spoken, null);
      return new Read(EVENTS.equals(format) ? call : call.untold(untold()), marks);
    }

    private void field(String name) throws IOException, BadBody {
      empty = false;
      switch (name) {
        case MODEL -> {
          model = CallFields.model(scan);
          modelAt = scan.span();
        }
        case INPUT -> characters = characters();
        case STREAM_FORMAT -> format = scan.string(STREAM_FORMAT, CallFields.MAX_WORD_LENGTH);
        default -> scan.skip();
      }
    }

    /** Unicode characters, of which Java may need two for one. */
    private int characters() throws IOException, BadBody {
      String text = scan.shortText(2 * MAX_CHARACTERS);
      int count = text == null ? -1 : text.codePointCount(0, text.length());
      if (count < 0 || count > MAX_CHARACTERS) {
        throw BadBody.field(
            INPUT,
            count < 0 ? scan.shownValue() : count + " characters",
            "a text of at most " + MAX_CHARACTERS + " characters");
      }
      return count;
    }

    private Refusal untold() {
      return Refusal.ofField(
          STREAM_FORMAT,
          STREAM_FORMAT
              + ": "
              + (format == null ? "missing" : BodyScan.shown(format))
              + " (expected: "
              + EVENTS
              + "). This model is priced by tokens, of which sound alone does not tell: set"
              + " stream_format to sse.");
    }
  }
}
