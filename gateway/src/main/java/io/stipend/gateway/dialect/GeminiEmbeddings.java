package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.stipend.gateway.server.RequestHead;

/**
 * Embeddings of the Gemini API, one or many at once. Nothing is generated: only input is held and
 * charged, by what was estimated from its bytes where the answer tells no usage, as most models'
 * answers do not.
 */
final class GeminiEmbeddings extends Gemini {
  GeminiEmbeddings() {
    super("gemini-embeddings", true, ":embedContent", ":batchEmbedContents");
  }

  @Override
  public Peek peek(RequestHead head, ByteBuf body) {
    try {
      GeminiQuery.check(head.query());
      GeminiEmbedBody.Read read = GeminiEmbedBody.read(id(), ModelPath.named(head).model(), body);
      return new Peeked(read.call(), read.marks(), HeaderRules.labels(head.headers()));
    } catch (BadBody e) {
      return new Unreadable(e.refusal());
    }
  }

  @Override
  public ByteBuf edit(ByteBuf body, Peeked peeked, Edit edit) {
    return GeminiEmbedBody.edit(body, (GeminiEmbedBody.Marks) peeked.marks(), edit);
  }

  @Override
  public AnswerReader reader(Peeked peeked, boolean sse, ReaderLimits limits) {
    return new WholeBody(Gemini::report, "usageMetadata", "modelVersion", BodyWatch.NOTHING);
  }
}
