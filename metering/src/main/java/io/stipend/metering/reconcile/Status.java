package io.stipend.metering.reconcile;

import java.util.Locale;

/** What is to be done about a line, least first. */
public enum Status {
  /** Both sides agree within the tolerance. */
  MATCHED,
  /** The reason is known and nothing is to be booked: the other side of it stands elsewhere. */
  EXPLAINED,
  /** The reason is known, and what it costs is nobody's here, or nobody can say whose. */
  OPEN,
  /** A correction is proposed. */
  PROPOSED,
  /** No reason is known for a part of it. */
  UNEXPLAINED;

  /** Its name in files. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
