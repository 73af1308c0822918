package io.stipend.gateway.exchange;

import io.stipend.gateway.upstream.Attempt;
import java.util.List;

/** An attempt that a test answers by hand. */
final class HeldAttempt implements Attempt {
  private final List<String> log;
  boolean paused;

  HeldAttempt(List<String> log) {
    this.log = log;
  }

  @Override
  public void begin() {}

  @Override
  public void pause() {
    paused = true;
  }

  @Override
  public void resume() {
    paused = false;
  }

  @Override
  public void cancel() {
    log.add("cancel");
  }
}
