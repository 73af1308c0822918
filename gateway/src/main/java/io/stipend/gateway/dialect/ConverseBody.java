package io.stipend.gateway.dialect;

import com.fasterxml.jackson.core.JsonToken;
import io.netty.buffer.ByteBuf;
import io.stipend.policy.ModelCall;
import java.io.IOException;
import java.util.Set;

/** The body of a Converse request: what it asks, and where its output cap stands. */
final class ConverseBody {
  private static final String CONFIG = "inferenceConfig";
  private static final String CAP = "maxTokens";
  private static final String MORE = "additionalModelRequestFields";
  private static final String TOOLS = "toolConfig";
  private static final String SYSTEM_TOOL = "systemTool";
  private static final String TIER = "serviceTier";
  private static final String PERFORMANCE = "performanceConfig";
  private static final String GUARDRAIL = "guardrailConfig";

  private static final Set<String> NAMES =
      Set.of(CONFIG, MORE, TOOLS, TIER, PERFORMANCE, GUARDRAIL, "messages", "system");
  private static final Set<String> CONFIG_NAMES = Set.of(CAP);
  private static final Set<String> TOOLS_NAMES = Set.of("tools");
  private static final Set<String> TOOL_NAMES = Set.of(SYSTEM_TOOL, "cachePoint");
  private static final Set<String> THINKING_NAMES = Set.of("type", "budget_tokens");

  /**
   * The fields for one vendor's models that pass: none of them is a cap by another name, asks for
   * several answers or for a tool of the provider.
   */
  private static final Set<String> MORE_NAMES =
      Set.of(
          "thinking",
          "reasoning_config",
          "reasoningConfig",
          "reasoning_effort",
          "output_config",
          "anthropic_beta",
          "top_k",
          "topK");

  /**
   * What policy may set, and what the answer is read by.
   *
   * @param open offset after the body's opening brace
   * @param empty whether nothing stands in the body
   * @param config where {@code inferenceConfig} and its cap stand
   * @param hourly whether what is written to the cache may be kept for an hour
   */
  record Marks(int open, boolean empty, GeminiConfig.Marks config, boolean hourly) {}

  /** What the body asks, and its marks. */
  record Read(ModelCall call, Marks marks) {}

  private final BodyScan scan;
  private final ConverseMedia media;
  private GeminiConfig.Marks config = new GeminiConfig.Marks(null, -1, true, null, -1);
  private boolean empty = true;
  private boolean thinks;
  private long thinkingBudget = -1;

  private ConverseBody(BodyScan scan) {
    this.scan = scan;
    this.media = new ConverseMedia(scan);
  }

  /**
   * Reads it.
   *
   * @param model as the path names it
   * @param stream whether the path asks for a stream
   */
  static Read read(String dialect, String model, boolean stream, ByteBuf body) throws BadBody {
    return BodyScan.over(body, scan -> new ConverseBody(scan).read(dialect, model, stream));
  }

  private Read read(String dialect, String model, boolean stream) throws IOException, BadBody {
    int open = scan.root(NAMES, this::field);
    ModelCall call =
        new ModelCall(
            dialect,
            Bedrock.VENDOR,
            model,
            config.value(),
            1,
            stream,
            null,
            scan.length() - media.dataBytes(),
            media.tokens(),
            thinks ? thinkingBudget : 0,
            thinks,
            true);
    return new Read(call, new Marks(open, empty, config, media.hourly()));
  }

  private void field(String name) throws IOException, BadBody {
    empty = false;
    switch (name) {
      case "messages", "system" -> media.walk();
      case CONFIG -> config();
      case TOOLS -> object(TOOLS, TOOLS_NAMES, inner -> tools());
      case MORE -> object(MORE, MORE_NAMES, this::more);
      case TIER -> only(TIER, "type", "default");
      case PERFORMANCE -> only(PERFORMANCE, "latency", "standard");
      case GUARDRAIL -> {
        if (!scan.isNull()) {
          throw BadBody.unserved(GUARDRAIL, "guardrails cost by their text, not metered here");
        }
      }
      default -> scan.skip();
    }
  }

