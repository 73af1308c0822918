package io.stipend.gateway.dialect;

import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The fields of interest in an object of a Google API, which takes each name in two spellings: as
 * JSON writes it and as its protocol buffer does, {@code maxOutputTokens} and {@code
 * max_output_tokens}.
 */
final class ProtoNames {
  private final Map<String, String> bySpelling = new HashMap<>();

  private ProtoNames(String... names) {
    for (String name : names) {
      bySpelling.put(name, name);
      bySpelling.put(snake(name), name);
    }
  }

  /** These names, given in the spelling of JSON. */
  static ProtoNames of(String... names) {
    return new ProtoNames(names);
  }

  private static String snake(String name) {
    return name.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }

  /** The name in the spelling of JSON; one of no interest as it stands. */
  String canonical(String spelling) {
    return bySpelling.getOrDefault(spelling, spelling);
  }

  /**
   * Reads the object at which the scan stands; fields are told in the spelling of JSON. Both
   * spellings in one object are refused, as two readers could take different ones.
   */
  void object(BodyScan scan, String path, BodyScan.Fields fields) throws IOException, BadBody {
    scan.object(path, bySpelling.keySet(), once(path, fields));
  }

  /** Reads the root object in the same way; tells the offset after its opening brace. */
  int root(BodyScan scan, BodyScan.Fields fields) throws IOException, BadBody {
    return scan.root(bySpelling.keySet(), once("", fields));
  }

  private BodyScan.Fields once(String path, BodyScan.Fields fields) {
    Set<String> seen = new HashSet<>();
    return spelling -> {
      String name = bySpelling.get(spelling);
      if (name != null && !seen.add(name)) {
        throw BadBody.field(path + spelling, "stands in both spellings", "each name once");
      }
      fields.field(name == null ? spelling : name);
    };
  }
}
