package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.stipend.gateway.server.RequestHead;

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
    return sse
        ? new ChatStream(((ChatBody.Marks) peeked.marks()).options().usageAsked(), limits)
        : new WholeBody(ChatUsage::report);
  }
}
