package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.gateway.dialect.Dialect.Answer;
import io.stipend.gateway.dialect.Dialect.RefusalForm;
import io.stipend.gateway.server.RequestHead;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Refusals and faults as Google's APIs write them: a status word and typed details. */
final class GeminiErrors {
  /**
   * The least that a budget refusal asks a client to wait: Gemini CLI tries again by itself after
   * anything up to 300 seconds, and ends with our message after more.
   */
  static final long MIN_BUDGET_SECONDS = 301;

  private static final String JAVA_SDK = "gl-java/";
  private static final String AI_SDK = "ai-sdk/";

  private static final String TYPE = "type.googleapis.com/google.rpc.";

  private GeminiErrors() {}

  static Answer refusal(Refusal refusal, RequestHead head, String exchangeId, int pinnedStatus) {
    RefusalForm form = RefusalTable.in(RefusalTable.GEMINI, refusal.reason());
    int status = form.status();
    if (refusal.reason() == RefusalReason.BUDGET_EXHAUSTED) {
      status = repeats(head) ? RefusalTable.BUDGET_STATUS_FOR_GEMINI_REPEATERS : status;
      status = pinnedStatus > 0 ? pinnedStatus : status;
    }
    HttpHeaders headers = Refusals.openAiHeaders(exchangeId);
    Refusals.retry(headers, refusal);
    ObjectNode json = ErrorJson.gemini(status, refusal.message(), form.type());
    details(json, refusal, form.code());
    return new Answer(status, headers, ErrorJson.bytes(json));
  }

  /**
   * Whether the client sends a request again after any 429, whatever else that says: google-genai
   * for Java four times, the AI SDK twice.
   */
  private static boolean repeats(RequestHead head) {
    return head.headers().get(HttpHeaderNames.USER_AGENT, "").contains(AI_SDK)
        || head.headers().get("x-goog-api-client", "").contains(JAVA_SDK);
  }

  private static void details(ObjectNode json, Refusal refusal, @Nullable String code) {
    Duration wait = refusal.retryAfter();
    if (refusal.reason() == RefusalReason.BUDGET_EXHAUSTED) {
      long reset = wait == null ? 0 : Refusals.secondsUp(wait);
      retryInfo(json, Math.max(MIN_BUDGET_SECONDS, reset));
    } else if (wait != null) {
      retryInfo(json, Refusals.seconds(wait));
    }
    String param = refusal.param();
    if (code != null) {
      ErrorJson.detail(json, TYPE + "ErrorInfo")
          .put("reason", code)
          .put("domain", "googleapis.com");
    }
    if (param != null) {
      ErrorJson.detail(json, TYPE + "BadRequest")
          .putArray("fieldViolations")
          .addObject()
          .put("field", param);
    }
  }

  private static void retryInfo(ObjectNode json, long seconds) {
    ErrorJson.detail(json, TYPE + "RetryInfo").put("retryDelay", seconds + "s");
  }

  static Answer fault(int status, String message, String exchangeId) {
    return new Answer(
        status, Refusals.openAiHeaders(exchangeId), ErrorJson.bytes(json(status, message)));
  }

  /** An error whose word follows from the status. */
  static ObjectNode json(int status, String message) {
    String word =
        switch (status) {
          case 401 -> "UNAUTHENTICATED";
          case 403 -> "PERMISSION_DENIED";
          case 404 -> "NOT_FOUND";
          case 429 -> "RESOURCE_EXHAUSTED";
          case 502, 503 -> "UNAVAILABLE";
          case 504 -> "DEADLINE_EXCEEDED";
          default -> status >= 500 ? "INTERNAL" : "INVALID_ARGUMENT";
        };
    return ErrorJson.gemini(status, message, word);
  }
}
