package io.stipend.gateway.demo;

/** What the provider answers with an error status. */
final class FakeProblem extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;

  FakeProblem(int status, String message) {
    super(message);
    this.status = status;
  }

  int status() {
    return status;
  }
}
