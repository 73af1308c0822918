package io.stipend.gateway.dialect;

import static io.stipend.policy.RefusalReason.*;

import io.stipend.gateway.dialect.Dialect.RefusalForm;
import io.stipend.policy.RefusalReason;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * How each reason to refuse reads in each dialect: the one table, from which {@code
 * docs/refusals.md} is written.
 */
final class RefusalTable {
  /** The status of a budget refusal for the vendor's own SDKs, which obey x-should-retry. */
  static final int BUDGET_STATUS_FOR_OPENAI_SDKS = 429;

  /** The status of a budget refusal for clients of Gemini that repeat every 429. */
  static final int BUDGET_STATUS_FOR_GEMINI_REPEATERS = 402;

  /** A budget refusal for Codex, which repeats a request after nearly any other. */
  static final RefusalForm CODEX_BUDGET =
      new RefusalForm(429, "usage_limit_reached", "usage_limit_reached");

  private static final String INVALID = "invalid_request_error";
  private static final String NO_MODEL = "model_not_found";
  private static final String RATE = "rate_limit_exceeded";
  private static final String ARGUMENT = "INVALID_ARGUMENT";

  /** Refusals that another try a little later may pass; all others say not to retry. */
  private static final Set<RefusalReason> PASSING =
      Collections.unmodifiableSet(
          EnumSet.of(
              REQUEST_RATE,
              TOKEN_RATE,
              CONCURRENCY,
              UPSTREAMS_PAUSED,
              DRAINING,
              LEDGER_UNAVAILABLE));

  static final Map<RefusalReason, RefusalForm> OPENAI = openAi();
  static final Map<RefusalReason, RefusalForm> ANTHROPIC = anthropic();

  static final Map<RefusalReason, RefusalForm> GEMINI = gemini();

  private RefusalTable() {}

  /** Whether the same request can pass a little later. */
  static boolean passes(RefusalReason reason) {
    return PASSING.contains(reason);
  }

  private static Map<RefusalReason, RefusalForm> openAi() {
    Map<RefusalReason, RefusalForm> table = new EnumMap<>(RefusalReason.class);
    table.put(MALFORMED_REQUEST, new RefusalForm(400, INVALID, "malformed_request"));
    table.put(CREDENTIAL_IN_QUERY, new RefusalForm(400, INVALID, "credential_in_query"));
    table.put(DRAINING, new RefusalForm(503, "server_error", "draining"));
    table.put(UNKNOWN_ROUTE, new RefusalForm(404, INVALID, "unknown_url"));
    table.put(METHOD_NOT_ALLOWED, new RefusalForm(405, INVALID, "method_not_supported"));
    table.put(SOURCE_LIMITED, new RefusalForm(429, "rate_limit_error", "source_limited"));
    table.put(BAD_CREDENTIAL, new RefusalForm(401, INVALID, "invalid_api_key"));
    table.put(BODY_TOO_LARGE, new RefusalForm(413, INVALID, "request_too_large"));
    table.put(UNSUPPORTED_ENCODING, new RefusalForm(415, INVALID, "unsupported_encoding"));
    table.put(INVALID_BODY, new RefusalForm(400, INVALID, "invalid_body"));
    table.put(FROZEN, new RefusalForm(403, INVALID, "account_frozen"));
    table.put(UNKNOWN_RESPONSE, new RefusalForm(404, INVALID, "response_not_found"));
    table.put(UNKNOWN_MODEL, new RefusalForm(404, INVALID, NO_MODEL));
    table.put(MODEL_NOT_ALLOWED, new RefusalForm(404, INVALID, NO_MODEL));
    table.put(UNPRICED_MODEL, new RefusalForm(404, INVALID, NO_MODEL));
    table.put(REQUEST_RATE, new RefusalForm(429, "requests", RATE));
    table.put(TOKEN_RATE, new RefusalForm(429, "tokens", RATE));
    table.put(CONCURRENCY, new RefusalForm(429, "requests", RATE));
    table.put(UPSTREAMS_PAUSED, new RefusalForm(429, "requests", RATE));
    table.put(BUDGET_EXHAUSTED, new RefusalForm(402, "insufficient_quota", "insufficient_quota"));
    table.put(LEDGER_UNAVAILABLE, new RefusalForm(503, "server_error", "ledger_unavailable"));
    return complete(table);
  }

