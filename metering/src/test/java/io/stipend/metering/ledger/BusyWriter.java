package io.stipend.metering.ledger;

import java.util.concurrent.CompletableFuture;

/** Keeps the writer's thread in a callback, so that what is queued meanwhile is not written. */
final class BusyWriter implements AutoCloseable {
  private final CompletableFuture<Void> goOn = new CompletableFuture<>();

  private BusyWriter() {}

  static BusyWriter of(SqliteLedger ledger) throws Exception {
    while (true) {
      BusyWriter busy = new BusyWriter();
      CompletableFuture<Boolean> held = new CompletableFuture<>();
      // A callback that comes after the commit runs on this thread and holds nobody: once more.
      Thread self = Thread.currentThread();
      CompletableFuture<Void> unused =
          ledger
              .append(new LedgerEntry.QuotaChanged(Samples.NOW, "h", "", "", "r"))
              .thenRun(
                  () -> {
                    boolean writer = Thread.currentThread() != self;
                    held.complete(writer);
                    if (writer) {
                      busy.goOn.join();
                    }
                  });
      if (held.get(20, java.util.concurrent.TimeUnit.SECONDS)) {
        return busy;
      }
    }
  }

  @Override
  public void close() {
    goOn.complete(null);
  }
}
