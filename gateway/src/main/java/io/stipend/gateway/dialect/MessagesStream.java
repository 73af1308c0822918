package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.stipend.gateway.dialect.EventScan.Found;
import io.stipend.metering.Meter;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stream of Anthropic Messages events. Input is known from {@code message_start}; output from the
 * last {@code message_delta}. Every event passes.
 */
final class MessagesStream extends EventStream {
  /** The most content blocks of one answer that are told apart. */
  private static final int MAX_BLOCKS = 65_536;

  private static final byte[] TYPE = EventScan.key("type");
  private static final byte[] INDEX = EventScan.key("index");
  private static final byte[] DELTA = EventScan.key("content_block_delta");
  private static final byte[] BLOCK_START = EventScan.key("content_block_start");
  private static final byte[] BLOCK_STOP = EventScan.key("content_block_stop");
  static final byte[] NAME = EventScan.key("name");
  static final byte[] SERVER_TOOL = EventScan.key("server_tool_use");
  static final byte[] SEARCH = EventScan.key("web_search");
  private static final byte[] MESSAGE_START = EventScan.key("message_start");
  private static final byte[] MESSAGE_DELTA = EventScan.key("message_delta");
  private static final byte[] MESSAGE_STOP = EventScan.key("message_stop");

  /** Keys whose strings are generated text, inside a delta or a block that begins. */
  private static final byte[][] TEXT =
      EventScan.keys("text", "thinking", "partial_json", "content", "name");

  private final EventScan scan;
  private final MessagesUsage usage;
  private final BitSet open = new BitSet();
  private long searches;
  private @Nullable String model;
  private boolean started;
  private boolean usageFinal;
  private boolean overtaken;
  private boolean stopped;

  /**
   * @param asked the tier that was asked for; null if none
   */
  MessagesStream(@Nullable String asked, Dialect.ReaderLimits limits) {
    super(limits);
    this.usage = new MessagesUsage(asked);
    this.scan = new EventScan(limits.jsonDepth());
  }

  @Override
  boolean data(byte[] bytes, int from, int to) {
    scan.over(bytes, from, to);
    Found found = scan.next();
    while (found != Found.END
        && !(found == Found.STRING && scan.depth() == 1 && scan.keyIs(TYPE))) {
      found = scan.next();
    }
    if (found == Found.END) {
      return true;
    }
    if (scan.valueIs(DELTA)) {
      block(bytes, from, to, false);
    } else if (scan.valueIs(BLOCK_START)) {
      block(bytes, from, to, true);
    } else if (scan.valueIs(BLOCK_STOP)) {
      blockEnds(bytes, from, to);
    } else if (scan.valueIs(MESSAGE_START)) {
      start(UsageJson.object(bytes, from, to));
    } else if (scan.valueIs(MESSAGE_DELTA)) {
      delta(UsageJson.object(bytes, from, to));
    } else if (scan.valueIs(MESSAGE_STOP)) {
      stopped = true;
    }
    return true;
  }

  private void block(byte[] bytes, int from, int to, boolean begins) {
    boolean hasText = false;
    boolean serverTool = false;
    boolean search = false;
    scan.over(bytes, from, to);
    for (Found found = scan.next(); found != Found.END; found = scan.next()) {
      if (found == Found.LITERAL && begins && scan.depth() == 1 && scan.keyIs(INDEX)) {
        long index = scan.number();
        if (index >= 0 && index < MAX_BLOCKS) {
          open.set((int) index);
        }
      } else if (found == Found.STRING && scan.depth() == 2 && scan.end() > scan.start()) {
        serverTool |= begins && scan.keyIs(TYPE) && scan.valueIs(SERVER_TOOL);
        search |= begins && scan.keyIs(NAME) && scan.valueIs(SEARCH);
        if (scan.keyIn(TEXT)) {
          hasText = true;
          seen().add(bytes, scan.start(), scan.end(), scan.escaped());
        }
      }
    }
    searches += serverTool && search ? 1 : 0;
    if (hasText) {
      seen().event();
      usageFinal = false;
      overtaken = true;
    }
  }

