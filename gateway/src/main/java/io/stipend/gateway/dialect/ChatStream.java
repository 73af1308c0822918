package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.stipend.gateway.dialect.EventScan.Found;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * A stream of Chat Completions chunks. Usage comes in a last chunk without choices, which a client
 * that did not ask for it never sees; some services put a running usage on other chunks too. Its
 * sister {@link CompletionsStream} differs in where the text of a choice stands.
 */
class ChatStream extends EventStream {
  private static final int MAX_ECHO_BYTES = CallFields.MAX_MODEL_LENGTH;
  private static final int MAX_CHOICES = CompletionsBody.MAX_CHOICES;

  private static final byte[] DONE = EventScan.key("[DONE]");
  private static final byte[] NULL = EventScan.key("null");
  private static final byte[] USAGE = EventScan.key("usage");
  private static final byte[] CHOICES = EventScan.key("choices");
  private static final byte[] INDEX = EventScan.key("index");
  private static final byte[] FINISH = EventScan.key("finish_reason");
  private static final byte[] ID = EventScan.key("id");
  private static final byte[] CREATED = EventScan.key("created");
  private static final byte[] MODEL = EventScan.key("model");
  private static final byte[] TIER = EventScan.key("service_tier");

  /** Keys whose strings are generated text, inside a choice. */
  private static final byte[][] TEXT =
      EventScan.keys(
          "content", "reasoning_content", "reasoning", "refusal", "arguments", "name", "text");

  /** Keys that repeat text or tell about it. */
  private static final byte[][] NOT_TEXT =
      EventScan.keys("logprobs", "reasoning_details", "annotations");

  private final boolean usageAsked;
  private final Units fee;
  private final EventScan scan;
  private final BitSet begun = new BitSet();
  private final BitSet finished = new BitSet();
  private String id = "";
  private long created;
  private String model = "";
  private byte[] tier = {};
  private @Nullable ChatUsage usage;
  private boolean usageFinal;
  private boolean overtaken;
  private boolean done;

  // What the event under way holds.
  private boolean inChoices;
  private boolean hasChoice;
  private boolean hasText;
  private int usageFrom;
  private int usageTo;
  private int index;
  private boolean finish;

  ChatStream(boolean usageAsked, Dialect.ReaderLimits limits) {
    this(usageAsked, Units.NONE, limits);
  }

  /**
   * A reader of an answer that has a price beside its tokens.
   *
   * @param fee what was asked for that every answer pays
   */
  ChatStream(boolean usageAsked, Units fee, Dialect.ReaderLimits limits) {
    super(limits);
    this.usageAsked = usageAsked;
    this.fee = fee;
    this.scan = new EventScan(limits.jsonDepth());
  }

  @Override
  final boolean data(byte[] bytes, int from, int to) {
    int end = to;
    while (end > from && bytes[end - 1] == ' ') {
      end--;
    }
    if (Arrays.equals(bytes, from, end, DONE, 0, DONE.length)) {
      done = true;
      return true;
    }
    inChoices = false;
    hasChoice = false;
    hasText = false;
    usageFrom = -1;
    scan.over(bytes, from, to);
    for (Found found = scan.next(); found != Found.END; found = scan.next()) {
      take(found, bytes);
    }
    if (hasText) {
      seen().event();
      // A report with text after it is not the last word.
      usageFinal = false;
      overtaken = true;
    }
    return usageFrom < 0 || takeUsage(bytes);
  }

  private void take(Found found, byte[] bytes) {
    if (found == Found.OPEN) {
      opened();
    } else if (found == Found.CLOSE) {
      closed(bytes);
    } else if (scan.depth() == 1) {
      top(found);
    } else if (inChoices && scan.depth() == 3) {
      choice(found, scan);
    } else if (inChoices && found == Found.STRING && scan.keyIn(TEXT)) {
      text(bytes, scan.start(), scan.end(), scan.escaped());
    }
  }

  /** Takes generated text. */
  final void text(byte[] bytes, int from, int to, boolean escaped) {
    if (to > from) {
      hasText = true;
      seen().add(bytes, from, to, escaped);
    }
  }

  private void opened() {
    if (scan.depth() == 2 && scan.keyIs(USAGE) && scan.isObject()) {
      usageFrom = scan.start();
      scan.skip();
      usageTo = scan.end();
    } else if (scan.depth() == 2) {
      inChoices = scan.keyIs(CHOICES);
      if (!inChoices) {
        scan.skip();
      }
    } else if (inChoices && scan.depth() == 3) {
      hasChoice = true;
      index = 0;
      finish = false;
      choiceBegun();
    } else if (scan.keyIn(NOT_TEXT)) {
      scan.skip();
    }
  }

  private void closed(byte[] bytes) {
    if (inChoices && scan.depth() == 2) {
      choiceEnded(bytes, index);
      begun.set(index);
      finished.set(index, finish || finished.get(index));
    } else if (scan.depth() == 1) {
      inChoices = false;
    }
  }

