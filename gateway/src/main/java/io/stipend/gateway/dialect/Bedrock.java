package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import io.stipend.gateway.server.RequestHead;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * One of the APIs of Amazon Bedrock's runtime. The model stands in the path, and so does whether
 * the answer streams; a stream comes in the binary frames of AWS. A request is signed on its way,
 * or carries a key as bearer.
 */
abstract class Bedrock implements Dialect {
  static final String VENDOR = "bedrock";

  /** What follows names a model, up to the next slash. */
  static final String MODELS = "/model/";

  /** How a stream comes, by its type. */
  static final String FRAMES = "application/vnd.amazon.eventstream";

  private static final String PRICED = "x-amzn-bedrock-";

  /** Of the headers that change what is done or billed, those that change neither. */
  private static final Set<String> UNPRICED =
      Set.of("x-amzn-bedrock-accept", "x-amzn-bedrock-content-type", "x-amzn-bedrock-trace");

  private final String id;
  private final String whole;
  private final String stream;

  /**
   * @param whole how a path ends whose answer comes at once
   * @param stream how one ends whose answer streams
   */
  Bedrock(String id, String whole, String stream) {
    this.id = id;
    this.whole = whole;
    this.stream = stream;
  }

  /** Both of them. */
  static List<Dialect> all() {
    return List.of(new BedrockConverse(), new BedrockInvoke());
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
    return List.of(MODELS + ModelPath.ANY + whole, MODELS + ModelPath.ANY + stream);
  }

  @Override
  public final Peek peek(RequestHead head, ByteBuf body) {
    try {
      check(head);
      ModelPath path = ModelPath.named(head);
      return peek(head, path.model(), path.method().equals(stream), body);
    } catch (BadBody e) {
      return new Unreadable(e.refusal());
    }
  }

  abstract Peeked peek(RequestHead head, String model, boolean streams, ByteBuf body)
      throws BadBody;

  private static void check(RequestHead head) throws BadBody {
    if (head.query().length() > 1) {
      throw BadBody.field("query", BodyScan.shown(head.query()), "none; Bedrock's paths have none");
    }
    Iterator<Map.Entry<CharSequence, CharSequence>> all = head.headers().iteratorCharSequence();
    while (all.hasNext()) {
      CharSequence name = all.next().getKey();
      if (AsciiString.regionMatches(name, true, 0, PRICED, 0, PRICED.length())
          && !UNPRICED.contains(name.toString().toLowerCase(Locale.ROOT))) {
        throw BadBody.unserved(
            BodyScan.shown(name.toString()),
            "guardrails, tiers and latencies of a header have prices that are not metered here");
      }
    }
  }

  /** The path anew, as the SDKs of AWS write it: a colon in a name is escaped. */
  @Override
  public final String target(RequestHead head, Edit edit) {
    ModelPath path = ModelPath.named(head);
    String model = edit.model();
    return path.with(model == null ? path.model() : model);
  }

  @Override
  public final void authorize(HttpHeaders headers, String providerKey) {
    headers.set(HttpHeaderNames.AUTHORIZATION, "Bearer " + providerKey);
  }

  @Override
  public final boolean isStream(String contentType) {
    return contentType.regionMatches(true, 0, FRAMES, 0, FRAMES.length());
  }

  @Override
  public final Answer refuse(
      Refusal refusal, RequestHead head, String exchangeId, int pinnedStatus) {
    return BedrockErrors.refusal(refusal, exchangeId, pinnedStatus);
  }

  @Override
  public final Answer fault(int status, String code, String message, String exchangeId) {
    return BedrockErrors.fault(status, message, exchangeId);
  }

  @Override
  public final RefusalForm form(RefusalReason reason) {
    return RefusalTable.in(BedrockErrors.FORMS, reason);
  }
}
