package io.stipend.gateway.dialect;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.gateway.dialect.Dialect.Answer;
import io.stipend.gateway.dialect.Dialect.RefusalForm;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import java.util.EnumMap;
import java.util.Map;

/**
 * Refusals and faults as AWS writes them: the name of the exception in a header, its message in the
 * body. Its SDKs send a request again after 429 and after the names of throttling, whatever the
 * status: a budget is neither.
 */
final class BedrockErrors {
  private static final String VALIDATION = "ValidationException";
  private static final String NOT_FOUND = "ResourceNotFoundException";
  private static final String DENIED = "AccessDeniedException";
  private static final String THROTTLED = "ThrottlingException";
  private static final String UNAVAILABLE = "ServiceUnavailableException";

  static final Map<RefusalReason, RefusalForm> FORMS = forms();

  private BedrockErrors() {}

  private static Map<RefusalReason, RefusalForm> forms() {
    Map<RefusalReason, RefusalForm> table = new EnumMap<>(RefusalReason.class);
    for (RefusalReason reason : RefusalReason.values()) {
      // The statuses are Anthropic's but where AWS has another for its own exception.
      int status = RefusalTable.in(RefusalTable.ANTHROPIC, reason).status();
      table.put(
          reason,
          switch (reason) {
            case BAD_CREDENTIAL -> new RefusalForm(403, "UnrecognizedClientException", null);
            case BUDGET_EXHAUSTED -> new RefusalForm(status, "ServiceQuotaExceededException", null);
            case FROZEN -> new RefusalForm(status, DENIED, null);
            case UNKNOWN_ROUTE, METHOD_NOT_ALLOWED ->
                new RefusalForm(status, "UnknownOperationException", null);
            default -> new RefusalForm(status, name(status), null);
          });
    }
    return Map.copyOf(table);
  }

  private static String name(int status) {
    return switch (status) {
      case 401, 403 -> DENIED;
      case 404 -> NOT_FOUND;
      case 429 -> THROTTLED;
      case 503 -> UNAVAILABLE;
      case 504 -> "ModelTimeoutException";
      default -> status >= 500 ? "InternalServerException" : VALIDATION;
    };
  }

  static Answer refusal(Refusal refusal, String exchangeId, int pinnedStatus) {
    RefusalForm form = RefusalTable.in(FORMS, refusal.reason());
    boolean pinned = refusal.reason() == RefusalReason.BUDGET_EXHAUSTED && pinnedStatus > 0;
    HttpHeaders headers = headers(exchangeId, form.type());
    Refusals.retry(headers, refusal);
    return new Answer(
        pinned ? pinnedStatus : form.status(),
        headers,
        ErrorJson.bytes(ErrorJson.message(refusal.message())));
  }

  /** A fault, whose name follows from its status. */
  static Answer fault(int status, String message, String exchangeId) {
    return new Answer(
        status, headers(exchangeId, name(status)), ErrorJson.bytes(ErrorJson.message(message)));
  }

  private static HttpHeaders headers(String exchangeId, String type) {
    return new DefaultHttpHeaders()
        .set(HttpHeaderNames.CONTENT_TYPE, "application/json")
        .set("x-amzn-requestid", exchangeId)
        .set("x-amzn-errortype", type)
        .set("stipend-exchange-id", exchangeId);
  }
}
