package io.stipend.policy.identity;

import io.stipend.metering.ledger.LedgerEntry;

/** A key that was just made. Not a record: its secret is shown once, by whoever asks for it. */
public final class NewKey {
  private final String secret;
  private final LedgerEntry.KeyCreated created;

  NewKey(String secret, LedgerEntry.KeyCreated created) {
    this.secret = secret;
    this.created = created;
  }

  /** The whole key, as a client sends it. It can never be shown again. */
  public String reveal() {
    return secret;
  }

  /** What the ledger keeps; holds no secret. */
  public LedgerEntry.KeyCreated created() {
    return created;
  }

  @Override
  public String toString() {
    return "NewKey[" + created.keyId() + " of " + created.person() + ", redacted]";
  }
}
