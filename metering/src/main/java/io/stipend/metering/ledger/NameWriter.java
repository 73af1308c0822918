package io.stipend.metering.ledger;

import org.jspecify.annotations.Nullable;

/** Writes a string that repeats: as it is, or as a number of the dictionary. */
@FunctionalInterface
interface NameWriter {
  /** Every string in full: for records that must be readable alone. */
  NameWriter INLINE = ByteWriter::text;

  void write(ByteWriter out, @Nullable String text);
}
