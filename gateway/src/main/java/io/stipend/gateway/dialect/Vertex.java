package io.stipend.gateway.dialect;

import io.netty.util.AsciiString;
import io.stipend.gateway.server.RequestHead;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the paths of Vertex AI have in common. A client names a project and a place in them, which
 * decide nothing: the provider's own take their place.
 */
final class Vertex {
  static final String VENDOR = "vertex";

  /** Where a project and a place stand; on its way upstream a path is without them. */
  static final String PLACE = "/projects/" + ModelPath.ANY + "/locations/" + ModelPath.ANY;

  private static final List<String> VERSIONS = List.of("/v1", "/v1beta1");
  private static final String PUBLISHERS = "/publishers/";
  private static final String MODELS = "/models/";

  /** Segments before the model: the empty one, and nine with their slashes. */
  private static final int SEGMENTS = 10;

  /** How the headers begin that ask for another kind of traffic. */
  private static final String PRICED = "x-vertex-ai-llm-";

  private Vertex() {}

  /** All that are served. */
  static List<Dialect> all() {
    return List.of(VertexGemini.generating(), VertexGemini.counting(), new VertexAnthropic());
  }

  static List<String> paths(String publisher, String... methods) {
    List<String> all = new ArrayList<>();
    for (String version : VERSIONS) {
      for (String method : methods) {
        all.add(version + PLACE + PUBLISHERS + publisher + MODELS + ModelPath.ANY + method);
      }
    }
    return List.copyOf(all);
  }

  /** Whether a path is one of Vertex AI's. */
  static boolean owns(String path) {
    return VERSIONS.stream().anyMatch(version -> path.startsWith(version + "/projects/"));
  }

  /** The parts of a path, its project and place left open; null if it is none. */
  static @Nullable ModelPath parts(String path) {
    String[] segments = path.split("/", -1);
    int colon = path.lastIndexOf(':');
    int name = path.lastIndexOf('/') + 1;
    boolean whole =
        segments.length == SEGMENTS
            && segments[4].equals("locations")
            && ModelPath.isName(segments[3], '-')
            && ModelPath.isName(segments[5], '-')
            && colon > name;
    if (!whole) {
      return null;
    }
    String model = path.substring(name, colon);
    String prefix = "/" + segments[1] + PLACE + "/" + segments[6] + "/" + segments[7] + MODELS;
    return segments[8].equals("models") && ModelPath.isName(model, '@')
        ? new ModelPath(prefix, model, path.substring(colon))
        : null;
  }

  /** Refuses what changes the form of an answer, or its price. */
  static void check(RequestHead head) throws BadBody {
    GeminiQuery.check(head.query());
    Iterator<Map.Entry<CharSequence, CharSequence>> all = head.headers().iteratorCharSequence();
    while (all.hasNext()) {
      CharSequence name = all.next().getKey();
      if (AsciiString.regionMatches(name, true, 0, PRICED, 0, PRICED.length())) {
        throw BadBody.unserved(
            BodyScan.shown(name.toString()), "other traffic has prices not metered here");
      }
    }
  }

  /** The target upstream, without the place, which whoever sends it puts in. */
  static String target(RequestHead head, Dialect.Edit edit) {
    ModelPath path = ModelPath.named(head);
    String model = edit.model();
    return path.with(model == null ? path.model() : model).replace(PLACE, "") + head.query();
  }
}
