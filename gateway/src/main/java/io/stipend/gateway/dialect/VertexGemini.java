package io.stipend.gateway.dialect;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.gateway.server.RequestHead;

/** The Gemini API as Vertex AI serves it: under paths that name a project and a place. */
final class VertexGemini extends Gemini {
  private VertexGemini(String id, boolean metered, String... methods) {
    super(id, Vertex.VENDOR, metered, Vertex.paths("google", methods));
  }

  static VertexGemini generating() {
    return new VertexGemini("vertex-gemini", true, ":generateContent", STREAM);
  }

  static VertexGemini counting() {
    return new VertexGemini("vertex-gemini-count-tokens", false, ":countTokens");
  }

  @Override
  void check(RequestHead head) throws BadBody {
    Vertex.check(head);
  }

  @Override
  public String target(RequestHead head, Edit edit) {
    return Vertex.target(head, edit);
  }

  @Override
  public void authorize(HttpHeaders headers, String providerKey) {
    headers.set(HttpHeaderNames.AUTHORIZATION, "Bearer " + providerKey);
  }
}
