package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import io.stipend.gateway.server.RequestHead;
import io.stipend.metering.UsageReport;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import io.stipend.policy.budget.Budgets.AccountBalance;
import io.stipend.policy.budget.Every;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * OpenAI Responses. Its sisters {@link OpenAiInputTokens} and {@link OpenAiCompact} share all but
 * what they are sent for.
 */
class OpenAiResponses extends OpenAiDialect {
  static final String PATH = "/v1/responses";
  private static final String CODEX = "codex";
  private static final AsciiString USED_PERCENT =
      AsciiString.cached("x-codex-primary-used-percent");
  private static final AsciiString WINDOW_MINUTES =
      AsciiString.cached("x-codex-primary-window-minutes");
  private static final AsciiString RESET_AT = AsciiString.cached("x-codex-primary-reset-at");

  private final ResponsesBody.Use use;

  OpenAiResponses() {
    this("openai-responses", PATH, ResponsesBody.Use.ANSWER);
  }

  OpenAiResponses(String id, String path, ResponsesBody.Use use) {
    super(id, path);
    this.use = use;
  }

  /** As Azure serves it. */
  OpenAiResponses(Azure azure) {
    super(azure);
    this.use = ResponsesBody.Use.ANSWER;
  }

  /**
   * What is known of a request.
   *
   * @param body where its fields stand
   * @param codex whether Codex sent it
   */
  private record Marks(ResponsesBody.Marks body, boolean codex) {}

  @Override
  public final Peek peek(RequestHead head, ByteBuf body) {
    try {
      ResponsesBody.Read read = ResponsesBody.read(id(), vendor(), use, body);
      Marks marks = new Marks(read.marks(), isCodex(head));
      return new Peeked(read.call(), marks, HeaderRules.labels(head.headers()));
    } catch (BadBody e) {
      return new Unreadable(e.refusal());
    }
  }

  /** Codex says so in its User-Agent: {@code codex_cli_rs/…}, {@code codex_exec/…}. */
  private static boolean isCodex(RequestHead head) {
    return HeaderRules.clientName(head.headers()).startsWith(CODEX);
  }

  @Override
  public final ByteBuf edit(ByteBuf body, Peeked peeked, Edit edit) {
    return ResponsesBody.edit(body, ((Marks) peeked.marks()).body(), edit);
  }

  @Override
  public final AnswerReader reader(Peeked peeked, boolean sse, ReaderLimits limits) {
    return sse
        ? new ResponsesStream(((Marks) peeked.marks()).codex(), limits)
        : new WholeBody(OpenAiResponses::report, BodyWatch.searches());
  }

  @Override
  public final boolean keeps(Peeked peeked) {
    return ((Marks) peeked.marks()).body().kept();
  }

  @Override
  public final @Nullable String goesOnFrom(Peeked peeked) {
    return ((Marks) peeked.marks()).body().previous();
  }

  private static @Nullable UsageReport report(
      JsonNode usage, @Nullable String model, @Nullable String tier, long textBytes) {
    ResponsesUsage read = ResponsesUsage.of(usage);
    return read == null ? null : read.report(model, tier, textBytes);
  }

  /** As Codex reads them: its status shows how much of the allowance is used, and until when. */
  @Override
  public final void tell(HttpHeaders headers, AccountBalance tightest) {
    headers.set(USED_PERCENT, Integer.toString(tightest.usedPercent()));
    String window = minutes(tightest.rule().every());
    Instant resetsAt = tightest.resetsAt();
    if (window != null && resetsAt != null) {
      headers.set(WINDOW_MINUTES, window);
      headers.set(RESET_AT, Long.toString(resetsAt.getEpochSecond()));
    }
  }

  /** The length of a period, to name it by; null where there is no other. */
  private static @Nullable String minutes(Every every) {
    return switch (every) {
      case DAY -> "1440";
      case WEEK -> "10080";
      case MONTH -> "43200";
      case QUARTER -> "129600";
      case YEAR -> "525600";
      case ONCE -> null;
    };
  }

  @Override
  public final Answer refuse(
      Refusal refusal, RequestHead head, String exchangeId, int pinnedStatus) {
    boolean spent = refusal.reason() == RefusalReason.BUDGET_EXHAUSTED && pinnedStatus == 0;
    return spent && isCodex(head)
        ? Refusals.codex(refusal, exchangeId)
        : super.refuse(refusal, head, exchangeId, pinnedStatus);
  }
}
