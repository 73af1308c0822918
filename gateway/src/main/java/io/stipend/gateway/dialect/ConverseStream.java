package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.ByteBuf;
import io.stipend.gateway.dialect.EventScan.Found;
import io.stipend.metering.UsageReport;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** A stream of Converse: the usage comes last, in {@code metadata}. */
final class ConverseStream extends FrameStream {
  /** The most content blocks of one answer that are told apart. */
  private static final int MAX_BLOCKS = 65_536;

  private static final String STOP = "messageStop";
  private static final String BLOCK_STOP = "contentBlockStop";
  private static final String INDEX_NAME = "contentBlockIndex";
  private static final byte[] INDEX = EventScan.key(INDEX_NAME);

  /** Keys whose strings are generated text, inside a delta or a block that begins. */
  private static final byte[][] TEXT = EventScan.keys("text", "input", "name", "redactedContent");

  private final EventScan scan;
  private final TextSeen text = new TextSeen();
  private final BitSet open = new BitSet();
  private final boolean hourly;
  private @Nullable JsonNode usage;
  private boolean started;
  private boolean stopped;
  private boolean overtaken;

  /**
   * @param hourly whether what is written to the cache may be kept for an hour
   */
  ConverseStream(boolean hourly, Dialect.ReaderLimits limits) {
    super(limits);
    this.hourly = hourly;
    this.scan = new EventScan(limits.jsonDepth());
  }

  @Override
  void event(String type, byte[] payload) {
    switch (type) {
      case "messageStart" -> started = true;
      case "contentBlockStart", "contentBlockDelta" -> block(payload);
      case BLOCK_STOP -> open.clear(index(payload));
      case STOP -> stopped = true;
      case "metadata" -> {
        JsonNode event = UsageJson.object(payload, 0, payload.length);
        JsonNode counts = event == null ? null : event.get("usage");
        if (counts != null && counts.isObject()) {
          usage = counts;
          overtaken = false;
        }
      }
      default -> {}
    }
  }

  private void block(byte[] payload) {
    boolean hasText = false;
    scan.over(payload, 0, payload.length);
    for (Found found = scan.next(); found != Found.END; found = scan.next()) {
      // Padding stands beside the delta, not in it.
      if (found == Found.STRING
          && scan.depth() > 1
          && scan.end() > scan.start()
          && scan.keyIn(TEXT)) {
        hasText = true;
        text.add(payload, scan.start(), scan.end(), scan.escaped());
      }
    }
    open.set(index(payload));
    if (hasText) {
      text.event();
      overtaken = true;
    }
  }

  /** Of the block that an event is about; 0, where text stands, if it says none. */
  private int index(byte[] payload) {
    scan.over(payload, 0, payload.length);
    for (Found found = scan.next(); found != Found.END; found = scan.next()) {
      if (found == Found.LITERAL && scan.depth() == 1 && scan.keyIs(INDEX)) {
        long index = scan.number();
        return index >= 0 && index < MAX_BLOCKS ? (int) index : 0;
      }
    }
    return 0;
  }

  @Override
  TextSeen seen() {
    return text;
  }

  @Override
  public @Nullable UsageReport usage() {
    JsonNode read = usage;
    return read == null ? null : ConverseUsage.report(read, hourly, textBytes());
  }

  @Override
  public boolean complete() {
    return usage != null && !overtaken;
  }

  @Override
  public boolean overtaken() {
    return usage != null && overtaken;
  }

  @Override
  public @Nullable UsageReport inputOnly() {
    return null;
  }

  @Override
  public @Nullable String modelServed() {
    return null;
  }

  @Override
  public ByteBuf cutEnding(long inputTokens, long outputTokens) {
    AwsFrames ending = new AwsFrames();
    if (!started) {
      ending.event("messageStart", ErrorJson.object().put("role", "assistant"));
    }
    for (int i = open.nextSetBit(0); i >= 0; i = open.nextSetBit(i + 1)) {
      ending.event(BLOCK_STOP, ErrorJson.object().put(INDEX_NAME, i));
    }
    if (!stopped) {
      ending.event(STOP, ErrorJson.object().put("stopReason", "max_tokens"));
    }
    ObjectNode metadata = ErrorJson.object();
    metadata
        .putObject("usage")
        .put("inputTokens", inputTokens)
        .put("outputTokens", outputTokens)
        .put("totalTokens", inputTokens + outputTokens);
    metadata.putObject("metrics").put("latencyMs", 0);
    return ending.event("metadata", metadata).bytes();
  }
}
