package io.stipend.gateway.admin;

import io.stipend.gateway.admin.AdminException.Kind;
import io.stipend.policy.budget.BudgetException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for the ledger, within a bound, and tells what went wrong as an operator reads it. */
final class Awaiting {
  /** A group commit takes milliseconds; a disk that needs this long has failed. */
  private static final int LEDGER_SECONDS = 30;

  private Awaiting() {}

  /** Waits until an entry is durable. */
  static void durable(CompletableFuture<Void> entry) {
    await(entry, "take the entry");
  }

  /** Waits for what is read. */
  static <T> T read(CompletableFuture<T> balances) {
    return await(balances, "read the balances");
  }

  private static <T> T await(CompletableFuture<T> ledger, String what) {
    try {
      return ledger.get(LEDGER_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AdminException(Kind.UNAVAILABLE, "interrupted before the ledger could " + what, e);
    } catch (ExecutionException e) {
      throw failure(e, what);
    } catch (TimeoutException e) {
      throw new AdminException(
          Kind.UNAVAILABLE, "the ledger did not " + what + " within " + LEDGER_SECONDS + " s", e);
    }
  }

  private static AdminException failure(ExecutionException e, String what) {
    Throwable cause = e.getCause() == null ? e : e.getCause();
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof BudgetException) {
      return new AdminException(Kind.CONFLICT, String.valueOf(cause.getMessage()), cause);
    }
    if (cause instanceof IllegalArgumentException) {
      return new AdminException(Kind.INVALID, String.valueOf(cause.getMessage()), cause);
    }
    return new AdminException(
        Kind.UNAVAILABLE, "the ledger did not " + what + ": " + cause.getMessage(), e);
  }
}
