package io.stipend.metering.ledger;

import org.jspecify.annotations.Nullable;

/** The ledger could not be opened, read or written. The message says which file and what to do. */
public final class LedgerException extends RuntimeException {
  /** With what happened and, if known, why. */
  public LedgerException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
