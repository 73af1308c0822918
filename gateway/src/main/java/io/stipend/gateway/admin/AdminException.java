package io.stipend.gateway.admin;

import org.jspecify.annotations.Nullable;

/** An administrative request that is not done; the message says why and what to do instead. */
public final class AdminException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why, in kinds that HTTP statuses and exit codes follow. */
  public enum Kind {
    /** A value is not what it must be. */
    INVALID(400),
    /** The admin key is missing or wrong. */
    UNAUTHORIZED(401),
    /** Whoever asks may not do this. */
    FORBIDDEN(403),
    /** The person, key or exchange does not exist. */
    NOT_FOUND(404),
    /** The path does not take this method. */
    METHOD(405),
    /** What is asked contradicts what stands. */
    CONFLICT(409),
    /** The body is too large. */
    TOO_LARGE(413),
    /** The ledger, or the gateway, cannot do it now. */
    UNAVAILABLE(503);

    private final int status;

    Kind(int status) {
      this.status = status;
    }

    /** The HTTP status. */
    public int status() {
      return status;
    }

    /** The kind of an HTTP status; anything unknown is {@link #UNAVAILABLE}. */
    static Kind of(int status) {
      for (Kind kind : values()) {
        if (kind.status == status) {
          return kind;
        }
      }
      return UNAVAILABLE;
    }
  }

  private final Kind kind;

  /** With the offending value and what was expected. */
  public AdminException(Kind kind, String message) {
    this(kind, message, null);
  }

  /** The same, with its cause. */
  public AdminException(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** Why. */
  public Kind kind() {
    return kind;
  }
}
