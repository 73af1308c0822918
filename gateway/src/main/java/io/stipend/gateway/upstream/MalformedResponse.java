package io.stipend.gateway.upstream;

/** What a provider sent is no answer that can be read in one way only. */
final class MalformedResponse extends Exception {
  private static final long serialVersionUID = 1L;

  /** Where it was thrown tells nothing that the message does not. */
  MalformedResponse(String message) {
    super(message, null, false, false);
  }
}