  private static Map<RefusalReason, RefusalForm> anthropic() {
    Map<RefusalReason, RefusalForm> table = new EnumMap<>(RefusalReason.class);
    table.put(MALFORMED_REQUEST, new RefusalForm(400, INVALID, null));
    table.put(CREDENTIAL_IN_QUERY, new RefusalForm(400, INVALID, null));
    table.put(DRAINING, new RefusalForm(503, "overloaded_error", null));
    table.put(UNKNOWN_ROUTE, new RefusalForm(404, "not_found_error", null));
    table.put(METHOD_NOT_ALLOWED, new RefusalForm(405, INVALID, null));
    table.put(SOURCE_LIMITED, new RefusalForm(429, "rate_limit_error", null));
    table.put(BAD_CREDENTIAL, new RefusalForm(401, "authentication_error", null));
    table.put(BODY_TOO_LARGE, new RefusalForm(413, "request_too_large", null));
    table.put(UNSUPPORTED_ENCODING, new RefusalForm(415, INVALID, null));
    table.put(INVALID_BODY, new RefusalForm(400, INVALID, null));
    table.put(FROZEN, new RefusalForm(403, "permission_error", null));
    table.put(UNKNOWN_RESPONSE, new RefusalForm(404, "not_found_error", null));
    table.put(UNKNOWN_MODEL, new RefusalForm(404, "not_found_error", null));
    table.put(MODEL_NOT_ALLOWED, new RefusalForm(404, "not_found_error", null));
    table.put(UNPRICED_MODEL, new RefusalForm(404, "not_found_error", null));
    table.put(REQUEST_RATE, new RefusalForm(429, "rate_limit_error", null));
    table.put(TOKEN_RATE, new RefusalForm(429, "rate_limit_error", null));
    table.put(CONCURRENCY, new RefusalForm(429, "rate_limit_error", null));
    table.put(UPSTREAMS_PAUSED, new RefusalForm(429, "rate_limit_error", null));
    table.put(BUDGET_EXHAUSTED, new RefusalForm(402, "billing_error", null));
    table.put(LEDGER_UNAVAILABLE, new RefusalForm(503, "api_error", null));
    return complete(table);
  }

  private static Map<RefusalReason, RefusalForm> gemini() {
    Map<RefusalReason, RefusalForm> table = new EnumMap<>(RefusalReason.class);
    table.put(MALFORMED_REQUEST, new RefusalForm(400, ARGUMENT, null));
    table.put(CREDENTIAL_IN_QUERY, new RefusalForm(400, ARGUMENT, null));
    table.put(DRAINING, new RefusalForm(503, "UNAVAILABLE", null));
    table.put(UNKNOWN_ROUTE, new RefusalForm(404, "NOT_FOUND", null));
    table.put(METHOD_NOT_ALLOWED, new RefusalForm(405, ARGUMENT, null));
    table.put(SOURCE_LIMITED, new RefusalForm(429, "RESOURCE_EXHAUSTED", null));
    table.put(BAD_CREDENTIAL, new RefusalForm(400, ARGUMENT, "API_KEY_INVALID"));
    table.put(BODY_TOO_LARGE, new RefusalForm(413, ARGUMENT, null));
    table.put(UNSUPPORTED_ENCODING, new RefusalForm(415, ARGUMENT, null));
    table.put(INVALID_BODY, new RefusalForm(400, ARGUMENT, null));
    table.put(FROZEN, new RefusalForm(403, "PERMISSION_DENIED", null));
    table.put(UNKNOWN_RESPONSE, new RefusalForm(404, "NOT_FOUND", null));
    table.put(UNKNOWN_MODEL, new RefusalForm(404, "NOT_FOUND", null));
    table.put(MODEL_NOT_ALLOWED, new RefusalForm(404, "NOT_FOUND", null));
    table.put(UNPRICED_MODEL, new RefusalForm(404, "NOT_FOUND", null));
    table.put(REQUEST_RATE, new RefusalForm(429, "RESOURCE_EXHAUSTED", null));
    table.put(TOKEN_RATE, new RefusalForm(429, "RESOURCE_EXHAUSTED", null));
    table.put(CONCURRENCY, new RefusalForm(429, "RESOURCE_EXHAUSTED", null));
    table.put(UPSTREAMS_PAUSED, new RefusalForm(429, "RESOURCE_EXHAUSTED", null));
    table.put(BUDGET_EXHAUSTED, new RefusalForm(429, "RESOURCE_EXHAUSTED", null));
    table.put(LEDGER_UNAVAILABLE, new RefusalForm(503, "UNAVAILABLE", null));
    return complete(table);
  }

  private static Map<RefusalReason, RefusalForm> complete(Map<RefusalReason, RefusalForm> table) {
    if (table.size() != RefusalReason.values().length) {
      throw new IllegalStateException("reasons: " + table.keySet() + " (expected: all)");
    }
    return Collections.unmodifiableMap(table);
  }

  /** One form of the table; every reason has one. */
  static RefusalForm in(Map<RefusalReason, RefusalForm> table, RefusalReason reason) {
    RefusalForm form = table.get(reason);
    if (form == null) {
      throw new IllegalArgumentException("reason: " + reason + " (expected: one of the table)");
    }
    return form;
  }

