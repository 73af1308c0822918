package io.stipend.metering.export;

/** What the values of a column are, in every format. */
public enum ColumnType {
  /** Words that somebody chose: a spreadsheet must not take them for a formula. A string. */
  TEXT,
  /** A word of ours, from a small set or of a fixed form. A string. */
  WORD,
  /** An instant to the millisecond, always UTC. An {@link java.time.Instant}. */
  TIME,
  /** A whole number of 64 bits. A {@link Long}. */
  INTEGER,
  /** An exact decimal of at most nine decimals. A {@link java.math.BigDecimal}. */
  DECIMAL
}
