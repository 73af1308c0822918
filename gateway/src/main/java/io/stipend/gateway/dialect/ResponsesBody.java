package io.stipend.gateway.dialect;

import com.fasterxml.jackson.core.JsonToken;
import io.netty.buffer.ByteBuf;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.Units;
import io.stipend.policy.ModelCall;
import io.stipend.policy.ModelCall.Generation;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The body of a Responses request: what it asks, and where it may be edited. */
final class ResponsesBody {
  private static final String MODEL = "model";
  private static final String STREAM = "stream";
  private static final String CAP = "max_output_tokens";
  private static final String TIER = "service_tier";
  private static final String REASONING = "reasoning";
  private static final String TOOLS = "tools";
  private static final String BACKGROUND = "background";
  private static final String TOOL_CALLS = "max_tool_calls";
  private static final String STORE = "store";
  private static final String PREVIOUS = "previous_response_id";
  private static final String PROMPT = "prompt";

  /** The longest id of a response that is looked at. */
  private static final int MAX_ID_LENGTH = 256;

  /** Fields that bring input that the body does not show. */
  private static final Set<String> UNSEEN = Set.of(PREVIOUS, "conversation", PROMPT);

  private static final Set<String> NAMES =
      Set.of(
          MODEL,
          STREAM,
          CAP,
          TIER,
          REASONING,
          TOOLS,
          BACKGROUND,
          TOOL_CALLS,
          STORE,
          "input",
          PREVIOUS,
          "conversation",
          PROMPT);

  private static final Set<String> REASONING_NAMES = Set.of("effort");

  /** How the types of {@link ServerTools} begin that are refused. */
  private static final List<String> REFUSED_TOOLS =
      List.of("file_search", "code_interpreter", "image_generation", "mcp", "bing_");

  /**
   * Where the fields stand that policy may set; null for those that do not stand.
   *
   * @param open offset after the body's opening brace
   * @param cap {@code max_output_tokens}, a JSON null included
   * @param capValue what it says; -1 for none
   * @param unbounded whether tools of the provider may run any number of times
   * @param toolCalls the JSON null in place of their number; null if it is not there or no null
   * @param kept whether the provider keeps the answer
   * @param previous id of the response that it goes on from; null if none
   */
  record Marks(
      int open,
      Span model,
      @Nullable Span cap,
      long capValue,
      boolean unbounded,
      @Nullable Span toolCalls,
      boolean kept,
      @Nullable String previous) {}

  /** What the body asks, and its marks. */
  record Read(ModelCall call, Marks marks) {}

  /** What such a body is sent for. */
  enum Use {
    /** An answer. */
    ANSWER,
    /** A shortened conversation, which comes encrypted; such a body has no cap and no stream. */
    COMPACTION,
    /** The count of its tokens, which is free; it may name any tool. */
    COUNT;

    boolean metered() {
      return this != COUNT;
    }
  }

  private final BodyScan scan;
  private final Use use;
  private final Media media;
  private final ServerTools tools;
  private @Nullable Span toolCallsAt;
  private long toolCalls = -1;
  private @Nullable String model;
  private @Nullable Span modelAt;
  private @Nullable Span capAt;
  private long cap = -1;
  private boolean stream;
  private boolean thinks;
  private boolean unseen;
  private boolean background;
  private boolean forgotten;
  private @Nullable String previous;
  private @Nullable String tier;

  private ResponsesBody(BodyScan scan, Use use) {
    this.scan = scan;
    this.use = use;
    this.media = new Media(scan);
    this.tools = new ServerTools(scan, use.metered() ? REFUSED_TOOLS : List.of());
  }

  /** Reads it. */
  static Read read(String dialect, String vendor, Use use, ByteBuf body) throws BadBody {
    return BodyScan.over(body, scan -> new ResponsesBody(scan, use).read(dialect, vendor));
  }

