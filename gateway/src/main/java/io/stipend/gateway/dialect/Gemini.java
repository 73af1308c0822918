package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.gateway.http.FieldNames;
import io.stipend.gateway.server.RequestHead;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The Gemini API of Google's developers. The model stands in the path, and so does whether the
 * answer streams. Its sister {@link GeminiCountTokens} shares all but what it costs, {@link
 * GeminiEmbeddings} all but bodies and answers; {@link VertexGemini} has other paths.
 */
class Gemini implements Dialect {
  static final String VENDOR = "gemini";
  static final String STREAM = ":streamGenerateContent";
  private static final List<String> VERSIONS = List.of("v1beta", "v1", "v1alpha");

  private final String id;
  private final String vendor;
  private final List<String> paths;
  private final boolean metered;

  Gemini() {
    this(VENDOR, true, ":generateContent", STREAM);
  }

  Gemini(String id, boolean metered, String... methods) {
    this(id, VENDOR, metered, paths(methods));
  }

  Gemini(String id, String vendor, boolean metered, List<String> paths) {
    this.id = id;
    this.vendor = vendor;
    this.paths = paths;
    this.metered = metered;
  }

  private static List<String> paths(String... methods) {
    List<String> all = new ArrayList<>();
    for (String version : VERSIONS) {
      for (String method : methods) {
        all.add("/" + version + "/models/" + ModelPath.ANY + method);
      }
    }
    return List.copyOf(all);
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

  @Override
  public Peek peek(RequestHead head, ByteBuf body) {
    try {
      ModelPath path = ModelPath.named(head);
      check(head);
      boolean stream = path.method().equals(STREAM);
      GeminiBody.Read read = GeminiBody.read(id, vendor, path.model(), stream, metered, body);
      return new Peeked(read.call(), read.marks(), HeaderRules.labels(head.headers()));
    } catch (BadBody e) {
      return new Unreadable(e.refusal());
    }
  }

  void check(RequestHead head) throws BadBody {
    GeminiQuery.check(head.query());
  }

  @Override
  public ByteBuf edit(ByteBuf body, Peeked peeked, Edit edit) {
    return GeminiBody.edit(body, (GeminiBody.Marks) peeked.marks(), edit);
  }

  @Override
  public String target(RequestHead head, Edit edit) {
    String model = edit.model();
    return (model == null ? head.path() : ModelPath.named(head).with(model)) + head.query();
  }

  @Override
  public void authorize(HttpHeaders headers, String providerKey) {
    headers.set(FieldNames.X_GOOG_API_KEY, providerKey);
  }

  @Override
  public AnswerReader reader(Peeked peeked, boolean sse, ReaderLimits limits) {
    int choices = peeked.call().choices();
    Units asked = peeked.call().maxUnits();
    if (sse) {
      return new GeminiStream(choices, asked, limits);
    }
    return peeked.call().stream()
        ? new GeminiArray(choices, asked, limits)
        : new WholeBody(Gemini::report, "usageMetadata", "modelVersion", BodyWatch.grounding());
  }

  static @Nullable UsageReport report(
      JsonNode usage, @Nullable String model, @Nullable String tier, long textBytes) {
    GeminiUsage read = GeminiUsage.of(usage);
    return read == null ? null : read.report(model, textBytes);
  }

  @Override
  public final Answer refuse(
      Refusal refusal, RequestHead head, String exchangeId, int pinnedStatus) {
    return GeminiErrors.refusal(refusal, head, exchangeId, pinnedStatus);
  }

  @Override
  public final Answer fault(int status, String code, String message, String exchangeId) {
    return GeminiErrors.fault(status, message, exchangeId);
  }

  @Override
  public final RefusalForm form(RefusalReason reason) {
    return RefusalTable.in(RefusalTable.GEMINI, reason);
  }
}
