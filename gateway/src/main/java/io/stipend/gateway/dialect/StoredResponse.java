package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.stipend.gateway.server.RequestHead;
import io.stipend.policy.ModelCall;

/**
 * A request about one response that its provider keeps: passed to that provider as it came, and
 * never metered. Made for one request, as nothing in it says which model and provider it concerns.
 */
final class StoredResponse extends OpenAiDialect {
  static final String AZURE_ID = "azure-stored-responses";

  private final String model;
  private final String response;

  /**
   * @param model that made it, as {@code provider/model}
   * @param response its id
   */
  StoredResponse(String model, String response) {
    super("openai-stored-responses", OpenAiResponses.PATH);
    this.model = model;
    this.response = response;
  }

  /** The same of Azure's. */
  StoredResponse(Azure azure, String model, String response) {
    super(azure);
    this.model = model;
    this.response = response;
  }

  @Override
  public Peek peek(RequestHead head, ByteBuf body) {
    ModelCall call = new ModelCall(id(), vendor(), model, 0, 1, false, null, 0, 0, 0, false, false);
    return new Peeked(call, model, HeaderRules.labels(head.headers()));
  }

  @Override
  public String goesOnFrom(Peeked peeked) {
    return response;
  }

  @Override
  public ByteBuf edit(ByteBuf body, Peeked peeked, Edit edit) {
    return body;
  }

  /** Its usage was charged when it was made. */
  @Override
  public AnswerReader reader(Peeked peeked, boolean sse, ReaderLimits limits) {
    return new WholeBody((usage, served, tier, textBytes) -> null);
  }
}