  private void top(Found found) {
    if (found == Found.STRING && model.isEmpty() && scan.keyIs(MODEL)) {
      model = scan.text(MAX_ECHO_BYTES);
    } else if (found == Found.STRING && id.isEmpty() && scan.keyIs(ID)) {
      id = scan.text(MAX_ECHO_BYTES);
    } else if (found == Found.LITERAL && created == 0 && scan.keyIs(CREATED)) {
      created = Math.max(0, scan.number());
    } else if (found == Found.STRING && scan.keyIs(TIER) && !scan.valueIs(tier)) {
      tier = EventScan.key(scan.text(CallFields.MAX_WORD_LENGTH));
    }
  }

  /** A choice opens. */
  void choiceBegun() {}

  /** A value in a choice itself. */
  void choice(Found found, EventScan scan) {
    if (found == Found.LITERAL && scan.keyIs(INDEX)) {
      long at = scan.number();
      index = at < 0 || at >= MAX_CHOICES ? 0 : (int) at;
    } else if (scan.keyIs(FINISH)) {
      finish = found == Found.STRING || !scan.valueIs(NULL);
    }
  }

  /** All of a choice has been seen. */
  void choiceEnded(byte[] bytes, int index) {}

  /** Takes the chunk's usage; tells whether the client may see the chunk. */
  private boolean takeUsage(byte[] bytes) {
    JsonNode node = UsageJson.object(bytes, usageFrom, usageTo);
    ChatUsage read = node == null ? null : ChatUsage.of(node);
    // Some services write zeros on every chunk but the last: no report while text still comes.
    if (read != null && (!hasChoice || (read.tokens().total() > 0 && !saidAlone()))) {
      ChatUsage last = usage;
      // Behind an end that told of usage another one takes nothing back.
      usage = last != null && saidAlone() ? read.noLessThan(last) : read;
      overtaken = false;
    }
    usageFinal |= read != null && !hasChoice;
    return hasChoice || usageAsked || node == null;
  }

  /**
   * Whether the chunk without choices said its figures; only text after it lets others say more.
   */
  private boolean saidAlone() {
    ChatUsage last = usage;
    return usageFinal && last != null && last.tokens().total() > 0;
  }

  @Override
  public final @Nullable UsageReport usage() {
    ChatUsage last = usage;
    String served = tier.length == 0 ? null : new String(tier, StandardCharsets.US_ASCII);
    return last == null ? null : last.report(modelServed(), served, textBytes()).and(units());
  }

  @Override
  public final Units units() {
    return ChatSearch.charged(fee, modelServed());
  }

  @Override
  public final boolean complete() {
    return usageFinal || done;
  }

  /** A usage that came with a chunk is the last word only if no choice was left open. */
  @Override
  public final boolean mayEnd() {
    BitSet open = (BitSet) begun.clone();
    open.andNot(finished);
    return complete() || (usage != null && open.isEmpty());
  }

  @Override
  public final boolean overtaken() {
    return overtaken;
  }

  @Override
  public final boolean usageOfChoice() {
    return usage != null && !usageFinal;
  }

  @Override
  public final @Nullable UsageReport inputOnly() {
    return null;
  }

  @Override
  public final @Nullable String modelServed() {
    return model.isEmpty() ? null : model;
  }

  @Override
  public final ByteBuf cutEnding(long inputTokens, long outputTokens) {
    StringBuilder ending = new StringBuilder(boundary());
    if (begun.isEmpty()) {
      begun.set(0);
    }
    for (int i = begun.nextSetBit(0); i >= 0; i = begun.nextSetBit(i + 1)) {
      if (!finished.get(i)) {
        ObjectNode chunk = chunk();
        ObjectNode choice = chunk.putArray("choices").addObject();
        choice.put("index", i);
        end(choice);
        choice.put("finish_reason", "length");
        event(ending, ErrorJson.text(chunk));
      }
    }
    if (usageAsked) {
      ObjectNode chunk = chunk();
      chunk.putArray("choices");
      chunk
          .putObject("usage")
          .put("prompt_tokens", inputTokens)
          .put("completion_tokens", outputTokens)
          .put("total_tokens", inputTokens + outputTokens);
      event(ending, ErrorJson.text(chunk));
    }
    event(ending, "[DONE]");
    return Unpooled.copiedBuffer(ending, StandardCharsets.UTF_8);
  }

  private ObjectNode chunk() {
    return ErrorJson.object()
        .put("id", id)
        .put("object", object())
        .put("created", created)
        .put("model", model);
  }

  /** What a chunk says it is. */
  String object() {
    return "chat.completion.chunk";
  }

  /** Puts what a choice says where it ends without more text. */
  void end(ObjectNode choice) {
    choice.putObject("delta");
  }

  private static void event(StringBuilder to, String data) {
    to.append("data: ").append(data).append("\n\n");
  }

  @Override
  public final ByteBuf errorEnding(String message) {
    StringBuilder ending = new StringBuilder(boundary());
    event(
        ending, ErrorJson.text(ErrorJson.openAi(message, "server_error", null, "upstream_error")));
    return Unpooled.copiedBuffer(ending, StandardCharsets.UTF_8);
  }
}
