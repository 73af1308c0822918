package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.stipend.gateway.server.RequestHead;

/** OpenAI Embeddings. Nothing is generated: only input is held and charged. */
final class OpenAiEmbeddings extends OpenAiDialect {
  OpenAiEmbeddings() {
    super("openai-embeddings", "/v1/embeddings");
  }

  /** As Azure serves it. */
  OpenAiEmbeddings(Azure azure) {
    super(azure);
  }

  @Override
  public Peek peek(RequestHead head, ByteBuf body) {
    try {
      PlainBody.Read read = PlainBody.embeddings(id(), vendor(), deployment(head), body);
      return new Peeked(read.call(), read.marks(), HeaderRules.labels(head.headers()));
    } catch (BadBody e) {
      return new Unreadable(e.refusal());
    }
  }

  @Override
  public ByteBuf edit(ByteBuf body, Peeked peeked, Edit edit) {
    return PlainBody.edit(body, (PlainBody.Marks) peeked.marks(), edit);
  }

  /** One that keeps the usage alone: the vectors pass, as numbers or in base64. */
  @Override
  public AnswerReader reader(Peeked peeked, boolean sse, ReaderLimits limits) {
    return new WholeBody(EmbeddingsUsage::report);
  }
}
