package io.stipend.policy.alert;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for what is read elsewhere, on the thread of the watch, which has nothing else to do. */
final class Waiting {
  private static final long READ_SECONDS = 10;

  private Waiting() {}

  static <T> T on(CompletableFuture<T> reading) {
    try {
      return reading.get(READ_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("not read: " + e, e);
    }
  }
}