  private void blockEnds(byte[] bytes, int from, int to) {
    scan.over(bytes, from, to);
    for (Found found = scan.next(); found != Found.END; found = scan.next()) {
      if (found == Found.LITERAL && scan.depth() == 1 && scan.keyIs(INDEX)) {
        long index = scan.number();
        if (index >= 0 && index < MAX_BLOCKS) {
          open.clear((int) index);
        }
      }
    }
  }

  private void start(@Nullable JsonNode event) {
    started = true;
    JsonNode message = event == null ? null : event.get("message");
    if (message == null) {
      return;
    }
    JsonNode name = message.get("model");
    if (name != null
        && name.isTextual()
        && !name.textValue().isEmpty()
        && name.textValue().length() <= CallFields.MAX_MODEL_LENGTH) {
      model = name.textValue();
    }
    JsonNode counts = message.get("usage");
    if (counts != null && counts.isObject()) {
      usage.start(counts);
    }
  }

  private void delta(@Nullable JsonNode event) {
    JsonNode counts = event == null ? null : event.get("usage");
    if (counts != null && counts.isObject()) {
      usage.overwrite(counts);
      usageFinal = true;
      overtaken = false;
    }
  }

  @Override
  public @Nullable UsageReport usage() {
    return usage.report(model, textBytes(), searches);
  }

  @Override
  public Units units() {
    return Units.of(Meter.WEB_SEARCH, Math.min(searches, Units.MAX_COUNT));
  }

  @Override
  public boolean complete() {
    return usageFinal || stopped;
  }

  @Override
  public boolean overtaken() {
    return overtaken;
  }

  @Override
  public @Nullable UsageReport inputOnly() {
    return usage.inputReport(model);
  }

  @Override
  public @Nullable String modelServed() {
    return model;
  }

  @Override
  public ByteBuf cutEnding(long inputTokens, long outputTokens) {
    StringBuilder ending = new StringBuilder(boundary());
    cutEvents(inputTokens, outputTokens).forEach(event -> event(ending, event));
    return Unpooled.copiedBuffer(ending, StandardCharsets.UTF_8);
  }

  /** The events that end it. */
  List<ObjectNode> cutEvents(long inputTokens, long outputTokens) {
    List<ObjectNode> events = new ArrayList<>();
    if (!started) {
      events.add(emptyStart(inputTokens));
    }
    for (int i = open.nextSetBit(0); i >= 0; i = open.nextSetBit(i + 1)) {
      events.add(ErrorJson.object().put("type", "content_block_stop").put("index", i));
    }
    ObjectNode last = ErrorJson.object().put("type", "message_delta");
    last.putObject("delta").put("stop_reason", "max_tokens").putNull("stop_sequence");
    last.putObject("usage").put("output_tokens", outputTokens);
    events.add(last);
    events.add(ErrorJson.object().put("type", "message_stop"));
    return events;
  }

  /** A message without content, for a stream that was cut before its first event. */
  private static ObjectNode emptyStart(long inputTokens) {
    ObjectNode start = ErrorJson.object().put("type", "message_start");
    ObjectNode message =
        start
            .putObject("message")
            .put("id", "msg_cut")
            .put("type", "message")
            .put("role", "assistant")
            .put("model", "");
    message.putArray("content");
    message.putNull("stop_reason").putNull("stop_sequence");
    message.putObject("usage").put("input_tokens", inputTokens).put("output_tokens", 0);
    return start;
  }

  private static void event(StringBuilder to, ObjectNode data) {
    to.append("event: ")
        .append(data.path("type").asText())
        .append("\ndata: ")
        .append(ErrorJson.text(data))
        .append("\n\n");
  }

  @Override
  public ByteBuf errorEnding(String message) {
    StringBuilder ending = new StringBuilder(boundary());
    event(ending, ErrorJson.anthropic(message, "api_error", null));
    return Unpooled.copiedBuffer(ending, StandardCharsets.UTF_8);
  }
}
