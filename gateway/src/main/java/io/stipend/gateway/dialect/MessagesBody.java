package io.stipend.gateway.dialect;

import com.fasterxml.jackson.core.JsonToken;
import io.netty.buffer.ByteBuf;
import io.stipend.metering.MediaTokens;
import io.stipend.policy.ModelCall;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The body of an Anthropic Messages request, or of one that counts its tokens: what it asks, and
 * where it may be edited.
 */
final class MessagesBody {
  /** The longest {@code metadata.user_id} that is looked into. */
  private static final int MAX_USER_ID_LENGTH = 1_024;

  private static final String MODEL = "model";
  private static final String MAX_TOKENS = "max_tokens";
  private static final String STREAM = "stream";
  private static final String THINKING = "thinking";
  private static final String BUDGET = "budget_tokens";
  private static final String TIER = "service_tier";
  private static final String SPEED = "speed";
  private static final String GEO = "inference_geo";
  private static final String VERSION = "anthropic_version";

  /** How the fields begin by which Bedrock is asked for guardrails. */
  private static final String GUARDRAIL = "amazon-bedrock-guardrail";

  private static final Set<String> NAMES =
      Set.of(
          MODEL,
          MAX_TOKENS,
          STREAM,
          THINKING,
          TIER,
          SPEED,
          GEO,
          VERSION,
          "system",
          "messages",
          "tools",
          "mcp_servers",
          "container",
          "metadata");

  private static final Set<String> THINKING_NAMES = Set.of("type", BUDGET);

  /**
   * How the types of {@link ServerTools} begin that are refused. What {@code web_fetch} brings in
   * costs its tokens and nothing else.
   */
  private static final List<String> REFUSED_TOOLS =
      List.of("code_execution_", "advisor_", "mcp_toolset");

  /**
   * Where the fields stand that policy may set.
   *
   * @param model the model's name; null where the path has it
   * @param maxTokens the output cap; null when tokens are counted
   * @param cap what the output cap says
   * @param unbounded searches that may run any number of times
   */
  record Marks(
      @Nullable Span model,
      @Nullable Span maxTokens,
      long cap,
      List<ServerTools.Unbounded> unbounded) {}

  /**
   * What a path says in place of the body.
   *
   * @param model the model's name
   * @param stream whether the answer streams
   * @param version what the body must say in {@code anthropic_version}
   */
  record InPath(String model, boolean stream, String version) {}

  /** What the body asks, its marks and the session that it names. */
  record Read(ModelCall call, Marks marks, @Nullable String sessionId) {}

  private final BodyScan scan;
  private final Media media;
  private final boolean metered;
  private final ServerTools tools;
  private final @Nullable InPath path;
  private @Nullable String model;
  private @Nullable Span modelAt;
  private @Nullable Span capAt;
  private long cap = -1;
  private boolean stream;
  private boolean versioned;
  private @Nullable BadBody misplaced;
  private @Nullable String thinkingType;
  private long thinkingBudget = -1;
  private @Nullable String tier;
  private @Nullable String speed;
  private @Nullable String geo;
  private @Nullable String sessionId;

  private MessagesBody(BodyScan scan, boolean metered, @Nullable InPath path) {
    this.scan = scan;
    this.path = path;
    this.model = path == null ? null : path.model();
    this.stream = path != null && path.stream();
    this.media = new Media(scan);
    this.metered = metered;
    this.tools = new ServerTools(scan, metered ? REFUSED_TOOLS : List.of());
  }

  /**
   * Reads it.
   *
   * @param metered whether it generates; a request that only counts has no cap and may name any
   *     tool
   * @param path what the path says in its place; null if that says nothing
   */
  static Read read(
      String dialect, String vendor, boolean metered, @Nullable InPath path, ByteBuf body)
      throws BadBody {
    return BodyScan.over(body, scan -> new MessagesBody(scan, metered, path).read(dialect, vendor));
  }

  private Read read(String dialect, String vendor) throws IOException, BadBody {
    scan.root(NAMES, this::field);
    String name = CallFields.named(model);
    if (misplaced != null) {
      throw misplaced;
    }
    if (path != null && !versioned) {
      throw CallFields.missing(
          VERSION,
          "\"" + path.version() + "\"; bodies of other models than Anthropic's are not metered");
    }
    if (metered && cap < 0) {
      throw CallFields.missing(MAX_TOKENS, "an integer");
    }
    boolean thinks = thinkingType != null && !thinkingType.equals("disabled");
    ModelCall call =
        new ModelCall(
            dialect,
            vendor,
            name,
            metered ? cap : -1,
            1,
            metered && stream,
            MessagesUsage.tier(tier, speed, geo),
            scan.length() - media.dataBytes(),
            media.tokens(),
            thinks ? thinkingBudget : 0,
            thinks,
            metered);
    Marks marks = new Marks(modelAt, capAt, cap, metered ? tools.unbounded() : List.of());
    return new Read(
        metered ? call.with(MediaTokens.NONE, tools.most(), null) : call, marks, sessionId);
  }

