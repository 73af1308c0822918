package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.stipend.gateway.dialect.EventScan.Found;
import io.stipend.metering.Meter;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the chunks of one Gemini answer say, whether they come as events or as elements of a list.
 * Nearly every chunk carries the usage so far: a running snapshot, of which the last counts. An
 * answer is complete when each of its candidates gave a reason to finish, or the prompt was
 * blocked.
 */
final class GeminiChunks {
  private static final int MAX_ECHO_BYTES = CallFields.MAX_MODEL_LENGTH;
  private static final int MAX_CANDIDATES = 1_024;

  /** The most searches of one answer that are told apart. */
  private static final int MAX_SEARCHES = 1_024;

  // How deep the values of a chunk stand.
  private static final int TOP = 1;
  private static final int IN_TOP = 2;
  private static final int CANDIDATE = 3;
  private static final int IN_CANDIDATE = 4;
  private static final int PART = 6;

  private static final byte[] CANDIDATES = EventScan.key("candidates");
  private static final byte[] CONTENT = EventScan.key("content");
  private static final byte[] INDEX = EventScan.key("index");
  private static final byte[] FINISH = EventScan.key("finishReason");
  private static final byte[] USAGE = EventScan.key("usageMetadata");
  private static final byte[] GROUNDING = EventScan.key("groundingMetadata");

  /** Searches that an answer is grounded on, as strings. */
  static final byte[] QUERIES = EventScan.key("webSearchQueries");

  /** Searches for images, which cost the same. */
  static final byte[] IMAGE_QUERIES = EventScan.key("imageSearchQueries");

  private static final byte[] FEEDBACK = EventScan.key("promptFeedback");
  private static final byte[] BLOCKED = EventScan.key("blockReason");
  private static final byte[] MODEL = EventScan.key("modelVersion");
  private static final byte[] ID = EventScan.key("responseId");
  private static final byte[] ARGUMENTS = EventScan.key("args");

  /** Keys whose strings are generated text, inside a part. */
  private static final byte[][] TEXT = EventScan.keys("text", "name", "code", "output");

  private final int choices;
  private final Units asked;
  private final TextSeen seen;
  private final EventScan scan;
  private final BitSet begun = new BitSet();
  private final BitSet finished = new BitSet();
  private String model = "";
  private String id = "";
  private @Nullable GeminiUsage usage;
  private boolean overtaken;
  private boolean blocked;

  /** The searches that chunks named: a later one may repeat what an earlier one said, or add. */
  private final Set<String> searches = new HashSet<>();

  // What the chunk under way holds.
  private boolean inCandidates;
  private boolean inGrounding;
  private boolean inQueries;
  private boolean forImages;
  private boolean hasText;
  private int usageFrom;
  private int usageTo;
  private int index;
  private boolean finish;
  private boolean candidateText;

  /**
   * @param choices candidates that were asked for
   * @param asked the most searches that the request is held for
   * @param seen takes the text
   */
  GeminiChunks(int choices, Units asked, TextSeen seen, Dialect.ReaderLimits limits) {
    this.choices = choices;
    this.asked = asked;
    this.seen = seen;
    this.scan = new EventScan(limits.jsonDepth());
  }

  /** One chunk arrived whole. */
  void take(byte[] bytes, int from, int to) {
    final boolean ended = complete();
    inCandidates = false;
    inGrounding = false;
    inQueries = false;
    hasText = false;
    usageFrom = -1;
    scan.over(bytes, from, to);
    for (Found found = scan.next(); found != Found.END; found = scan.next()) {
      if (found == Found.OPEN) {
        opened(bytes);
      } else if (found == Found.CLOSE) {
        closed();
      } else {
        value(found, bytes);
      }
    }
    if (hasText) {
      seen.event();
      overtaken = true;
    }
    if (usageFrom >= 0) {
      JsonNode node = UsageJson.object(bytes, usageFrom, usageTo);
      GeminiUsage read = node == null ? null : GeminiUsage.of(node);
      GeminiUsage last = usage;
      // Behind an end that told of usage another one takes nothing back.
      boolean settled = ended && !overtaken;
      usage = read == null ? last : last != null && settled ? read.noLessThan(last) : read;
      overtaken &= read == null;
    }
  }

