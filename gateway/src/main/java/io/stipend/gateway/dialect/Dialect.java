package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.gateway.server.RequestHead;
import io.stipend.policy.ModelCall;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import io.stipend.policy.budget.Budgets.AccountBalance;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The wire format of one API. Stateless and safe for use by any thread. */
public interface Dialect {
  /** The content type of server-sent events. */
  String EVENT_STREAM = "text/event-stream";

  /** Its id in the ledger, such as {@code openai-chat}. */
  String id();

  /**
   * Whose it is: {@code openai}, {@code azure}, {@code anthropic}, {@code gemini}, {@code bedrock}
   * or {@code vertex}.
   */
  String vendor();

  /**
   * The exact paths, all POST, that it serves; {@code *} stands for the name of a model where the
   * path names one.
   */
  List<String> paths();

  /**
   * Reads what policy needs from the body, in one scan.
   *
   * @param body the whole body; not consumed, not released
   * @return what is asked, or why it cannot be
   */
  Peek peek(RequestHead head, ByteBuf body);

  /**
   * The body with the fields that policy must set, edited in place; every other byte as it came.
   *
   * @param body the body that was peeked; ownership passes to the result
   */
  ByteBuf edit(ByteBuf body, Peeked peeked, Edit edit);

  /** The target to send upstream: the client's own, with another model where the path names one. */
  default String target(RequestHead head, Edit edit) {
    return head.path() + head.query();
  }

  /** Sets the provider's credential, after every client credential was removed. */
  void authorize(HttpHeaders headers, String providerKey);

  /** Whether an answer of this content type is a stream of this dialect. */
  default boolean isStream(String contentType) {
    return contentType.regionMatches(true, 0, EVENT_STREAM, 0, EVENT_STREAM.length());
  }

  /**
   * A reader for the answer of one attempt.
   *
   * @param peeked the request
   * @param sse whether the answer is a stream by its content type
   * @param limits bounds on what it keeps
   */
  AnswerReader reader(Peeked peeked, boolean sse, ReaderLimits limits);

  /** Whether the provider keeps the answer, so that it can be asked for by its id later. */
  default boolean keeps(Peeked peeked) {
    return false;
  }

  /** The id of an earlier answer that the request goes on from, or is about; null if of none. */
  default @Nullable String goesOnFrom(Peeked peeked) {
    return null;
  }

  /** Tells of the tightest account in headers that this dialect's clients show; most have none. */
  default void tell(HttpHeaders headers, AccountBalance tightest) {}

  /**
   * A refusal in this dialect and for this client.
   *
   * @param exchangeId becomes the request id
   * @param pinnedStatus a status that the quota file sets for budget refusals of this route; 0 if
   *     none
   */
  Answer refuse(Refusal refusal, RequestHead head, String exchangeId, int pinnedStatus);

  /** A fault that is nobody's policy, such as a provider that cannot be reached. */
  Answer fault(int status, String code, String message, String exchangeId);

  /** Which status and words each reason has here; for the table in the docs. */
  RefusalForm form(RefusalReason reason);

  /** The answer to {@link #peek}. */
  sealed interface Peek {}

  /**
   * A request that can be decided on.
   *
   * @param call what it asks
   * @param marks where the fields that may be edited stand, known to the dialect alone
   * @param labels what headers or body say of the agent that asks
   */
  record Peeked(ModelCall call, Object marks, Labels labels) implements Peek {}

  /** A request that is refused for what its body says. */
  record Unreadable(Refusal refusal) implements Peek {}

  /**
   * What policy sets in a body.
   *
   * @param model the model's name at the provider; null leaves what stands
   * @param outputCap the output cap per choice; -1 leaves what stands
   * @param continuousUsage whether a stream is asked to say its usage with every chunk
   */
  record Edit(@Nullable String model, long outputCap, boolean continuousUsage) {
    /** One that leaves usage where it comes. */
    public Edit(@Nullable String model, long outputCap) {
      this(model, outputCap, false);
    }
  }

  /**
   * A whole answer.
   *
   * @param status HTTP status
   * @param headers all headers but framing
   * @param body UTF-8 JSON
   */
  record Answer(int status, HttpHeaders headers, ByteBuf body) {}

  /**
   * The words of one refusal.
   *
   * @param status HTTP status
   * @param type the dialect's error type
   * @param code the error code; null where the dialect has none
   */
  record RefusalForm(int status, String type, @Nullable String code) {}

  /**
   * Bounds of a reader.
   *
   * @param eventBytes the longest event of a stream
   * @param jsonDepth the deepest nesting of JSON
   */
  record ReaderLimits(int eventBytes, int jsonDepth) {}
}
