package io.stipend.gateway.dialect;

import com.fasterxml.jackson.core.JsonToken;
import io.netty.buffer.ByteBuf;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.Meter;
import io.stipend.metering.Units;
import io.stipend.policy.ModelCall;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The body of a Chat Completions request: what it asks, and where it may be edited. */
final class ChatBody {
  /** The most answers that one request may ask for; the provider's own bound. */
  private static final int MAX_CHOICES = 128;

  private static final String MODEL = "model";
  private static final String STREAM = "stream";
  private static final String NEW_CAP = "max_completion_tokens";
  private static final String OLD_CAP = "max_tokens";
  private static final String TIER = "service_tier";
  private static final String EFFORT = "reasoning_effort";
  private static final String MODALITIES = "modalities";
  private static final String SEARCH = "web_search_options";
  private static final String CONTEXT = "search_context_size";
  private static final Set<String> SEARCH_NAMES = Set.of(CONTEXT);
  private static final String MESSAGES = "messages";
  private static final String INPUT = "input";

  /** Fields that cost by other measures than tokens, or that hide tokens from the meter. */
  private static final Map<String, String> UNSERVED =
      Map.of(
          "audio", "audio output has prices that are not metered here",
          "search_parameters", "search costs per source, which is not metered here",
          "plugins", "plugins cost per call, which is not metered here",
          "n_predict", "some services obey it in place of the output cap");

  private static final Set<String> NAMES =
      Set.of(
          MODEL,
          STREAM,
          StreamOptions.NAME,
          NEW_CAP,
          OLD_CAP,
          "n",
          "best_of",
          TIER,
          EFFORT,
          "reasoning",
          MODALITIES,
          MESSAGES,
          INPUT,
          "audio",
          SEARCH,
          "search_parameters",
          "plugins",
          "n_predict");

  /**
   * Where the fields stand that policy may set; null for those that do not stand.
   *
   * @param open offset after the body's opening brace
   * @param newCap {@code max_completion_tokens}, a JSON null included
   * @param oldCap {@code max_tokens}, a JSON null included
   * @param stream whether the answer streams
   * @param options whether the client asked for usage in the stream, and where it said so
   */
  record Marks(
      int open,
      ModelMark model,
      @Nullable Cap newCap,
      @Nullable Cap oldCap,
      boolean stream,
      StreamOptions.Marks options) {}

  /**
   * An output cap in the body.
   *
   * @param at where its value stands
   * @param value what it says; -1 for a JSON null
   */
  record Cap(Span at, long value) {}

  private final BodyScan scan;
  private final @Nullable String inPath;
  private final Media media;
  private @Nullable String model;
  private @Nullable Span modelAt;
  private boolean empty = true;
  private @Nullable Cap newCap;
  private @Nullable Cap oldCap;
  private boolean stream;
  private StreamOptions.Marks options = StreamOptions.Marks.NONE;
  private int choices = 1;
  private @Nullable String tier;
  private boolean thinks;
  private boolean search;
  private boolean messages;
  private boolean input;
  private @Nullable String context;

  private ChatBody(BodyScan scan, @Nullable String inPath) {
    this.scan = scan;
    this.inPath = inPath;
    this.media = new Media(scan);
  }

  /** What the body asks, and its marks. */
  record Read(ModelCall call, Marks marks) {}

  /**
   * Reads it.
   *
   * @param inPath the model that the path names; null if the body must
   */
  static Read read(String dialect, String vendor, @Nullable String inPath, ByteBuf body)
      throws BadBody {
    return BodyScan.over(body, scan -> new ChatBody(scan, inPath).read(dialect, vendor));
  }

  private Read read(String dialect, String vendor) throws IOException, BadBody {
    final int open = scan.root(NAMES, this::field);
    if (empty) {
      throw CallFields.missing(MESSAGES, "the conversation");
    }
    String name = CallFields.named(ModelMark.counts(inPath, model));
    ModelMark at = new ModelMark(modelAt, inPath);
    // Cursor sends bodies of Responses to this path for some models.
    if (input && !messages) {
      throw BadBody.unserved(
          MESSAGES, "missing (`input` is a field of /v1/responses: send this body there)");
    }
    ModelCall call =
        new ModelCall(
            dialect,
            vendor,
            name,
            cap(),
            choices,
            stream,
            tier,
            scan.length() - media.dataBytes(),
            media.tokens(),
            thinks ? -1 : 0,
            thinks,
            true);
    Marks marks = new Marks(open, at, newCap, oldCap, stream, options);
    boolean fee = search || ChatSearch.always(name);
    Units most = Units.of(Meter.WEB_SEARCH, fee ? choices : 0);
    String size = context == null ? ChatSearch.USUAL_CONTEXT : context;
    return new Read(call.with(MediaTokens.NONE, most, fee ? size : null), marks);
  }

