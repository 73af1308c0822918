package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.ByteBuf;
import io.stipend.gateway.server.RequestHead;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import org.jspecify.annotations.Nullable;

/** OpenAI Chat Completions, as OpenAI and the many compatible services speak it. */
final class OpenAiChat extends OpenAiDialect {
  OpenAiChat() {
    super("openai-chat", "/v1/chat/completions");
  }

  /** As Azure serves it. */
  OpenAiChat(Azure azure) {
    super(azure);
  }

  @Override
  public Peek peek(RequestHead head, ByteBuf body) {
    try {
      ChatBody.Read read = ChatBody.read(id(), vendor(), deployment(head), body);
      return new Peeked(read.call(), read.marks(), HeaderRules.labels(head.headers()));
    } catch (BadBody e) {
      return new Unreadable(e.refusal());
    }
  }

  @Override
  public ByteBuf edit(ByteBuf body, Peeked peeked, Edit edit) {
    return ChatBody.edit(body, (ChatBody.Marks) peeked.marks(), edit);
  }

  @Override
  public AnswerReader reader(Peeked peeked, boolean sse, ReaderLimits limits) {
    Units fee = peeked.call().maxUnits();
    return sse
        ? new ChatStream(((ChatBody.Marks) peeked.marks()).options().usageAsked(), fee, limits)
        : new WholeBody(
            (usage, model, tier, text) -> report(fee, usage, model, tier, text),
            BodyWatch.paying(fee));
  }

  private static @Nullable UsageReport report(
      Units fee, JsonNode usage, @Nullable String model, @Nullable String tier, long textBytes) {
    UsageReport report = ChatUsage.report(usage, model, tier, textBytes);
    // What was asked for is known already; what an alias hid is told by the served model.
    return report == null || !fee.isNone() ? report : report.and(ChatSearch.charged(fee, model));
  }
}
