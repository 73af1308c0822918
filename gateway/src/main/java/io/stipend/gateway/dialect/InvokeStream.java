package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.ByteBuf;
import io.stipend.gateway.dialect.EventScan.Found;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * A stream of InvokeModel: frames of {@code chunk}, in each of which an event of Messages stands in
 * base64. The last of them has metrics, which count where the event that tells of usage is missing.
 */
final class InvokeStream extends FrameStream {
  private static final String METRICS_NAME = "amazon-bedrock-invocationMetrics";
  private static final byte[] METRICS = EventScan.key(METRICS_NAME);
  private static final String CHUNK = "chunk";
  private static final String BYTES_NAME = "bytes";
  private static final byte[] BYTES = EventScan.key(BYTES_NAME);

  private final MessagesStream messages;
  private final EventScan scan;
  private final int maxBytes;
  private @Nullable JsonNode metrics;

  /**
   * @param asked the tier that was asked for; null if none
   */
  InvokeStream(@Nullable String asked, Dialect.ReaderLimits limits) {
    super(limits);
    this.messages = new MessagesStream(asked, limits);
    this.scan = new EventScan(limits.jsonDepth());
    this.maxBytes = limits.eventBytes();
  }

  @Override
  void event(String type, byte[] payload) {
    if (!type.equals(CHUNK)) {
      return;
    }
    byte[] event = unwrapped(payload);
    messages.data(event, 0, event.length);
    scan.over(event, 0, event.length);
    for (Found found = scan.next(); found != Found.END; found = scan.next()) {
      if (found == Found.OPEN && scan.depth() == 2) {
        boolean here = scan.keyIs(METRICS);
        int from = scan.start();
        scan.skip();
        JsonNode read = here ? UsageJson.object(event, from, scan.end()) : null;
        metrics = read == null ? metrics : read;
      }
    }
  }

  private byte[] unwrapped(byte[] payload) {
    scan.over(payload, 0, payload.length);
    for (Found found = scan.next(); found != Found.END; found = scan.next()) {
      if (found == Found.STRING && scan.depth() == 1 && scan.keyIs(BYTES)) {
        try {
          return Base64.getDecoder().decode(scan.text(maxBytes));
        } catch (IllegalArgumentException e) {
          throw new BadAnswerException("chunk: its bytes are no base64 (expected: base64)");
        }
      }
    }
    return new byte[0];
  }

  @Override
  TextSeen seen() {
    return messages.seen();
  }

  @Override
  public @Nullable UsageReport usage() {
    UsageReport said = messages.usage();
    JsonNode last = metrics;
    boolean stands = said != null && !messages.overtaken();
    return stands || last == null ? said : ConverseUsage.ofMetrics(last, textBytes());
  }

  @Override
  public Units units() {
    return messages.units();
  }

  @Override
  public boolean complete() {
    return messages.complete() || metrics != null;
  }

  @Override
  public boolean overtaken() {
    return messages.overtaken() && metrics == null;
  }

  @Override
  public @Nullable UsageReport inputOnly() {
    return messages.inputOnly();
  }

  @Override
  public @Nullable String modelServed() {
    return messages.modelServed();
  }

  @Override
  public ByteBuf cutEnding(long inputTokens, long outputTokens) {
    AwsFrames ending = new AwsFrames();
    for (ObjectNode event : messages.cutEvents(inputTokens, outputTokens)) {
      if (event.path("type").asText().equals("message_stop")) {
        event
            .putObject(METRICS_NAME)
            .put("inputTokenCount", inputTokens)
            .put("outputTokenCount", outputTokens)
            .put("invocationLatency", 0)
            .put("firstByteLatency", 0);
      }
      byte[] json = ErrorJson.text(event).getBytes(StandardCharsets.UTF_8);
      String wrapped = Base64.getEncoder().encodeToString(json);
      ending.event(CHUNK, ErrorJson.object().put(BYTES_NAME, wrapped));
    }
    return ending.bytes();
  }
}
