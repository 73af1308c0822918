package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import io.stipend.gateway.dialect.Dialect.Answer;
import io.stipend.gateway.dialect.Dialect.RefusalForm;
import io.stipend.gateway.server.RequestHead;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.Map;
import java.util.regex.Pattern;

/** Refusals and faults of both vendors' routes: the table's forms with their headers. */
final class Refusals {
  /** The longest that a refusal asks a client to wait; several SDKs sleep any length. */
  private static final long MAX_RETRY_AFTER_SECONDS = 60;

  private static final String SDK_HEADER_PREFIX = "x-stainless-";
  private static final String EXCHANGE_ID = "stipend-exchange-id";

  private static final Pattern NOT_ASCII = Pattern.compile("[^ -~]");

  private Refusals() {}

  static Answer openAi(Refusal refusal, RequestHead head, String exchangeId, int pinnedStatus) {
    RefusalForm form = RefusalTable.in(RefusalTable.OPENAI, refusal.reason());
    int status = form.status();
    if (refusal.reason() == RefusalReason.BUDGET_EXHAUSTED) {
      status = isOfficialSdk(head) ? RefusalTable.BUDGET_STATUS_FOR_OPENAI_SDKS : status;
      status = pinnedStatus > 0 ? pinnedStatus : status;
    }
    HttpHeaders headers = openAiHeaders(exchangeId);
    retry(headers, refusal);
    RateHeaders.put(headers, "openai", refusal.rates());
    ObjectNode body =
        ErrorJson.openAi(refusal.message(), form.type(), refusal.param(), form.code());
    return new Answer(status, headers, ErrorJson.bytes(body));
  }

  /**
   * An exhausted budget as Codex takes it: it asks once, and tells the person the sentence of the
   * header and when to come back. Any other status makes it send the request five times more.
   */
  static Answer codex(Refusal refusal, String exchangeId) {
    RefusalForm form = RefusalTable.CODEX_BUDGET;
    HttpHeaders headers = openAiHeaders(exchangeId);
    retry(headers, refusal);
    headers.set("x-codex-promo-message", sentence(refusal.message()));
    ObjectNode body = ErrorJson.openAi(refusal.message(), form.type(), null, form.code());
    Instant resetsAt = refusal.resetsAt();
    if (resetsAt != null) {
      ((ObjectNode) body.get("error")).put("resets_at", resetsAt.getEpochSecond());
    }
    return new Answer(form.status(), headers, ErrorJson.bytes(body));
  }

  /** The message as a header may hold it, without its full stop: the client goes on behind it. */
  private static String sentence(String message) {
    String plain = NOT_ASCII.matcher(message).replaceAll("?");
    return plain.endsWith(".") ? plain.substring(0, plain.length() - 1) : plain;
  }

  static Answer anthropic(Refusal refusal, String exchangeId, int pinnedStatus) {
    RefusalForm form = RefusalTable.in(RefusalTable.ANTHROPIC, refusal.reason());
    boolean pinned = refusal.reason() == RefusalReason.BUDGET_EXHAUSTED && pinnedStatus > 0;
    HttpHeaders headers = anthropicHeaders(exchangeId);
    retry(headers, refusal);
    RateHeaders.put(headers, "anthropic", refusal.rates());
    ObjectNode body = ErrorJson.anthropic(refusal.message(), form.type(), exchangeId);
    return new Answer(pinned ? pinnedStatus : form.status(), headers, ErrorJson.bytes(body));
  }

  static HttpHeaders openAiHeaders(String exchangeId) {
    return json().set("x-request-id", exchangeId).set(EXCHANGE_ID, exchangeId);
  }

  static HttpHeaders anthropicHeaders(String exchangeId) {
    return json().set("request-id", exchangeId).set(EXCHANGE_ID, exchangeId);
  }

  private static HttpHeaders json() {
    return new DefaultHttpHeaders().set(HttpHeaderNames.CONTENT_TYPE, "application/json");
  }

  static void retry(HttpHeaders headers, Refusal refusal) {
    Duration wait = refusal.retryAfter();
    if (!RefusalTable.passes(refusal.reason())) {
      headers.set("x-should-retry", "false");
    }
    if (wait != null && refusal.reason() != RefusalReason.BUDGET_EXHAUSTED) {
      headers.set(HttpHeaderNames.RETRY_AFTER, seconds(wait));
    }
  }

  /** Whole seconds, rounded up, within what every client waits out. */
  static long seconds(Duration wait) {
    return Math.max(1, Math.min(MAX_RETRY_AFTER_SECONDS, secondsUp(wait)));
  }

  static long secondsUp(Duration wait) {
    return wait.getNano() > 0 ? wait.getSeconds() + 1 : wait.getSeconds();
  }

  /** Whether the client is an official SDK, which obeys {@code x-should-retry}. */
  private static boolean isOfficialSdk(RequestHead head) {
    Iterator<Map.Entry<CharSequence, CharSequence>> all = head.headers().iteratorCharSequence();
    while (all.hasNext()) {
      CharSequence name = all.next().getKey();
      if (AsciiString.regionMatches(
          name, true, 0, SDK_HEADER_PREFIX, 0, SDK_HEADER_PREFIX.length())) {
        return true;
      }
    }
    return false;
  }

  /** A fault in OpenAI's form. */
  static Answer openAiFault(int status, String code, String message, String exchangeId) {
    String type = status >= 500 ? "server_error" : "invalid_request_error";
    return new Answer(
        status,
        openAiHeaders(exchangeId),
        ErrorJson.bytes(ErrorJson.openAi(message, type, null, code)));
  }

  /** A fault in Anthropic's form, whose type follows from the status. */
  static Answer anthropicFault(int status, String message, String exchangeId) {
    String type =
        switch (status) {
          case 401 -> "authentication_error";
          case 403 -> "permission_error";
          case 404 -> "not_found_error";
          case 413 -> "request_too_large";
          case 429 -> "rate_limit_error";
          case 504 -> "timeout_error";
          case 529 -> "overloaded_error";
          default -> status >= 500 ? "api_error" : "invalid_request_error";
        };
    return new Answer(
        status,
        anthropicHeaders(exchangeId),
        ErrorJson.bytes(ErrorJson.anthropic(message, type, exchangeId)));
  }
}
