package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.stipend.policy.ModelCall;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The body of a legacy Completions request: what it asks, and where it may be edited. */
final class CompletionsBody {
  /** The most choices that one request may have generated, over all of its prompts. */
  static final int MAX_CHOICES = 2_048;

  /** What each choice may have where the request does not say; OpenAI's own default. */
  static final long USUAL_CAP = 16;

  /** The most choices of one prompt; the provider's own bound. */
  private static final int MAX_PER_PROMPT = 128;

  private static final String MODEL = "model";
  private static final String PROMPT = "prompt";
  private static final String STREAM = "stream";
  private static final String CAP = "max_tokens";
  private static final String N = "n";
  private static final String BEST_OF = "best_of";
  private static final String ECHO = "echo";
  private static final String TIER = "service_tier";

  /** A cap that llama.cpp obeys before {@code max_tokens}. */
  private static final String OTHER_CAP = "n_predict";

  private static final Set<String> NAMES =
      Set.of(MODEL, PROMPT, STREAM, StreamOptions.NAME, CAP, OTHER_CAP, N, BEST_OF, ECHO, TIER);

  /**
   * Where the fields stand that policy may set, and what its answer is read by.
   *
   * @param open offset after the body's opening brace
   * @param capAt the value of {@code max_tokens}, a JSON null included; null if it does not stand
   * @param cap what it says; -1 for a JSON null, or if it does not stand
   * @param stream whether the answer streams
   * @param echo what comes back of the request; null if nothing does
   */
  record Marks(
      int open,
      ModelMark model,
      @Nullable Span capAt,
      long cap,
      boolean stream,
      StreamOptions.Marks options,
      @Nullable Echo echo) {}

  /** What the body asks, and its marks. */
  record Read(ModelCall call, Marks marks) {}

  private final BodyScan scan;
  private final @Nullable String inPath;
  private final Prompts prompts;
  private @Nullable String model;
  private @Nullable Span modelAt;
  private boolean empty = true;
  private @Nullable Span capAt;
  private long cap = -1;
  private boolean stream;
  private StreamOptions.Marks options = StreamOptions.Marks.NONE;
  private int n = 1;
  private int bestOf = 1;
  private boolean echo;
  private @Nullable String tier;

  private CompletionsBody(BodyScan scan, @Nullable String inPath) {
    this.scan = scan;
    this.inPath = inPath;
    this.prompts = new Prompts(scan, PROMPT, MAX_CHOICES);
  }

  /**
   * Reads it.
   *
   * @param inPath the model that the path names; null if the body must
   */
  static Read read(String dialect, String vendor, @Nullable String inPath, ByteBuf body)
      throws BadBody {
    return BodyScan.over(body, scan -> new CompletionsBody(scan, inPath).read(dialect, vendor));
  }

  private Read read(String dialect, String vendor) throws IOException, BadBody {
    final int open = scan.root(NAMES, this::field);
    if (empty) {
      throw CallFields.missing(PROMPT, "a text, or a list of them");
    }
    String name = CallFields.named(ModelMark.counts(inPath, model));
    ModelMark at = new ModelMark(modelAt, inPath);
    ModelCall call =
        new ModelCall(
            dialect,
            vendor,
            name,
            cap < 0 ? USUAL_CAP : cap,
            choices(),
            stream,
            tier,
            scan.length() - prompts.idBytes(),
            prompts.ids(),
            0,
            // Of best_of candidates only n are sent.
            bestOf > n,
            true);
    return new Read(call, new Marks(open, at, capAt, cap, stream, options, echoed()));
  }

  /** All that is generated: the provider bills every candidate for every prompt. */
  private int choices() throws BadBody {
    int all = prompts.count() * Math.max(n, bestOf);
    if (all > MAX_CHOICES) {
      throw BadBody.field(
          bestOf > n ? BEST_OF : N,
          all + " choices over all prompts",
          "at most " + MAX_CHOICES + " in one request");
    }
    return all;
  }

  private @Nullable Echo echoed() {
    if (!echo) {
      return null;
    }
    List<Echo.Prompt> texts = new ArrayList<>(prompts.kept().size());
    for (Span span : prompts.kept()) {
      texts.add(Echo.Prompt.of(span.equals(Prompts.NO_TEXT) ? new byte[0] : scan.unquoted(span)));
    }
    return new Echo(n, List.copyOf(texts));
  }

  private void field(String name) throws IOException, BadBody {
    empty = false;
    switch (name) {
      case MODEL -> {
        model = CallFields.model(scan, inPath);
        modelAt = scan.span();
      }
      case PROMPT -> prompts.read();
      case STREAM -> stream = scan.bool(STREAM);
      case StreamOptions.NAME -> options = StreamOptions.read(scan);
      case CAP -> {
        capAt = scan.span();
        cap = CallFields.cap(scan, CAP);
      }
      case OTHER_CAP -> {
        if (!scan.isNull()) {
          throw BadBody.unserved(OTHER_CAP, "the output is capped by " + CAP + " alone here");
        }
      }
      case N -> n = (int) scan.integer(N, 1, MAX_PER_PROMPT, 1);
      case BEST_OF -> bestOf = (int) scan.integer(BEST_OF, 1, MAX_PER_PROMPT, 1);
      case ECHO -> echo = scan.bool(ECHO);
      case TIER -> tier = scan.string(TIER, CallFields.MAX_WORD_LENGTH);
      default -> scan.skip();
    }
  }

  /**
   * The body with what policy sets, with usage asked for where the answer streams, and with the
   * default cap said: what a service takes for unsaid differs (llama.cpp and Ollama go on without
   * end), and what is held must be all that can come.
   *
   * @param body ownership passes to the result
   */
  static ByteBuf edit(ByteBuf body, Marks marks, Dialect.Edit edit) {
    Splices splices = new Splices();
    marks.model().set(splices, edit.model());
    long asked = marks.cap() < 0 ? USUAL_CAP : marks.cap();
    long cap = edit.outputCap() < 0 ? asked : Math.min(asked, edit.outputCap());
    if (marks.capAt() == null) {
      splices.insert(marks.open(), "\"" + CAP + "\":" + cap + ",");
    } else if (cap != marks.cap()) {
      splices.replace(marks.capAt(), Long.toString(cap));
    }
    if (marks.stream()) {
      marks.options().askForUsage(splices, marks.open(), edit.continuousUsage());
    }
    return splices.applyTo(body);
  }
}
