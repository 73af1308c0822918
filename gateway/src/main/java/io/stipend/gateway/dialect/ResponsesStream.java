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
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A stream of Responses events. Usage comes with the one event that ends it, which repeats the
 * whole answer; every event passes.
 */
final class ResponsesStream extends EventStream {
  private static final int MAX_ECHO_BYTES = CallFields.MAX_MODEL_LENGTH;

  private static final byte[] TYPE = EventScan.key("type");
  private static final byte[] SEQUENCE = EventScan.key("sequence_number");
  private static final byte[] DELTA = EventScan.key("delta");
  private static final byte[] ITEM = EventScan.key("item");
  private static final byte[] NAME = EventScan.key("name");
  private static final byte[] RESPONSE = EventScan.key("response");
  private static final byte[] USAGE = EventScan.key("usage");
  private static final byte[] ID = EventScan.key("id");
  private static final byte[] MODEL = EventScan.key("model");
  private static final byte[] TIER = EventScan.key("service_tier");
  private static final byte[] CREATED = EventScan.key("created_at");
  private static final byte[] OUTPUT = EventScan.key("output");
  private static final byte[] ITEM_ADDED = EventScan.key("response.output_item.added");
  private static final byte[] ITEM_DONE = EventScan.key("response.output_item.done");

  /** The types that end a stream. */
  private static final byte[][] LAST =
      EventScan.keys("response.completed", "response.incomplete", "response.failed", "error");

  /** Those of them that tell of an error. */
  private static final byte[][] FAILED = EventScan.keys("response.failed", "error");

  /** What the object is that the scan is in. */
  private enum In {
    OTHER,
    ITEM,
    RESPONSE
  }

  /** What the event's type says of it. */
  private enum Kind {
    OTHER,
    DELTA,
    ITEM_ADDED,
    ITEM_DONE,
    LAST
  }

  private final boolean codex;
  private final int maxDepth;
  private final EventScan scan;
  private final SearchCalls item = new SearchCalls();

  /** Calls of the search tool that began, those of them that are done, and what is billed. */
  private long callsBegun;

  private long callsDone;
  private long searches;
  private String id = "";
  private long created;
  private String model = "";
  private String tier = "";
  private long sequence = -1;
  private @Nullable ResponsesUsage usage;
  private boolean overtaken;
  private boolean done;
  private boolean failed;

  // What the event under way holds.
  private In in = In.OTHER;
  private Kind kind = Kind.OTHER;
  private int textFrom;
  private int textTo;
  private boolean textEscaped;
  private int usageFrom;
  private int usageTo;
  private int outputFrom;
  private int outputTo;

  /**
   * A reader.
   *
   * @param codex whether the client is Codex, which sends the request again after any end but a
   *     failure of its prompt
   */
  ResponsesStream(boolean codex, Dialect.ReaderLimits limits) {
    super(limits);
    this.codex = codex;
    this.maxDepth = limits.jsonDepth();
    this.scan = new EventScan(limits.jsonDepth());
  }

  @Override
  boolean data(byte[] bytes, int from, int to) {
    in = In.OTHER;
    kind = Kind.OTHER;
    textFrom = -1;
    usageFrom = -1;
    outputFrom = -1;
    item.begin();
    scan.over(bytes, from, to);
    for (Found found = scan.next(); found != Found.END; found = scan.next()) {
      take(found, bytes);
    }
    if (textFrom >= 0 && (kind == Kind.DELTA || kind == Kind.ITEM_ADDED)) {
      seen().add(bytes, textFrom, textTo, textEscaped);
      seen().event();
      overtaken = true;
    }
    JsonNode node = usageFrom < 0 ? null : UsageJson.object(bytes, usageFrom, usageTo);
    ResponsesUsage read = node == null ? null : ResponsesUsage.of(node);
    if (read != null) {
      // Behind an end that told of usage another one takes nothing back.
      usage = done && !overtaken && usage != null ? read.noLessThan(usage) : read;
      overtaken = false;
    }
    searched(bytes);
    done |= kind == Kind.LAST;
    return true;
  }

  /** The last event repeats all items: what it says of them is the last word. */
  private void searched(byte[] bytes) {
    if (kind == Kind.ITEM_ADDED && item.call()) {
      callsBegun++;
    } else if (kind == Kind.ITEM_DONE && item.call()) {
      callsDone++;
      searches += item.billed() ? 1 : 0;
    } else if (kind == Kind.LAST && outputFrom >= 0) {
      searches = Math.max(searches, SearchCalls.in(bytes, outputFrom, outputTo, maxDepth));
      callsDone = callsBegun;
    }
  }

  @Override
  public Units units() {
    long count = searches + Math.max(0, callsBegun - callsDone);
    return Units.of(Meter.WEB_SEARCH, Math.min(count, Units.MAX_COUNT));
  }

  private void take(Found found, byte[] bytes) {
    if (found == Found.OPEN) {
      opened();
    } else if (found == Found.CLOSE) {
      in = scan.depth() == 1 ? In.OTHER : in;
    } else if (scan.depth() == 1) {
      top(found, bytes);
    } else if (in == In.RESPONSE) {
      response(found);
    } else if (in == In.ITEM && found == Found.STRING) {
      item();
    }
  }

  private void item() {
    if (scan.depth() > 2) {
      item.inAction(scan);
    } else if (scan.keyIs(NAME)) {
      mark();
    } else {
      item.inItem(scan);
    }
  }

