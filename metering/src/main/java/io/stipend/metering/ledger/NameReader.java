package io.stipend.metering.ledger;

import org.jspecify.annotations.Nullable;

/** Reads what a {@link NameWriter} wrote. */
@FunctionalInterface
interface NameReader {
  /** For {@link NameWriter#INLINE}. */
  NameReader INLINE = ByteReader::text;

  @Nullable String read(ByteReader in);

  default String readRequired(ByteReader in) {
    return in.required(read(in));
  }
}