  /** The larger of both caps, as providers differ in which one they obey. */
  private long cap() {
    long a = newCap == null ? -1 : newCap.value();
    long b = oldCap == null ? -1 : oldCap.value();
    return Math.max(a, b);
  }

  private void field(String name) throws IOException, BadBody {
    empty = false;
    String unserved = UNSERVED.get(name);
    if (unserved != null && !scan.isNull()) {
      throw BadBody.unserved(name, unserved);
    }
    switch (name) {
      case MODEL -> {
        model = CallFields.model(scan, inPath);
        modelAt = scan.span();
      }
      case STREAM -> stream = scan.bool(STREAM);
      case StreamOptions.NAME -> options = StreamOptions.read(scan);
      case NEW_CAP -> newCap = new Cap(scan.span(), CallFields.cap(scan, NEW_CAP));
      case OLD_CAP -> oldCap = new Cap(scan.span(), CallFields.cap(scan, OLD_CAP));
      case "n" -> choices = (int) scan.integer("n", 1, MAX_CHOICES, 1);
      // Each further candidate is generated and billed, though one is returned.
      case "best_of" -> scan.integer("best_of", 1, 1, 1);
      case TIER -> tier = scan.string(TIER, CallFields.MAX_WORD_LENGTH);
      case EFFORT -> {
        String effort = scan.string(EFFORT, CallFields.MAX_WORD_LENGTH);
        thinks |= effort != null && !effort.equals("none");
      }
      case "reasoning" -> {
        thinks |= !scan.isNull();
        scan.skip();
      }
      case MODALITIES -> modalities();
      case MESSAGES -> {
        messages = true;
        media.walk();
      }
      case INPUT -> {
        input = !scan.isNull();
        scan.skip();
      }
      case SEARCH -> searchOptions();
      default -> scan.skip();
    }
  }

  private void searchOptions() throws IOException, BadBody {
    search = !scan.isNull();
    if (scan.token() != JsonToken.START_OBJECT) {
      scan.skip();
      return;
    }
    scan.object(
        SEARCH + ".",
        SEARCH_NAMES,
        name -> {
          if (name.equals(CONTEXT)) {
            context = scan.string(SEARCH + "." + CONTEXT, CallFields.MAX_WORD_LENGTH);
          } else {
            scan.skip();
          }
        });
  }

  private void modalities() throws IOException, BadBody {
    if (scan.isNull()) {
      return;
    }
    if (scan.token() != JsonToken.START_ARRAY) {
      throw BadBody.field(MODALITIES, scan.shownValue(), "[\"text\"]");
    }
    while (scan.parser().nextToken() != JsonToken.END_ARRAY) {
      if (!"text".equals(scan.shortText(CallFields.MAX_WORD_LENGTH))) {
        throw BadBody.field(MODALITIES, scan.shownValue(), "[\"text\"], as no other is metered");
      }
    }
  }

  /**
   * The body with what policy sets, and with usage asked for where the answer streams.
   *
   * @param body ownership passes to the result
   */
  static ByteBuf edit(ByteBuf body, Marks marks, Dialect.Edit edit) {
    Splices splices = new Splices();
    marks.model().set(splices, edit.model());
    if (edit.outputCap() >= 0) {
      lowerCap(splices, marks, edit.outputCap());
    }
    if (marks.stream()) {
      marks.options().askForUsage(splices, marks.open(), edit.continuousUsage());
    }
    return splices.applyTo(body);
  }

  private static void lowerCap(Splices splices, Marks marks, long cap) {
    boolean stands = false;
    for (Cap there : new Cap[] {marks.newCap(), marks.oldCap()}) {
      if (there != null && there.value() >= 0) {
        stands = true;
        if (there.value() > cap) {
          splices.replace(there.at(), Long.toString(cap));
        }
      }
    }
    Cap unset = marks.newCap();
    if (!stands && unset != null) {
      splices.replace(unset.at(), Long.toString(cap));
    } else if (!stands) {
      splices.insert(marks.open(), "\"" + NEW_CAP + "\":" + cap + ",");
    }
  }
}
