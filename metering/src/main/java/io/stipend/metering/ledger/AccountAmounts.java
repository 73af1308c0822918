package io.stipend.metering.ledger;

import io.stipend.metering.Charge;
import java.util.List;

/** Postings as bytes that are readable alone. */
final class AccountAmounts {
  private AccountAmounts() {}

  static void write(ByteWriter out, List<Posting> postings) {
    // A list of accounts that cannot match makes the explicit form, unless there is nothing to say.
    PostingCodec.write(out, NameWriter.INLINE, postings, List.of(), Charge.ZERO);
  }

  static List<Posting> read(ByteReader in) {
    return PostingCodec.read(in, NameReader.INLINE, List.of(), Charge.ZERO);
  }
}
