package io.stipend.gateway.upstream;

/** One try at one upstream. Used on its event loop only. */
public interface Attempt {
  /**
   * Starts it; once. The listener may be called from within. After {@link #cancel} it does nothing.
   */
  void begin();

  /** Stops reading from the upstream: back-pressure. */
  void pause();

  /** Reads again. */
  void resume();

  /** Closes the upstream's connection; the listener hears nothing more. Idempotent. */
  void cancel();
}
