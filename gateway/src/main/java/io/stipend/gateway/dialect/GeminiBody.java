package io.stipend.gateway.dialect;

import com.fasterxml.jackson.core.JsonToken;
import io.netty.buffer.ByteBuf;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.Meter;
import io.stipend.metering.Units;
import io.stipend.policy.ModelCall;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The body of a Gemini request: what it asks, and where it may be edited. The model and whether the
 * answer streams stand in the path; a second model in the body must be the same.
 */
final class GeminiBody {
  private static final String MODEL = "model";
  private static final String MODELS = "models/";
  private static final String CONFIG = "generationConfig";
  private static final String WRAPPED = "generateContentRequest";
  private static final String TIER = "serviceTier";

  private static final ProtoNames NAMES =
      ProtoNames.of(
          MODEL, CONFIG, TIER, "contents", "systemInstruction", "tools", "cachedContent", WRAPPED);

  private static final ProtoNames WRAPPED_NAMES = ProtoNames.of(MODEL);

  /**
   * Tools that the client runs itself. All others run at the provider: a search has a price, they
   * have none here.
   */
  private static final Set<String> CLIENT_TOOLS = Set.of("functionDeclarations", "computerUse");

  private static final String SEARCH = "googleSearch";
  private static final ProtoNames TOOL_NAMES =
      ProtoNames.of("functionDeclarations", "computerUse", SEARCH);

  /**
   * Where the fields stand that policy may set.
   *
   * @param open offset after the body's opening brace
   * @param empty whether nothing stands in the body
   * @param config where {@code generationConfig} stands
   * @param model the model in the body; null if none stands there
   */
  record Marks(int open, boolean empty, GeminiConfig.Marks config, @Nullable Span model) {}

  /** What the body asks, and its marks. */
  record Read(ModelCall call, Marks marks) {}

  private final BodyScan scan;
  private final GeminiMedia media;
  private final GeminiConfig config;
  private final String model;
  private final boolean metered;
  private boolean empty = true;
  private @Nullable Span modelAt;
  private @Nullable BadBody other;
  private @Nullable String tier;
  private boolean search;

  private GeminiBody(BodyScan scan, String model, boolean metered) {
    this.scan = scan;
    this.media = new GeminiMedia(scan);
    this.config = new GeminiConfig(scan);
    this.model = model;
    this.metered = metered;
  }

  /**
   * Reads it.
   *
   * @param model as the path names it
   * @param stream whether the path asks for a stream
   * @param metered whether it generates; a request that only counts may name any tool and media
   */
  static Read read(
      String dialect, String vendor, String model, boolean stream, boolean metered, ByteBuf body)
      throws BadBody {
    return BodyScan.over(
        body, scan -> new GeminiBody(scan, model, metered).read(dialect, vendor, stream));
  }

  private Read read(String dialect, String vendor, boolean stream) throws IOException, BadBody {
    int open = NAMES.root(scan, this::field);
    if (other != null) {
      throw other;
    }
    ModelCall call =
        new ModelCall(
            dialect,
            vendor,
            model,
            config.cap(),
            config.choices(),
            stream,
            GeminiUsage.tier(tier),
            scan.length() - media.dataBytes(),
            media.tokens(),
            config.thinkingBudget(),
            config.thinks(),
            metered);
    // Nothing in the body bounds the searches of an answer; each candidate may make its own.
    long usual = ServerTools.USUAL_SEARCHES * config.choices();
    Units most = Units.of(Meter.WEB_SEARCH, search ? usual : 0);
    return new Read(
        call.with(MediaTokens.NONE, most, null), new Marks(open, empty, config.marks(), modelAt));
  }

  private void field(String name) throws IOException, BadBody {
    empty = false;
    if (name.equals(MODEL)) {
      sameModel(MODEL);
    } else if (!metered) {
      counted(name);
    } else {
      generated(name);
    }
  }

  /** A count takes a whole request to generate, which names its model again. */
  private void counted(String name) throws IOException, BadBody {
    if (name.equals(WRAPPED) && scan.token() == JsonToken.START_OBJECT) {
      WRAPPED_NAMES.object(
          scan,
          WRAPPED + ".",
          inner -> {
            if (inner.equals(MODEL)) {
              sameModel(WRAPPED + "." + MODEL);
            } else {
              scan.skip();
            }
          });
    } else {
      scan.skip();
    }
  }

  private void generated(String name) throws IOException, BadBody {
    switch (name) {
      case CONFIG -> config.read();
      case TIER -> tier = scan.string(TIER, CallFields.MAX_WORD_LENGTH);
      case "contents", "systemInstruction" -> media.walk();
      case "tools" -> tools();
      case "cachedContent" -> {
        if (!scan.isNull()) {
          media.cached();
        }
        scan.skip();
      }
      default -> scan.skip();
    }
  }

  private void sameModel(String param) throws IOException, BadBody {
    String said = scan.string(param, MODELS.length() + CallFields.MAX_MODEL_LENGTH);
    if (said == null) {
      return;
    }
    if (other == null && !(said.equals(model) || said.equals(MODELS + model))) {
      other = BadBody.field(param, BodyScan.shown(said), "the model of the path");
    }
    if (modelAt != null) {
      throw BadBody.field(param, "stands twice", "one model");
    }
    modelAt = scan.span();
  }

  private void tools() throws IOException, BadBody {
    if (scan.isNull()) {
      return;
    }
    if (scan.token() != JsonToken.START_ARRAY) {
      throw BadBody.field("tools", scan.shownValue(), "a list");
    }
    while (scan.parser().nextToken() != JsonToken.END_ARRAY) {
      if (scan.token() != JsonToken.START_OBJECT) {
        throw BadBody.field("tools", scan.shownValue(), "a list of objects");
      }
      TOOL_NAMES.object(scan, "tools.", this::tool);
    }
  }

  private void tool(String name) throws IOException, BadBody {
    search |= name.equals(SEARCH) && !scan.isNull();
    if (!scan.isNull() && !name.equals(SEARCH) && !CLIENT_TOOLS.contains(name)) {
      throw BadBody.unserved(
          "tools",
          BodyScan.shown(name)
              + " runs at the provider at a cost that is not metered here (expected: googleSearch,"
              + " or tools that the client runs)");
    }
    scan.skip();
  }

  /**
   * The body with what policy sets.
   *
   * @param body ownership passes to the result
   */
  static ByteBuf edit(ByteBuf body, Marks marks, Dialect.Edit edit) {
    Splices splices = new Splices();
    Span said = marks.model();
    if (edit.model() != null && said != null) {
      splices.replace(said, ErrorJson.quoted(MODELS + edit.model()));
    }
    if (edit.outputCap() >= 0 && !GeminiConfig.lower(splices, marks.config(), edit.outputCap())) {
      String json = "\"" + CONFIG + "\":" + GeminiConfig.json(edit.outputCap());
      splices.insert(marks.open(), marks.empty() ? json : json + ",");
    }
    return splices.applyTo(body);
  }
}