  private void opened(byte[] bytes) {
    int depth = scan.depth();
    if (depth == IN_TOP && scan.keyIs(USAGE) && scan.isObject()) {
      usageFrom = scan.start();
      scan.skip();
      usageTo = scan.end();
    } else if (depth == IN_TOP) {
      inCandidates = scan.keyIs(CANDIDATES);
      if (!inCandidates && !scan.keyIs(FEEDBACK)) {
        scan.skip();
      }
    } else if (inCandidates && depth == CANDIDATE) {
      index = 0;
      finish = false;
      candidateText = false;
    } else if (inCandidates && depth == IN_CANDIDATE) {
      inGrounding = scan.keyIs(GROUNDING);
      if (!inGrounding && !scan.keyIs(CONTENT)) {
        // What is beside the content repeats it or tells about it.
        scan.skip();
      }
    } else if (inGrounding) {
      forImages = scan.keyIs(IMAGE_QUERIES);
      inQueries = forImages || scan.keyIs(QUERIES);
      if (!inQueries) {
        scan.skip();
      }
    } else if (inCandidates && depth > PART && scan.keyIs(ARGUMENTS)) {
      int from = scan.start();
      scan.skip();
      text(bytes, from, scan.end(), false);
    }
  }

  private void closed() {
    inQueries &= scan.depth() > IN_CANDIDATE;
    inGrounding &= scan.depth() >= IN_CANDIDATE;
    if (inCandidates && scan.depth() == CANDIDATE - 1) {
      begun.set(index);
      finished.set(index, finish || (finished.get(index) && !candidateText));
    } else if (scan.depth() == TOP) {
      inCandidates = false;
    }
  }

  private void value(Found found, byte[] bytes) {
    boolean string = found == Found.STRING && scan.end() > scan.start();
    int depth = scan.depth();
    if (inGrounding) {
      if (string && inQueries && searches.size() < MAX_SEARCHES) {
        // The length tells long ones apart that begin alike.
        int length = scan.end() - scan.start();
        searches.add((forImages ? "image " : "web ") + length + scan.text(MAX_ECHO_BYTES));
      }
    } else if (inCandidates && depth == CANDIDATE) {
      if (found == Found.LITERAL && scan.keyIs(INDEX)) {
        long at = scan.number();
        index = at < 0 || at >= MAX_CANDIDATES ? 0 : (int) at;
      }
      finish |= string && scan.keyIs(FINISH);
    } else if (inCandidates && string && depth >= PART && scan.keyIn(TEXT)) {
      text(bytes, scan.start(), scan.end(), scan.escaped());
    } else if (string && depth == TOP && model.isEmpty() && scan.keyIs(MODEL)) {
      model = scan.text(MAX_ECHO_BYTES);
    } else if (string && depth == TOP && id.isEmpty() && scan.keyIs(ID)) {
      id = scan.text(MAX_ECHO_BYTES);
    } else if (string && depth == IN_TOP && !inCandidates) {
      blocked |= scan.keyIs(BLOCKED);
    }
  }

  private void text(byte[] bytes, int from, int to, boolean escaped) {
    if (to > from) {
      hasText = true;
      candidateText = true;
      seen.add(bytes, from, to, escaped);
    }
  }

  @Nullable UsageReport usage() {
    GeminiUsage last = usage;
    return last == null ? null : last.report(model(), seen.bytes()).and(units());
  }

  /** Searches are named where an answer ends: until then it may have made all of them. */
  Units units() {
    long most = complete() ? 0 : asked.of(Meter.WEB_SEARCH);
    return Units.of(Meter.WEB_SEARCH, Math.max(searches.size(), most));
  }

  @Nullable UsageReport inputOnly() {
    GeminiUsage last = usage;
    return last == null ? null : last.inputReport(model());
  }

  boolean complete() {
    return blocked || finished.cardinality() >= choices;
  }

  /** Usage comes from the first chunk on and says nothing of the end: a finish does. */
  boolean mayEnd() {
    return blocked || !finished.isEmpty();
  }

  boolean overtaken() {
    return overtaken;
  }

  @Nullable String model() {
    return model.isEmpty() ? null : model;
  }

  /** The last chunk of an answer that ends here for its length. */
  String cut(long inputTokens, long outputTokens) {
    ObjectNode chunk = ErrorJson.object();
    ArrayNode candidates = chunk.putArray("candidates");
    if (begun.isEmpty()) {
      begun.set(0);
    }
    for (int i = begun.nextSetBit(0); i >= 0; i = begun.nextSetBit(i + 1)) {
      if (!finished.get(i)) {
        ObjectNode candidate = candidates.addObject();
        ObjectNode content = candidate.putObject("content");
        content.putArray("parts").addObject().put("text", "");
        content.put("role", "model");
        candidate.put("finishReason", "MAX_TOKENS").put("index", i);
      }
    }
    chunk
        .putObject("usageMetadata")
        .put("promptTokenCount", inputTokens)
        .put("candidatesTokenCount", outputTokens)
        .put("totalTokenCount", inputTokens + outputTokens);
    return ErrorJson.text(chunk.put("modelVersion", model).put("responseId", id));
  }
}
