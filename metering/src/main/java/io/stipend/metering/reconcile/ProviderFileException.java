package io.stipend.metering.reconcile;

/** A file that cannot be used; the message says which, where in it, and what was expected. */
public final class ProviderFileException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** With the place of the fault, such as {@code data[0].results[3].input_tokens}. */
  public ProviderFileException(String place, String problem) {
    super(place + ": " + problem);
  }

  /** The same with what failed below. */
  public ProviderFileException(String place, String problem, Throwable cause) {
    super(place + ": " + problem, cause);
  }
}