  private void config() throws IOException, BadBody {
    if (scan.isNull()) {
      config = new GeminiConfig.Marks(scan.span(), -1, true, null, -1);
      return;
    }
    int open = scan.start() + 1;
    config = new GeminiConfig.Marks(null, open, true, null, -1);
    object(
        CONFIG,
        CONFIG_NAMES,
        inner -> {
          if (inner.equals(CAP)) {
            Span at = scan.span();
            long cap = CallFields.cap(scan, CONFIG + "." + CAP);
            config = new GeminiConfig.Marks(null, open, false, at, cap);
          } else {
            config = new GeminiConfig.Marks(null, open, false, config.cap(), config.value());
            scan.skip();
          }
        });
  }

  private void object(String name, Set<String> names, BodyScan.Fields fields)
      throws IOException, BadBody {
    if (scan.isNull()) {
      return;
    }
    if (scan.token() != JsonToken.START_OBJECT) {
      throw BadBody.field(name, scan.shownValue(), "an object");
    }
    scan.object(name + ".", names, fields);
  }

  /** Other tiers and latencies have prices of their own, which no card here knows. */
  private void only(String name, String inner, String usual) throws IOException, BadBody {
    object(
        name,
        Set.of(inner),
        field -> {
          String value = field.equals(inner) ? scan.string(name, CallFields.MAX_WORD_LENGTH) : null;
          if (value != null && !value.equals(usual)) {
            throw BadBody.field(
                name + "." + inner, BodyScan.shown(value), usual + "; others are not metered here");
          }
          scan.skip();
        });
  }

  private void tools() throws IOException, BadBody {
    if (scan.token() != JsonToken.START_ARRAY) {
      // The choice of a tool stands beside them.
      scan.skip();
      return;
    }
    while (scan.parser().nextToken() != JsonToken.END_ARRAY) {
      object(TOOLS + ".tools", TOOL_NAMES, this::tool);
    }
  }

  private void tool(String name) throws IOException, BadBody {
    if (name.equals(SYSTEM_TOOL) && !scan.isNull()) {
      throw BadBody.unserved(
          TOOLS,
          SYSTEM_TOOL
              + " runs at the provider at a cost that is not metered here (expected: tools that"
              + " the client runs)");
    }
    if (name.equals("cachePoint")) {
      media.cachePoint();
    } else {
      scan.skip();
    }
  }

  private void more(String name) throws IOException, BadBody {
    if (!MORE_NAMES.contains(name) && !scan.isNull()) {
      throw BadBody.unserved(
          MORE + "." + BodyScan.shown(name),
          "it may raise the output past its cap (expected: "
              + String.join(", ", MORE_NAMES.stream().sorted().toList())
              + ")");
    }
    boolean thinking = name.equals("thinking") || name.startsWith("reasoning");
    if (!thinking || scan.isNull()) {
      scan.skip();
      return;
    }
    thinks = true;
    if (scan.token() == JsonToken.START_OBJECT) {
      thinking(MORE + "." + name);
    } else {
      scan.skip();
    }
  }

  private void thinking(String path) throws IOException, BadBody {
    scan.object(
        path + ".",
        THINKING_NAMES,
        name -> {
          if (name.equals("type")) {
            thinks = !"disabled".equals(scan.string(path, CallFields.MAX_WORD_LENGTH));
          } else if (name.equals("budget_tokens")) {
            thinkingBudget = scan.integer(path + "." + name, 1, CallFields.MAX_OUTPUT_CAP, -1);
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
    if (edit.outputCap() >= 0
        && !GeminiConfig.lower(splices, marks.config(), CAP, edit.outputCap())) {
      String json = "\"" + CONFIG + "\":" + GeminiConfig.json(CAP, edit.outputCap());
      splices.insert(marks.open(), marks.empty() ? json : json + ",");
    }
    return splices.applyTo(body);
  }
}
