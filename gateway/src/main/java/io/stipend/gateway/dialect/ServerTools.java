package io.stipend.gateway.dialect;

import com.fasterxml.jackson.core.JsonToken;
import io.stipend.metering.Meter;
import io.stipend.metering.Units;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The tools of a request that its provider runs itself. A search of the web has a price per use and
 * a bound in the body; whatever costs otherwise, or without a bound, is refused by its name.
 */
final class ServerTools {
  /** Searches that one answer may make where the request does not say how many. */
  static final long USUAL_SEARCHES = 10;

  /** The most that a request may say. */
  static final long MOST_USES = 1_000_000;

  /** How often one tool of Messages may be used. */
  static final String MAX_USES = "max_uses";

  private static final String TOOLS = "tools";
  private static final String SEARCH = "web_search";
  private static final String PREVIEW = "web_search_preview";
  private static final String TYPE = "type";
  private static final String ENVIRONMENT = "environment";
  private static final Set<String> NAMES = Set.of(TYPE, MAX_USES, ENVIRONMENT);
  private static final Set<String> ENVIRONMENT_NAMES = Set.of(TYPE);

  /** Runs at the client, or in a container of the provider that has a price by its time. */
  private static final String SHELL = "shell";

  /** Where a shell runs that costs nothing. */
  private static final String LOCAL = "local";

  /**
   * A search whose tool does not say how often it may run.
   *
   * @param at after the opening brace of the tool
   * @param unset the JSON null that says so; null if the field is not there
   */
  record Unbounded(int at, @Nullable Span unset) {
    /** Writes the bound into the tool. */
    void bind(Splices splices) {
      if (unset == null) {
        splices.insert(at, "\"" + MAX_USES + "\":" + USUAL_SEARCHES + ",");
      } else {
        splices.replace(unset, Long.toString(USUAL_SEARCHES));
      }
    }
  }

  private final BodyScan scan;
  private final List<String> refused;
  private final List<Unbounded> unbounded = new ArrayList<>();
  private final List<String> searches = new ArrayList<>();
  private long uses;

  /**
   * @param refused how the types of tools begin that are refused
   */
  ServerTools(BodyScan scan, List<String> refused) {
    this.scan = scan;
    this.refused = refused;
  }

  /** Reads the list of tools at which the scan stands. */
  void read() throws IOException, BadBody {
    if (scan.token() != JsonToken.START_ARRAY) {
      scan.skip();
      return;
    }
    while (scan.parser().nextToken() != JsonToken.END_ARRAY) {
      if (scan.token() == JsonToken.START_OBJECT) {
        tool();
      } else {
        scan.skip();
      }
    }
  }

  private void tool() throws IOException, BadBody {
    Tool tool = new Tool(scan.start() + 1);
    scan.object(TOOLS + ".", NAMES, tool::field);
    String type = tool.type;
    if (SHELL.equals(type) && tool.hosted && !refused.isEmpty()) {
      throw BadBody.unserved(
          TOOLS,
          "a shell in a container of the provider costs by its time, which is not metered here"
              + " (expected: environment.type \"local\")");
    }
    if (type == null || !type.startsWith(SEARCH)) {
      return;
    }
    searches.add(type.startsWith(PREVIEW) ? PREVIEW : SEARCH);
    uses = Math.min(MOST_USES, uses + (tool.uses < 0 ? USUAL_SEARCHES : tool.uses));
    if (tool.uses < 0) {
      unbounded.add(new Unbounded(tool.at, tool.unset));
    }
  }

  /** One tool as it is read. */
  private final class Tool {
    private final int at;
    private @Nullable String type;
    private @Nullable Span unset;
    private long uses = -1;
    private boolean hosted;

    Tool(int at) {
      this.at = at;
    }

    void field(String name) throws IOException, BadBody {
      if (name.equals(MAX_USES)) {
        unset = scan.isNull() ? scan.span() : null;
        uses = scan.integer(TOOLS + "." + MAX_USES, 1, MOST_USES, -1);
        return;
      }
      if (name.equals(ENVIRONMENT) && scan.token() == JsonToken.START_OBJECT) {
        environment();
        return;
      }
      String word = name.equals(TYPE) ? scan.shortText(CallFields.MAX_WORD_LENGTH) : null;
      if (word == null && name.equals(TYPE) && scan.token() == JsonToken.VALUE_STRING) {
        throw BadBody.field(
            TOOLS + "." + TYPE,
            "a long string",
            "at most " + CallFields.MAX_WORD_LENGTH + " characters");
      }
      if (word != null && refused.stream().anyMatch(word::startsWith)) {
        throw BadBody.unserved(
            TOOLS,
            BodyScan.shown(word)
                + " runs at the provider at a cost that is not metered here (expected: web search,"
                + " or tools that the client runs)");
      }
      type = word == null ? type : word;
      scan.skip();
    }

    /** What is not known to run at the client runs at the provider. */
    private void environment() throws IOException, BadBody {
      hosted = true;
      scan.object(
          TOOLS + "." + ENVIRONMENT + ".",
          ENVIRONMENT_NAMES,
          name -> {
            if (name.equals(TYPE)) {
              hosted = !LOCAL.equals(scan.shortText(CallFields.MAX_WORD_LENGTH));
            }
            scan.skip();
          });
    }
  }

  /** Whether the provider may search the web. */
  boolean search() {
    return !searches.isEmpty();
  }

  /** The searches that its tools allow themselves. */
  Units most() {
    return search() ? Units.of(Meter.WEB_SEARCH, uses) : Units.NONE;
  }

  /** At most so many searches, whatever the tools say. */
  Units atMost(long calls) {
    return search() ? Units.of(Meter.WEB_SEARCH, calls) : Units.NONE;
  }

  /** The kind of search, by which its price may differ; null if there are several, or none. */
  @Nullable String kind() {
    String first = search() ? searches.get(0) : null;
    return searches.stream().allMatch(kind -> kind.equals(first)) ? first : null;
  }

  /** The searches whose tools bound nothing. */
  List<Unbounded> unbounded() {
    return List.copyOf(unbounded);
  }
}
