package io.stipend.gateway.demo;

import io.netty.handler.codec.http.HttpMethod;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The answer about a response that is kept.
 *
 * @param body of it
 * @param events whether it is an event stream
 */
record FakeStored(String body, boolean events) {
  private static final Pattern PATH =
      Pattern.compile("/v1/responses/(resp_\\w+)(/input_items|/cancel)?");

  /**
   * Null if nothing of the kind is asked.
   *
   * @throws FakeProblem if no such response is kept
   */
  static @Nullable FakeStored of(
      FakeTally tally, HttpMethod method, String path, Map<String, List<String>> query) {
    Matcher matcher = PATH.matcher(path);
    if (!matcher.matches()) {
      return null;
    }
    String id = matcher.group(1);
    FakeCall call = tally.kept(id);
    if (call == null) {
      throw new FakeProblem(404, "Response with id '" + id + "' not found.");
    }
    String what = method.name() + (matcher.group(2) == null ? "" : matcher.group(2));
    return switch (what) {
      case "GET" ->
          query.containsKey("stream")
              ? new FakeStored(events(call, query), true)
              : new FakeStored(ResponsesJson.answer(call), false);
      case "GET/input_items" -> new FakeStored("{\"object\":\"list\",\"data\":[]}", false);
      case "POST/cancel" -> new FakeStored(ResponsesJson.answer(call), false);
      case "DELETE" -> {
        tally.forget(id);
        yield new FakeStored("{\"id\":\"" + id + "\",\"deleted\":true}", false);
      }
      default -> throw new FakeProblem(404, "no such route: " + method + " " + path);
    };
  }

  /** The events after the one of this number. */
  private static String events(FakeCall call, Map<String, List<String>> query) {
    long skip = Long.parseLong(query.getOrDefault("starting_after", List.of("-1")).get(0)) + 1;
    StringBuilder all = new StringBuilder();
    ResponsesEvents events = new ResponsesEvents(call);
    for (FakeEvents.Event event = events.next(); event != null; event = events.next()) {
      if (event.shown() && skip-- <= 0) {
        all.append(event.text());
      }
    }
    return all.toString();
  }
}
