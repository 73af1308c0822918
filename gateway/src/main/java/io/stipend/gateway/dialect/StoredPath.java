package io.stipend.gateway.dialect;

import io.netty.handler.codec.http.HttpMethod;
import io.stipend.gateway.server.RequestHead;
import java.util.List;
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
    boolean azure = head.path().startsWith(AZURE + PREFIX);
    String path = azure ? head.path().substring(AZURE.length()) : head.path();
    // The names of other routes stand where an id does.
    if (!path.startsWith(PREFIX) || Dialects.at(head.path()) != null) {
      return null;
    }
    int slash = path.indexOf('/', PREFIX.length());
    String id = path.substring(PREFIX.length(), slash < 0 ? path.length() : slash);
    String rest = slash < 0 ? "" : path.substring(slash);
    return isId(id) && asks(head.method()).contains(rest) ? new StoredPath(id, azure) : null;
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
        ? new StoredResponse(new Azure(StoredResponse.AZURE_ID, List.of()), model)
        : new StoredResponse(model);
  }
}
