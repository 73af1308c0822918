package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.stipend.gateway.server.RequestHead;

/** OpenAI Moderations, which cost nothing: passed through, and never metered. */
final class OpenAiModerations extends OpenAiDialect {
  /** The model that OpenAI takes where a request names none. */
  private static final String USUAL_MODEL = "omni-moderation-latest";

  OpenAiModerations() {
    super("openai-moderations", "/v1/moderations");
  }

  @Override
  public Peek peek(RequestHead head, ByteBuf body) {
    try {
      PlainBody.Read read = PlainBody.free(id(), vendor(), body, USUAL_MODEL);
      return new Peeked(read.call(), read.marks(), HeaderRules.labels(head.headers()));
    } catch (BadBody e) {
      return new Unreadable(e.refusal());
    }
  }

  @Override
  public ByteBuf edit(ByteBuf body, Peeked peeked, Edit edit) {
    return PlainBody.edit(body, (PlainBody.Marks) peeked.marks(), edit);
  }

  @Override
  public AnswerReader reader(Peeked peeked, boolean sse, ReaderLimits limits) {
    return new WholeBody(EmbeddingsUsage::report);
  }
}