  private void field(String name) throws IOException, BadBody {
    switch (name) {
      case MODEL -> model();
      case MAX_TOKENS -> {
        capAt = scan.span();
        cap = CallFields.cap(scan, MAX_TOKENS);
      }
      case STREAM -> stream();
      case VERSION -> versioned = scan.string(VERSION, CallFields.MAX_WORD_LENGTH) != null;
      case THINKING -> thinking();
      case TIER -> tier = scan.string(TIER, CallFields.MAX_WORD_LENGTH);
      case SPEED -> speed = scan.string(SPEED, CallFields.MAX_WORD_LENGTH);
      case GEO -> geo = scan.string(GEO, CallFields.MAX_WORD_LENGTH);
      case "system", "messages" -> media.walk();
      case "tools" -> tools.read();
      case "mcp_servers" -> emptyList(name);
      case "container" -> {
        if (metered && !scan.isNull()) {
          throw BadBody.unserved(name, "containers cost per hour, which is not metered here");
        }
        scan.skip();
      }
      case "metadata" -> metadata();
      default -> other(name);
    }
  }

  private void model() throws IOException, BadBody {
    if (path != null) {
      misplaced = BadBody.field(MODEL, scan.shownValue(), "none beside the model of the path");
      scan.skip();
      return;
    }
    model = CallFields.model(scan);
    modelAt = scan.span();
  }

  private void stream() throws BadBody {
    boolean said = scan.bool(STREAM);
    if (path != null && said != path.stream() && !scan.isNull()) {
      throw BadBody.field(STREAM, Boolean.toString(said), "what the path asks for, or nothing");
    }
    stream = path == null ? said : path.stream();
  }

  private void other(String name) throws IOException, BadBody {
    if (path != null && name.startsWith(GUARDRAIL)) {
      throw BadBody.unserved(name, "guardrails cost by their text, which is not metered here");
    }
    scan.skip();
  }

  private void thinking() throws IOException, BadBody {
    if (scan.isNull()) {
      return;
    }
    if (scan.token() != JsonToken.START_OBJECT) {
      throw BadBody.field(THINKING, scan.shownValue(), "an object");
    }
    // A kind that is not known yet is taken for thinking without a budget.
    thinkingType = "";
    scan.object(
        THINKING + ".",
        THINKING_NAMES,
        name -> {
          if (name.equals("type")) {
            String type = scan.string(THINKING + ".type", CallFields.MAX_WORD_LENGTH);
            thinkingType = type == null ? "" : type;
          } else if (name.equals(BUDGET)) {
            thinkingBudget =
                scan.integer(THINKING + "." + BUDGET, 1, CallFields.MAX_OUTPUT_CAP, -1);
          } else {
            scan.skip();
          }
        });
  }

  private void emptyList(String name) throws IOException, BadBody {
    boolean list = scan.token() == JsonToken.START_ARRAY;
    boolean empty = scan.isNull();
    if (list && scan.parser().nextToken() == JsonToken.END_ARRAY) {
      empty = true;
    }
    if (!empty && metered) {
      throw BadBody.unserved(name, "servers that the provider calls are not metered here");
    }
    if (list && !empty) {
      scan.skip();
      while (scan.parser().nextToken() != JsonToken.END_ARRAY) {
        scan.skip();
      }
    } else {
      scan.skip();
    }
  }

  private void metadata() throws IOException {
    if (scan.token() != JsonToken.START_OBJECT) {
      scan.skip();
      return;
    }
    while (scan.parser().nextToken() != JsonToken.END_OBJECT) {
      boolean isUser = scan.parser().currentName().equals("user_id");
      scan.parser().nextToken();
      String user = isUser ? scan.shortText(MAX_USER_ID_LENGTH) : null;
      if (user != null) {
        sessionId = session(user);
      }
      scan.skip();
    }
  }

  /** The session in a user id, which one agent writes as JSON, and wrote with underscores. */
  private static @Nullable String session(String user) {
    String found = null;
    if (user.startsWith("{")) {
      byte[] bytes = user.getBytes(StandardCharsets.UTF_8);
      var object = UsageJson.object(bytes, 0, bytes.length);
      found = object == null ? null : object.path("session_id").textValue();
    } else if (user.contains("_session_")) {
      found = user.substring(user.lastIndexOf("_session_") + "_session_".length());
    }
    return found != null && HeaderRules.isSessionId(found) ? found : null;
  }

  /**
   * The body with what policy sets.
   *
   * @param body ownership passes to the result
   */
  static ByteBuf edit(ByteBuf body, Marks marks, Dialect.Edit edit) {
    Splices splices = new Splices();
    String model = edit.model();
    Span modelAt = marks.model();
    if (model != null && modelAt != null) {
      splices.replace(modelAt, ErrorJson.quoted(model));
    }
    Span cap = marks.maxTokens();
    if (cap != null && edit.outputCap() >= 0 && edit.outputCap() < marks.cap()) {
      splices.replace(cap, Long.toString(edit.outputCap()));
    }
    marks.unbounded().forEach(search -> search.bind(splices));
    return splices.applyTo(body);
  }
}
