package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.gateway.server.RequestHead;
import io.stipend.metering.UsageReport;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** OpenAI Chat Completions, as OpenAI and the many compatible services speak it. */
final class OpenAiChat implements Dialect {
  static final String VENDOR = "openai";
  private static final String ID = "openai-chat";
  private static final List<String> PATHS = List.of("/v1/chat/completions");

  @Override
  public String id() {
    return ID;
  }

  @Override
  public String vendor() {
    return VENDOR;
  }

  @Override
  public List<String> paths() {
    return PATHS;
  }

  @Override
  public Peek peek(RequestHead head, ByteBuf body) {
    try {
      ChatBody.Read read = ChatBody.read(ID, VENDOR, body);
      return new Peeked(read.call(), read.marks(), HeaderRules.sessionId(head.headers()));
    } catch (BadBody e) {
      return new Unreadable(e.refusal());
    }
  }

  @Override
  public ByteBuf edit(ByteBuf body, Peeked peeked, Edit edit) {
    return ChatBody.edit(body, (ChatBody.Marks) peeked.marks(), edit);
  }

  @Override
  public void authorize(HttpHeaders headers, String providerKey) {
    headers.set(HttpHeaderNames.AUTHORIZATION, "Bearer " + providerKey);
  }

  @Override
  public AnswerReader reader(Peeked peeked, boolean sse, ReaderLimits limits) {
    return sse
        ? new ChatStream(((ChatBody.Marks) peeked.marks()).usageAsked(), limits)
        : new WholeBody(OpenAiChat::report);
  }

  private static @Nullable UsageReport report(
      JsonNode usage, @Nullable String model, @Nullable String tier, long textBytes) {
    ChatUsage read = ChatUsage.of(usage);
    return read == null ? null : read.report(model, tier, textBytes);
  }

  @Override
  public Answer refuse(Refusal refusal, RequestHead head, String exchangeId, int pinnedStatus) {
    return Refusals.openAi(refusal, head, exchangeId, pinnedStatus);
  }

  @Override
  public Answer fault(int status, String code, String message, String exchangeId) {
    return Refusals.openAiFault(status, code, message, exchangeId);
  }

  @Override
  public RefusalForm form(RefusalReason reason) {
    return RefusalTable.in(RefusalTable.OPENAI, reason);
  }
}
