package io.stipend.gateway.dialect;

import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.List;

/** Tools that a provider runs itself, at a price per call or hour or with unbounded input. */
final class ServerTools {
  private static final String TOOLS = "tools";

  private ServerTools() {}

  /**
   * Reads the list of tools at which the scan stands, and refuses one that the provider runs.
   *
   * @param kinds how the types of such tools begin
   */
  static void refuse(BodyScan scan, List<String> kinds) throws IOException, BadBody {
    if (scan.token() != JsonToken.START_ARRAY) {
      scan.skip();
      return;
    }
    while (scan.parser().nextToken() != JsonToken.END_ARRAY) {
      if (scan.token() == JsonToken.START_OBJECT) {
        tool(scan, kinds);
      } else {
        scan.skip();
      }
    }
  }

  private static void tool(BodyScan scan, List<String> kinds) throws IOException, BadBody {
    while (scan.parser().nextToken() != JsonToken.END_OBJECT) {
      boolean isType = scan.parser().currentName().equals("type");
      scan.parser().nextToken();
      String type = isType ? scan.shortText(CallFields.MAX_WORD_LENGTH) : null;
      if (type != null && kinds.stream().anyMatch(type::startsWith)) {
        throw BadBody.unserved(
            TOOLS,
            BodyScan.shown(type)
                + " runs at the provider at a cost that is not metered here (expected: tools that"
                + " the client runs)");
      }
      scan.skip();
    }
  }
}
