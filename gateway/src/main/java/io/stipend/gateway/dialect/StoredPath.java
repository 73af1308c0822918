package io.stipend.gateway.dialect;

import io.netty.handler.codec.http.HttpMethod;
import io.stipend.gateway.server.RequestHead;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A request about a response that its provider keeps: to read it, its input, to cancel or to delete
 * it. It costs nothing; the usage in its answer is that of the call that made the response.
 *
 * @param id the response's
 * @param azure whether the path is one of Azure's
 */
public record StoredPath(String id, boolean azure) {
  private static final String AZURE = "/openai";
  private static final String PREFIX = OpenAiResponses.PATH + "/";
  private static final int MAX_ID = 256;

  /** What follows an id, by method. */
  private static final List<String> GET = List.of("", "/input_items");

  private static final List<String> POST = List.of("/cancel");
  private static final List<String> DELETE = List.of("");

  /** Null if the request is none of these. */
  public static @Nullable StoredPath of(RequestHead head) {
    Parts parts = Parts.of(head.path());
    return parts != null && asks(head.method()).contains(parts.rest)
        ? new StoredPath(parts.id, parts.azure)
        : null;
  }

  /** The methods that are served on such a path; null if it is none. */
  public static @Nullable String allowed(String path) {
    Parts parts = Parts.of(path);
    if (parts == null) {
      return null;
    }
    String allowed =
        Stream.of(HttpMethod.GET, HttpMethod.POST, HttpMethod.DELETE)
            .filter(method -> asks(method).contains(parts.rest))
            .map(HttpMethod::name)
            .collect(Collectors.joining(", "));
    return allowed.isEmpty() ? null : allowed;
  }

  /** What such a path is made of. */
  private record Parts(String id, String rest, boolean azure) {
    /** Null if no response can be meant, or the path is a route of its own. */
    static @Nullable Parts of(String whole) {
      boolean azure = whole.startsWith(AZURE + PREFIX);
      String path = azure ? whole.substring(AZURE.length()) : whole;
      if (!path.startsWith(PREFIX) || Dialects.at(path) != null) {
        return null;
      }
      int slash = path.indexOf('/', PREFIX.length());
      String id = path.substring(PREFIX.length(), slash < 0 ? path.length() : slash);
      return isId(id) ? new Parts(id, slash < 0 ? "" : path.substring(slash), azure) : null;
    }
  }

  private static List<String> asks(HttpMethod method) {
    if (method.equals(HttpMethod.GET)) {
      return GET;
    }
    return method.equals(HttpMethod.POST)
        ? POST
        : method.equals(HttpMethod.DELETE) ? DELETE : List.of();
  }

  private static boolean isId(String id) {
    return !id.isEmpty() && id.length() <= MAX_ID && id.chars().allMatch(StoredPath::isPlain);
  }

  private static boolean isPlain(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '_'
        || c == '-';
  }

  /**
   * The dialect of this one request.
   *
   * @param model that made the response, as {@code provider/model}
   */
  public Dialect dialect(String model) {
    return azure
        ? new StoredResponse(new Azure(StoredResponse.AZURE_ID, List.of()), model, id)
        : new StoredResponse(model, id);
  }
}