  private Read read(String dialect, String vendor) throws IOException, BadBody {
    final int open = scan.root(NAMES, this::field);
    String name = model;
    Span at = modelAt;
    if (name == null || at == null) {
      // A prompt template may name one where nobody here sees it.
      throw CallFields.missing(MODEL, "the name of a model");
    }
    boolean answers = use == Use.ANSWER;
    boolean compacts = use == Use.COMPACTION;
    ModelCall call =
        new ModelCall(
            dialect,
            vendor,
            name,
            answers ? cap : -1,
            1,
            // What is generated in the background does not end with its stream.
            answers && stream && !background,
            tier,
            scan.length() - media.dataBytes(),
            media.tokens() + (unseen ? Media.UNSEEN_DOCUMENT_TOKENS : 0),
            thinks ? -1 : 0,
            thinks || compacts,
            use.metered(),
            compacts
                ? Generation.UNCAPPABLE
                : background ? Generation.BACKGROUND : Generation.USUAL);
    boolean search = answers && tools.search();
    Units most = tools.atMost(toolCalls < 0 ? ServerTools.USUAL_SEARCHES : toolCalls);
    return new Read(
        search ? call.with(MediaTokens.NONE, most, tools.kind()) : call,
        new Marks(
            open,
            at,
            capAt,
            cap,
            search && toolCalls < 0,
            toolCallsAt,
            answers && !forgotten,
            previous));
  }

  private void field(String name) throws IOException, BadBody {
    if (name.equals(PROMPT) && !scan.isNull() && use.metered()) {
      throw BadBody.unserved(
          PROMPT,
          "a template may name tools that run at the provider at a cost that the request does not"
              + " show (expected: its text in input)");
    }
    if (UNSEEN.contains(name)) {
      unseen |= !scan.isNull();
      previous = name.equals(PREVIOUS) ? scan.shortText(MAX_ID_LENGTH) : previous;
      scan.skip();
      return;
    }
    switch (name) {
      case MODEL -> {
        model = CallFields.model(scan);
        modelAt = scan.span();
      }
      case CAP -> {
        capAt = scan.span();
        cap = CallFields.cap(scan, CAP);
      }
      case STREAM -> stream = scan.bool(STREAM);
      case TIER -> tier = scan.string(TIER, CallFields.MAX_WORD_LENGTH);
      case REASONING -> reasoning();
      case BACKGROUND -> background();
      case STORE -> forgotten = !scan.isNull() && !scan.bool(STORE);
      case TOOLS -> tools.read();
      case TOOL_CALLS -> {
        toolCallsAt = scan.isNull() ? scan.span() : null;
        toolCalls = scan.integer(TOOL_CALLS, 0, ServerTools.MOST_USES, -1);
      }
      case "input" -> media.walk();
      default -> scan.skip();
    }
  }

  private void background() throws IOException, BadBody {
    boolean said = scan.bool(BACKGROUND);
    if (said && use == Use.COMPACTION) {
      throw BadBody.unserved(BACKGROUND, "a compaction has none (expected: false)");
    }
    background = said && use == Use.ANSWER;
  }

  private void reasoning() throws IOException, BadBody {
    if (scan.token() != JsonToken.START_OBJECT) {
      scan.skip();
      return;
    }
    scan.object(
        REASONING + ".",
        REASONING_NAMES,
        name -> {
          if (name.equals("effort")) {
            String effort = scan.string(REASONING + ".effort", CallFields.MAX_WORD_LENGTH);
            thinks |= effort != null && !effort.equals("none");
          } else {
            scan.skip();
          }
        });
  }

  /**
   * The body with what policy sets.
   *
   * @param body ownership passes to the result
   */
  static ByteBuf edit(ByteBuf body, Marks marks, Dialect.Edit edit) {
    Splices splices = new Splices();
    String model = edit.model();
    if (model != null) {
      splices.replace(marks.model(), ErrorJson.quoted(model));
    }
    if (edit.outputCap() >= 0) {
      lowerCap(splices, marks, edit.outputCap());
    }
    if (marks.unbounded()) {
      bindTools(splices, marks);
    }
    return splices.applyTo(body);
  }

  /** What is held for is what can be: the provider ignores calls beyond this number. */
  private static void bindTools(Splices splices, Marks marks) {
    Span unset = marks.toolCalls();
    if (unset == null) {
      splices.insert(marks.open(), "\"" + TOOL_CALLS + "\":" + ServerTools.USUAL_SEARCHES + ",");
    } else {
      splices.replace(unset, Long.toString(ServerTools.USUAL_SEARCHES));
    }
  }

  private static void lowerCap(Splices splices, Marks marks, long cap) {
    Span there = marks.cap();
    if (there == null) {
      splices.insert(marks.open(), "\"" + CAP + "\":" + cap + ",");
    } else if (marks.capValue() < 0 || cap < marks.capValue()) {
      splices.replace(there, Long.toString(cap));
    }
  }
}
