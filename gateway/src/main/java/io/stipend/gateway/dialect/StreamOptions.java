package io.stipend.gateway.dialect;

import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The field {@code stream_options} of Chat Completions and of Completions: without its {@code
 * include_usage} a stream says no usage at all, so it is asked for upstream.
 */
final class StreamOptions {
  static final String NAME = "stream_options";
  private static final String INCLUDE_USAGE = "include_usage";

  /** By it vLLM says its usage with every chunk; for all others it is an unknown field. */
  private static final String CONTINUOUS = "continuous_usage_stats";

  private static final Set<String> NAMES = Set.of(INCLUDE_USAGE, CONTINUOUS);

  /**
   * What stands in the body.
   *
   * @param unset the whole field, where it is a JSON null
   * @param open offset after its opening brace; -1 if it is no object
   * @param empty whether that object has no field
   * @param includeUsage the value of {@code include_usage}
   * @param usageAsked whether the client asked for usage in the stream
   * @param continuous the value of {@code continuous_usage_stats}
   */
  record Marks(
      @Nullable Span unset,
      int open,
      boolean empty,
      @Nullable Span includeUsage,
      boolean usageAsked,
      @Nullable Span continuous) {
    static final Marks NONE = new Marks(null, -1, true, null, false, null);

    /**
     * Asks for usage, whatever the client did; all else that the object says stays.
     *
     * @param bodyOpen offset after the body's opening brace
     * @param often whether with every chunk
     */
    void askForUsage(Splices splices, int bodyOpen, boolean often) {
      StringBuilder more = new StringBuilder();
      if (includeUsage == null) {
        more.append('"').append(INCLUDE_USAGE).append("\":true");
      } else if (!usageAsked) {
        splices.replace(includeUsage, "true");
      }
      if (often && continuous != null) {
        splices.replace(continuous, "true");
      } else if (often) {
        more.append(more.isEmpty() ? "\"" : ",\"").append(CONTINUOUS).append("\":true");
      }
      String asked = more.toString();
      if (asked.isEmpty()) {
        return;
      }
      if (open >= 0) {
        splices.insert(open, empty ? asked : asked + ",");
      } else if (unset != null) {
        splices.replace(unset, "{" + asked + "}");
      } else {
        splices.insert(bodyOpen, "\"" + NAME + "\":{" + asked + "},");
      }
    }
  }

  private final BodyScan scan;
  private boolean empty = true;
  private @Nullable Span includeUsage;
  private boolean usageAsked;
  private @Nullable Span continuous;

  private StreamOptions(BodyScan scan) {
    this.scan = scan;
  }

  /** Reads the value at which the scan stands. */
  static Marks read(BodyScan scan) throws IOException, BadBody {
    return new StreamOptions(scan).read();
  }

  private Marks read() throws IOException, BadBody {
    if (scan.isNull()) {
      return new Marks(scan.span(), -1, true, null, false, null);
    }
    if (scan.token() != JsonToken.START_OBJECT) {
      throw BadBody.field(NAME, scan.shownValue(), "an object");
    }
    final int open = scan.here();
    scan.object(NAME + ".", NAMES, this::field);
    return new Marks(null, open, empty, includeUsage, usageAsked, continuous);
  }

  private void field(String name) throws IOException, BadBody {
    empty = false;
    if (name.equals(INCLUDE_USAGE)) {
      usageAsked = scan.bool(NAME + "." + INCLUDE_USAGE);
      includeUsage = scan.span();
    } else if (name.equals(CONTINUOUS)) {
      scan.bool(NAME + "." + CONTINUOUS);
      continuous = scan.span();
    } else {
      scan.skip();
    }
  }
}
