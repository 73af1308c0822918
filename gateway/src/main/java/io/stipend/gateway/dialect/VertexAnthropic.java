package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.gateway.server.RequestHead;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import java.util.List;

/** Anthropic Messages as Vertex AI serves them: the model stands in the path. */
final class VertexAnthropic implements Dialect {
  private static final String STREAM = ":streamRawPredict";
  private static final String VERSION = "vertex-2023-10-16";

  private final List<String> paths = Vertex.paths("anthropic", ":rawPredict", STREAM);

  @Override
  public String id() {
    return "vertex-anthropic";
  }

  @Override
  public String vendor() {
    return Vertex.VENDOR;
  }

  @Override
  public List<String> paths() {
    return paths;
  }

  @Override
  public Peek peek(RequestHead head, ByteBuf body) {
    try {
      Vertex.check(head);
      ModelPath path = ModelPath.named(head);
      boolean stream = path.method().equals(STREAM);
      MessagesBody.Read read =
          MessagesBody.read(
              id(),
              Vertex.VENDOR,
              true,
              new MessagesBody.InPath(path.model(), stream, VERSION),
              body);
      Labels labels = HeaderRules.labels(head.headers()).orSession(read.sessionId());
      return new Peeked(read.call(), read.marks(), labels);
    } catch (BadBody e) {
      return new Unreadable(e.refusal());
    }
  }

  @Override
  public ByteBuf edit(ByteBuf body, Peeked peeked, Edit edit) {
    return MessagesBody.edit(body, (MessagesBody.Marks) peeked.marks(), edit);
  }

  @Override
  public String target(RequestHead head, Edit edit) {
    return Vertex.target(head, edit);
  }

  @Override
  public void authorize(HttpHeaders headers, String providerKey) {
    headers.set(HttpHeaderNames.AUTHORIZATION, "Bearer " + providerKey);
  }

  @Override
  public AnswerReader reader(Peeked peeked, boolean sse, ReaderLimits limits) {
    String asked = peeked.call().serviceTier();
    return sse ? new MessagesStream(asked, limits) : AnthropicMessages.whole(asked);
  }

  @Override
  public Answer refuse(Refusal refusal, RequestHead head, String exchangeId, int pinnedStatus) {
    return Refusals.anthropic(refusal, exchangeId, pinnedStatus);
  }

  @Override
  public Answer fault(int status, String code, String message, String exchangeId) {
    return Refusals.anthropicFault(status, message, exchangeId);
  }

  @Override
  public RefusalForm form(RefusalReason reason) {
    return RefusalTable.in(RefusalTable.ANTHROPIC, reason);
  }
}
