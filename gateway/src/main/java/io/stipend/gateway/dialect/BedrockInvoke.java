package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.stipend.gateway.server.RequestHead;

/**
 * InvokeModel with the bodies of Anthropic's models. Those of others have no cap in common, and
 * some ask for several answers: Converse serves them.
 */
final class BedrockInvoke extends Bedrock {
  private static final String VERSION = "bedrock-2023-05-31";

  BedrockInvoke() {
    super("bedrock-invoke", "/invoke", "/invoke-with-response-stream");
  }

  @Override
  Peeked peek(RequestHead head, String model, boolean streams, ByteBuf body) throws BadBody {
    MessagesBody.Read read =
        MessagesBody.read(
            id(), VENDOR, true, new MessagesBody.InPath(model, streams, VERSION), body);
    Labels labels = HeaderRules.labels(head.headers()).orSession(read.sessionId());
    return new Peeked(read.call(), read.marks(), labels);
  }

  @Override
  public ByteBuf edit(ByteBuf body, Peeked peeked, Edit edit) {
    return MessagesBody.edit(body, (MessagesBody.Marks) peeked.marks(), edit);
  }

  @Override
  public AnswerReader reader(Peeked peeked, boolean framed, ReaderLimits limits) {
    String asked = peeked.call().serviceTier();
    return framed ? new InvokeStream(asked, limits) : AnthropicMessages.whole(asked);
  }
}
