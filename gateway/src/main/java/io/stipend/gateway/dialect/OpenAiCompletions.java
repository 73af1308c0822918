package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.stipend.gateway.server.RequestHead;

/** OpenAI's legacy Completions, which self-hosted services and tools for code still speak. */
final class OpenAiCompletions extends OpenAiDialect {
  OpenAiCompletions() {
    super("openai-completions", "/v1/completions");
  }

  /** As Azure serves it. */
  OpenAiCompletions(Azure azure) {
    super(azure);
  }

  @Override
  public Peek peek(RequestHead head, ByteBuf body) {
    try {
      CompletionsBody.Read read = CompletionsBody.read(id(), vendor(), deployment(head), body);
      return new Peeked(read.call(), read.marks(), HeaderRules.labels(head.headers()));
    } catch (BadBody e) {
      return new Unreadable(e.refusal());
    }
  }

  @Override
  public ByteBuf edit(ByteBuf body, Peeked peeked, Edit edit) {
    return CompletionsBody.edit(body, (CompletionsBody.Marks) peeked.marks(), edit);
  }

  @Override
  public AnswerReader reader(Peeked peeked, boolean sse, ReaderLimits limits) {
    CompletionsBody.Marks marks = (CompletionsBody.Marks) peeked.marks();
    return sse
        ? new CompletionsStream(marks.options().usageAsked(), marks.echo(), limits)
        : new WholeBody(ChatUsage::report);
  }
}
