package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.stipend.gateway.server.RequestHead;

/** Converse: one form of messages for all models of Bedrock. */
final class BedrockConverse extends Bedrock {
  BedrockConverse() {
    super("bedrock-converse", "/converse", "/converse-stream");
  }

  @Override
  Peeked peek(RequestHead head, String model, boolean streams, ByteBuf body) throws BadBody {
    ConverseBody.Read read = ConverseBody.read(id(), model, streams, body);
    return new Peeked(read.call(), read.marks(), HeaderRules.labels(head.headers()));
  }

  @Override
  public ByteBuf edit(ByteBuf body, Peeked peeked, Edit edit) {
    return ConverseBody.edit(body, (ConverseBody.Marks) peeked.marks(), edit);
  }

  @Override
  public AnswerReader reader(Peeked peeked, boolean framed, ReaderLimits limits) {
    boolean hourly = ((ConverseBody.Marks) peeked.marks()).hourly();
    return framed
        ? new ConverseStream(hourly, limits)
        : new WholeBody(
            (usage, model, tier, text) -> ConverseUsage.report(usage, hourly, text),
            "usage",
            WholeBody.UNSAID,
            BodyWatch.NOTHING);
  }
}
