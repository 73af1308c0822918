package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.stipend.gateway.server.RequestHead;
import io.stipend.policy.ModelCall;
import org.jspecify.annotations.Nullable;

/** What the routes of OpenAI for images, speech and transcripts have in common. */
abstract class OpenAiMedia extends OpenAiDialect {
  OpenAiMedia(String id, String path) {
    super(id, path);
  }

  /** What the body asks, and its marks. */
  record Read(ModelCall call, MediaMarks marks) {}

  /** Reads a body of this Content-Type. */
  abstract Read read(@Nullable String contentType, ByteBuf body) throws BadBody;

  @Override
  public final Peek peek(RequestHead head, ByteBuf body) {
    try {
      Read read = read(head.headers().get(HttpHeaderNames.CONTENT_TYPE), body);
      return new Peeked(read.call(), read.marks(), HeaderRules.labels(head.headers()));
    } catch (BadBody e) {
      return new Unreadable(e.refusal());
    }
  }

  @Override
  public final ByteBuf edit(ByteBuf body, Peeked peeked, Edit edit) {
    return ((MediaMarks) peeked.marks()).edit(body, edit);
  }

  /** A call whose answer may have as many tokens as its model can make, and is not cut. */
  final ModelCall call(String model, int answers, long textBytes, long mediaTokens) {
    return new ModelCall(
        id(), vendor(), model, -1, answers, false, null, textBytes, mediaTokens, 0, false, true);
  }
}
