package io.stipend.gateway.dialect;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The text that Embeddings call {@code input} and Completions {@code prompt}, in the four shapes
 * that OpenAI takes: a string, a list of strings, a list of token ids, a list of lists of token
 * ids. A token id is one token whatever its length in JSON, so ids leave the count of text bytes
 * and are counted themselves.
 */
final class Prompts {
  private static final String EXPECTED =
      "a string, a list of strings, a list of token ids or a list of such lists";

  /** A prompt without text that could be compared: token ids, or the provider's own default. */
  static final Span NO_TEXT = new Span(0, 0);

  private final BodyScan scan;
  private final JsonParser parser;
  private final String param;
  private final int most;
  private final List<Span> kept = new ArrayList<>(1);
  private int count;
  private long ids;
  private long idBytes;

  /**
   * @param param the field that is read
   * @param most the most prompts that are taken, each of which is kept
   */
  Prompts(BodyScan scan, String param, int most) {
    this.scan = scan;
    this.parser = scan.parser();
    this.param = param;
    this.most = most;
  }

  /** How many; an absent field is one, as the provider has a default. */
  int count() {
    return Math.max(1, count);
  }

  /** Where the text of each stands, quotes included; {@link #NO_TEXT} if it has none. */
  List<Span> kept() {
    return kept;
  }

  /** Token ids of all together. */
  long ids() {
    return ids;
  }

  /** Bytes of the body that write them. */
  long idBytes() {
    return idBytes;
  }

  /** Reads the value at which the scan stands. */
  void read() throws IOException, BadBody {
    if (scan.token() == JsonToken.VALUE_STRING) {
      add(scan.span());
    } else if (scan.token() == JsonToken.START_ARRAY) {
      list();
    } else if (!scan.isNull()) {
      throw shape();
    }
  }

  private void list() throws IOException, BadBody {
    int from = scan.here();
    JsonToken first = parser.nextToken();
    if (first == JsonToken.VALUE_NUMBER_INT) {
      ids(from);
      return;
    }
    for (JsonToken at = first; at != JsonToken.END_ARRAY; at = parser.nextToken()) {
      // Of a mixed list nobody says what it means.
      if (at != first) {
        throw shape();
      }
      if (at == JsonToken.VALUE_STRING) {
        add(scan.span());
      } else if (at == JsonToken.START_ARRAY) {
        int inner = scan.here();
        parser.nextToken();
        ids(inner);
      } else {
        throw shape();
      }
    }
  }

  /** One list of ids, from the token after its opening bracket to its closing one. */
  private void ids(int from) throws IOException, BadBody {
    while (scan.token() != JsonToken.END_ARRAY) {
      if (scan.token() != JsonToken.VALUE_NUMBER_INT) {
        throw shape();
      }
      ids++;
      parser.nextToken();
    }
    idBytes += scan.start() - from;
    add(NO_TEXT);
  }

  private void add(Span text) throws BadBody {
    count++;
    if (count > most) {
      throw BadBody.field(param, "too many", "at most " + most);
    }
    kept.add(text);
  }

  private BadBody shape() {
    return BadBody.field(param, scan.shownValue(), EXPECTED);
  }
}
