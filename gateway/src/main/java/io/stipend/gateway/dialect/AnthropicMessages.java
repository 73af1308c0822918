package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.gateway.server.RequestHead;
import io.stipend.metering.Meter;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Anthropic Messages. Its sister {@link AnthropicCountTokens} shares all but what it costs. */
class AnthropicMessages implements Dialect {
  static final String VENDOR = "anthropic";
  static final String PATH = "/v1/messages";

  private final String id;
  private final List<String> paths;
  private final boolean metered;

  AnthropicMessages() {
    this("anthropic-messages", PATH, true);
  }

  AnthropicMessages(String id, String path, boolean metered) {
    this.id = id;
    this.paths = List.of(path);
    this.metered = metered;
  }

  @Override
  public final String id() {
    return id;
  }

  @Override
  public final String vendor() {
    return VENDOR;
  }

  @Override
  public final List<String> paths() {
    return paths;
  }

  @Override
  public final Peek peek(RequestHead head, ByteBuf body) {
    try {
      MessagesBody.Read read = MessagesBody.read(id, VENDOR, metered, null, body);
      Labels labels = HeaderRules.labels(head.headers()).orSession(read.sessionId());
      return new Peeked(read.call(), read.marks(), labels);
    } catch (BadBody e) {
      return new Unreadable(e.refusal());
    }
  }

  @Override
  public final ByteBuf edit(ByteBuf body, Peeked peeked, Edit edit) {
    return MessagesBody.edit(body, (MessagesBody.Marks) peeked.marks(), edit);
  }

  @Override
  public final void authorize(HttpHeaders headers, String providerKey) {
    headers.set("x-api-key", providerKey);
  }

  @Override
  public final AnswerReader reader(Peeked peeked, boolean sse, ReaderLimits limits) {
    String asked = peeked.call().serviceTier();
    return sse ? new MessagesStream(asked, limits) : whole(asked);
  }

  /**
   * A reader of an answer that comes at once.
   *
   * @param asked the tier that was asked for; null if none
   */
  static AnswerReader whole(@Nullable String asked) {
    BodyWatch seen = BodyWatch.serverTools();
    return new WholeBody(
        (usage, model, tier, text) -> report(asked, usage, model, text, seen.units()), seen);
  }

  private static @Nullable UsageReport report(
      @Nullable String asked, JsonNode usage, @Nullable String model, long textBytes, Units seen) {
    MessagesUsage read = new MessagesUsage(asked);
    read.overwrite(usage);
    return read.report(model, textBytes, seen.of(Meter.WEB_SEARCH));
  }

  @Override
  public final Answer refuse(
      Refusal refusal, RequestHead head, String exchangeId, int pinnedStatus) {
    return Refusals.anthropic(refusal, exchangeId, pinnedStatus);
  }

  @Override
  public final Answer fault(int status, String code, String message, String exchangeId) {
    return Refusals.anthropicFault(status, message, exchangeId);
  }

  @Override
  public final RefusalForm form(RefusalReason reason) {
    return RefusalTable.in(RefusalTable.ANTHROPIC, reason);
  }
}
