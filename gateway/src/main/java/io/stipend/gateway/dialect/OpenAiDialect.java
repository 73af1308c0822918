package io.stipend.gateway.dialect;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.gateway.server.RequestHead;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import java.util.List;

/** What the APIs of OpenAI have in common: the credential, the refusals and the faults. */
abstract class OpenAiDialect implements Dialect {
  static final String VENDOR = "openai";

  private final String id;
  private final List<String> paths;

  OpenAiDialect(String id, String path) {
    this.id = id;
    this.paths = List.of(path);
  }

  @Override
  public final String id() {
    return id;
  }

  @Override
  public final String vendor() {
    return VENDOR;
  }

  @Override
  public final List<String> paths() {
    return paths;
  }

  @Override
  public final void authorize(HttpHeaders headers, String providerKey) {
    headers.set(HttpHeaderNames.AUTHORIZATION, "Bearer " + providerKey);
  }

  @Override
  public Answer refuse(Refusal refusal, RequestHead head, String exchangeId, int pinnedStatus) {
    return Refusals.openAi(refusal, head, exchangeId, pinnedStatus);
  }

  @Override
  public final Answer fault(int status, String code, String message, String exchangeId) {
    return Refusals.openAiFault(status, code, message, exchangeId);
  }

  @Override
  public final RefusalForm form(RefusalReason reason) {
    return RefusalTable.in(RefusalTable.OPENAI, reason);
  }
}
