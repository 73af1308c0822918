package io.stipend.policy.config;

/** A provider's key. Not a record: it must not print, compare or serialize itself. */
public final class Secret {
  private final String value;

  /** Wraps the value. */
  public Secret(String value) {
    this.value = value;
  }

  /** The value, for the one header that needs it. */
  public String reveal() {
    return value;
  }

  @Override
  public String toString() {
    return "Secret[redacted]";
  }
}
