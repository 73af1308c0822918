package io.stipend.gateway.dialect;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.gateway.http.FieldNames;
import io.stipend.gateway.server.RequestHead;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the APIs of OpenAI have in common, at OpenAI and at {@link Azure}: the credential, the
 * refusals and the faults.
 */
abstract class OpenAiDialect implements Dialect {
  static final String VENDOR = "openai";

  private final String id;
  private final String vendor;
  private final List<String> paths;

  OpenAiDialect(String id, String path) {
    this.id = id;
    this.vendor = VENDOR;
    this.paths = List.of(path);
  }

  OpenAiDialect(Azure azure) {
    this.id = azure.id();
    this.vendor = Azure.VENDOR;
    this.paths = azure.paths();
  }

  @Override
  public final String id() {
    return id;
  }

  @Override
  public final String vendor() {
    return vendor;
  }

  @Override
  public final List<String> paths() {
    return paths;
  }

  /** The deployment that the path names, which is the model; null where the body names it. */
  static @Nullable String deployment(RequestHead head) {
    ModelPath path = ModelPath.of(head.path());
    return path == null ? null : path.model();
  }

  @Override
  public final String target(RequestHead head, Edit edit) {
    String model = edit.model();
    ModelPath path = model == null ? null : ModelPath.of(head.path());
    return (path == null || model == null ? head.path() : path.with(model)) + head.query();
  }

  @Override
  public final void authorize(HttpHeaders headers, String providerKey) {
    if (vendor.equals(Azure.VENDOR)) {
      headers.set(FieldNames.API_KEY, providerKey);
    } else {
      headers.set(HttpHeaderNames.AUTHORIZATION, "Bearer " + providerKey);
    }
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
