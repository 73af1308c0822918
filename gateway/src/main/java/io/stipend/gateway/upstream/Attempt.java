package io.stipend.gateway.upstream;

/** One try at one upstream, under way. Used on its event loop only. */
public interface Attempt {
  /** Stops reading from the upstream: back-pressure. */
  void pause();

  /** Reads again. */
  void resume();

  /** Closes the upstream's connection; the listener hears nothing more. Idempotent. */
  void cancel();
}