  private static String row(RefusalReason reason) {
    RefusalForm openAi = in(OPENAI, reason);
    RefusalForm anthropic = in(ANTHROPIC, reason);
    RefusalForm gemini = in(GEMINI, reason);
    RefusalForm bedrock = in(BedrockErrors.FORMS, reason);
    boolean budget = reason == BUDGET_EXHAUSTED;
    return "| `%s` | %d%s `%s` `%s` | %d `%s` | %d%s `%s`%s | %d `%s` | %s |\n"
        .formatted(
            reason.label(),
            openAi.status(),
            budget ? " (" + BUDGET_STATUS_FOR_OPENAI_SDKS + " for SDKs)" : "",
            openAi.type(),
            openAi.code(),
            anthropic.status(),
            anthropic.type(),
            gemini.status(),
            budget ? " (" + BUDGET_STATUS_FOR_GEMINI_REPEATERS + " for some)" : "",
            gemini.type(),
            gemini.code() == null ? "" : " `" + gemini.code() + "`",
            bedrock.status(),
            bedrock.type(),
            passes(reason) ? "later" : "`x-should-retry: false`");
  }

  /** The page of the docs. */
  static String markdown() {
    StringBuilder page =
        new StringBuilder(
            """
            # Refusals

            How the gateway says no, by reason and by the caller's dialect. The reasons stand in order of
            precedence: where several hold, the first is told. This page is written from the code
            (`RefusalTable`) and compared with it in the build.

            | reason | OpenAI: status, type, code | Anthropic: status, type | Gemini: code, status, reason | Bedrock: status, exception | retry |
            | --- | --- | --- | --- | --- | --- |
            """);
    for (RefusalReason reason : RefusalReason.values()) {
      page.append(row(reason));
    }
    return page.append(
            """

            Every refusal is JSON and carries `stipend-exchange-id` and the vendor's request id header
            (`x-request-id`, `request-id`). A client that sends `x-stainless-*` headers, as the official
            OpenAI SDKs do, gets 429 for an exhausted budget, because it obeys `x-should-retry`; all others
            get 402, which their own loops do not repeat. `gateway.refusals` can pin that status per route.
            A budget refusal never carries `retry-after`: several SDKs would sleep for days on it. Gemini's
            carries a `RetryInfo` of the time to the reset and no less than 301 seconds: its CLI tries again
            by itself after anything up to 300, and ends with our message after more. The google-genai SDK for
            Java and the AI SDK (`ai-sdk/` in its User-Agent) repeat every 429 whatever it says: they get 402.
            Gemini's refusals of rate, tokens and concurrency say the same time in `RetryInfo` as in
            `retry-after`, and those of a body name the field in `BadRequest`; Gemini has no rate-limit headers.

            Codex, which repeats a request after nearly any other answer, gets 429 `usage_limit_reached` with
            `resets_at` on `/v1/responses`, and shows the message.

            Bedrock's name their exception in `x-amzn-errortype`. The SDKs of AWS repeat a request after 429, after 500 to
            504 and after the names of throttling: a budget is none of these. A request that is signed with a key of
            AWS is 403 and is told how the gateway's key is sent.

            ## Limits
            Refusals of rate, tokens and concurrency, and those of paused providers, carry `retry-after`, whole
            seconds from 1 to 60 (always 1 for concurrency), and no `x-should-retry`: the official SDKs wait that long and try again. When
            that time is over, every limit that refused has room again, unless others took it meanwhile. A
            request that needs more tokens than a whole minute allows is told so in its message.

            Such a refusal, and every answer to a caller whom a limit binds, shows how the limits stand, in the
            vendor's own headers:

            | | OpenAI | Anthropic |
            | --- | --- | --- |
            | requests | `x-ratelimit-limit-requests`, `x-ratelimit-remaining-requests`, `x-ratelimit-reset-requests` | `anthropic-ratelimit-requests-limit`, `-remaining`, `-reset` |
            | tokens | `x-ratelimit-limit-tokens`, `x-ratelimit-remaining-tokens`, `x-ratelimit-reset-tokens` | `anthropic-ratelimit-tokens-limit`, `-remaining`, `-reset` |
            | form of the reset | seconds, such as `42s` | RFC 3339, such as `2026-03-01T12:00:42Z` |

            Of several limits of one kind the one with the least left is shown, and on a refusal the one that
            refused; as they stood when the call was let in, itself counted. The provider's own headers of a
            kind that is limited here are replaced, because they tell of a key that all callers share; those of
            a kind that is not limited here pass through.
            """)
        .toString();
  }
}
