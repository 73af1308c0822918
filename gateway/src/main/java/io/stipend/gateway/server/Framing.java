package io.stipend.gateway.server;

/**
 * How long the body of a request is, as its head says.
 *
 * @param contentLength the length; -1 if the head has none
 * @param chunked whether the body comes in chunks
 * @param http10 whether the request is HTTP/1.0
 */
record Framing(long contentLength, boolean chunked, boolean http10) {
  boolean hasBody() {
    return chunked || contentLength > 0;
  }
}