  private void opened() {
    if (scan.depth() == 1) {
      return;
    }
    if (scan.depth() == 2 && scan.isObject()) {
      in = scan.keyIs(RESPONSE) ? In.RESPONSE : scan.keyIs(ITEM) ? In.ITEM : In.OTHER;
    }
    boolean action = in == In.ITEM && scan.keyIs(SearchCalls.ACTION) && scan.isObject();
    if ((scan.depth() == 2 && in != In.OTHER) || action) {
      return;
    }
    boolean counts = in == In.RESPONSE && scan.keyIs(USAGE) && scan.isObject();
    boolean items = in == In.RESPONSE && scan.keyIs(OUTPUT) && !scan.isObject();
    int start = scan.start();
    scan.skip();
    if (counts) {
      usageFrom = start;
      usageTo = scan.end();
    } else if (items) {
      outputFrom = start;
      outputTo = scan.end();
    }
  }

  private void top(Found found, byte[] bytes) {
    if (found == Found.STRING && scan.keyIs(TYPE)) {
      kind = kind(bytes);
    } else if (found == Found.STRING && scan.keyIs(DELTA)) {
      mark();
    } else if (found == Found.LITERAL && scan.keyIs(SEQUENCE)) {
      sequence = Math.max(sequence, scan.number());
    }
  }

  private Kind kind(byte[] bytes) {
    int tail = scan.end() - DELTA.length;
    if (tail > scan.start()
        && bytes[tail - 1] == '.'
        && Arrays.equals(bytes, tail, scan.end(), DELTA, 0, DELTA.length)) {
      return Kind.DELTA;
    }
    if (scan.valueIs(ITEM_ADDED) || scan.valueIs(ITEM_DONE)) {
      return scan.valueIs(ITEM_ADDED) ? Kind.ITEM_ADDED : Kind.ITEM_DONE;
    }
    failed |= valueIn(FAILED);
    return valueIn(LAST) ? Kind.LAST : Kind.OTHER;
  }

  private boolean valueIn(byte[][] words) {
    for (byte[] word : words) {
      if (scan.valueIs(word)) {
        return true;
      }
    }
    return false;
  }

  /** The string at hand may be generated text: what the event is may come behind it. */
  private void mark() {
    if (scan.end() > scan.start()) {
      textFrom = scan.start();
      textTo = scan.end();
      textEscaped = scan.escaped();
    }
  }

  private void response(Found found) {
    if (found == Found.STRING && id.isEmpty() && scan.keyIs(ID)) {
      id = scan.text(MAX_ECHO_BYTES);
    } else if (found == Found.STRING && scan.keyIs(MODEL)) {
      model = scan.text(MAX_ECHO_BYTES);
    } else if (found == Found.STRING && scan.keyIs(TIER)) {
      tier = scan.text(CallFields.MAX_WORD_LENGTH);
    } else if (found == Found.LITERAL && created == 0 && scan.keyIs(CREATED)) {
      created = Math.max(0, scan.number());
    }
  }

  @Override
  public @Nullable UsageReport usage() {
    ResponsesUsage last = usage;
    return last == null
        ? null
        : last.report(modelServed(), tier.isEmpty() ? null : tier, textBytes()).and(units());
  }

  @Override
  public boolean complete() {
    return done;
  }

  @Override
  public boolean cutShort() {
    return failed;
  }

  @Override
  public boolean overtaken() {
    return overtaken;
  }

  @Override
  public @Nullable UsageReport inputOnly() {
    return null;
  }

  @Override
  public @Nullable String storedId() {
    return id.isEmpty() ? null : id;
  }

  @Override
  public @Nullable String modelServed() {
    return model.isEmpty() ? null : model;
  }

  @Override
  public ByteBuf cutEnding(long inputTokens, long outputTokens) {
    ObjectNode response = response(codex ? "failed" : "incomplete");
    if (codex) {
      // The one code at which it ends the turn and shows the message.
      error(response, "invalid_prompt", "The allowance does not cover more of this answer.");
      response.putNull("incomplete_details");
    } else {
      response.putNull("error");
      response.putObject("incomplete_details").put("reason", "max_output_tokens");
    }
    ObjectNode counts = response.putObject("usage").put("input_tokens", inputTokens);
    counts.putObject("input_tokens_details").put("cached_tokens", 0);
    counts.put("output_tokens", outputTokens);
    counts.putObject("output_tokens_details").put("reasoning_tokens", 0);
    counts.put("total_tokens", inputTokens + outputTokens);
    return event(response);
  }

  @Override
  public ByteBuf errorEnding(String message) {
    ObjectNode response = response("failed");
    error(response, "server_error", message);
    response.putNull("incomplete_details").putNull("usage");
    return event(response);
  }

  private static void error(ObjectNode response, String code, String message) {
    response.putObject("error").put("code", code).put("message", message);
  }

  private ObjectNode response(String status) {
    ObjectNode response =
        ErrorJson.object()
            .put("id", id.isEmpty() ? "resp_cut" : id)
            .put("object", "response")
            .put("created_at", created)
            .put("status", status)
            .put("model", model);
    response.putArray("output");
    response.putArray("tools");
    return response.put("parallel_tool_calls", true).put("tool_choice", "auto");
  }

  /** The last event, whose type is that of its response's status. */
  private ByteBuf event(ObjectNode response) {
    String type = "response." + response.path("status").asText();
    ObjectNode event = ErrorJson.object().put("type", type).put("sequence_number", sequence + 1);
    event.set("response", response);
    return Unpooled.copiedBuffer(
        boundary() + "event: " + type + "\ndata: " + ErrorJson.text(event) + "\n\n",
        StandardCharsets.UTF_8);
  }
}
