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
  private static final Set<String> NAMES = Set.of(INCLUDE_USAGE);

  /**
   * What stands in the body.
   *
   * @param unset the whole field, where it is a JSON null
   * @param open offset after its opening brace; -1 if it is no object
   * @param empty whether that object has no field
   * @param includeUsage the value of {@code include_usage}
   * @param usageAsked whether the client asked for usage in the stream
   */
  record Marks(
      @Nullable Span unset,
      int open,
      boolean empty,
      @Nullable Span includeUsage,
      boolean usageAsked) {
    static final Marks NONE = new Marks(null, -1, true, null, false);

    /**
     * Asks for usage, whatever the client did; all else that the object says stays.
     *
     * @param bodyOpen offset after the body's opening brace
     */
    void askForUsage(Splices splices, int bodyOpen) {
      String asked = "\"" + INCLUDE_USAGE + "\":true";
      if (usageAsked) {
        return;
      }
      if (includeUsage != null) {
        splices.replace(includeUsage, "true");
      } else if (open >= 0) {
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

  private StreamOptions(BodyScan scan) {
    this.scan = scan;
  }

  /** Reads the value at which the scan stands. */
  static Marks read(BodyScan scan) throws IOException, BadBody {
    return new StreamOptions(scan).read();
  }

  private Marks read() throws IOException, BadBody {
    if (scan.isNull()) {
      return new Marks(scan.span(), -1, true, null, false);
    }
    if (scan.token() != JsonToken.START_OBJECT) {
      throw BadBody.field(NAME, scan.shownValue(), "an object");
    }
    final int open = scan.here();
    scan.object(NAME + ".", NAMES, this::field);
    return new Marks(null, open, empty, includeUsage, usageAsked);
  }

  private void field(String name) throws IOException, BadBody {
    empty = false;
    if (name.equals(INCLUDE_USAGE)) {
      usageAsked = scan.bool(NAME + "." + INCLUDE_USAGE);
      includeUsage = scan.span();
    } else {
      scan.skip();
    }
  }
}
