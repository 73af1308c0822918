package io.stipend.metering.ledger;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A redaction in bytes. It names nothing by a number of the dictionary: the proof of a batch must
 * be readable without what other batches define.
 */
final class RedactedCodec {
  /** The most batches that one entry lists, which bounds it to some 150 KB. */
  static final int MAX_BATCHES = 4_096;

  private static final int HASH_BYTES = 32;

  private RedactedCodec() {}

  static void write(ByteWriter out, NameWriter names, LedgerEntry.Redacted r) {
    out.text(r.id());
    out.text(r.what());
    out.text(r.about());
    out.text(r.by());
    out.text(r.reason());
    out.varint(r.batches().size());
    long before = 0;
    for (ReducedBatch batch : r.batches()) {
      out.varint(batch.seq() - before);
      before = batch.seq();
      out.raw(HexFormat.of().parseHex(batch.hash()), HASH_BYTES);
    }
  }

  static LedgerEntry.Redacted read(Instant at, ByteReader in, NameReader names) {
    String id = in.requiredText();
    String what = in.requiredText();
    String about = in.requiredText();
    String by = in.requiredText();
    String reason = in.requiredText();
    List<ReducedBatch> batches = new ArrayList<>();
    long seq = 0;
    for (int left = in.count(MAX_BATCHES); left > 0; left--) {
      seq += in.varint();
      batches.add(new ReducedBatch(seq, HexFormat.of().formatHex(in.raw(HASH_BYTES))));
    }
    return new LedgerEntry.Redacted(at, id, what, about, by, reason, List.copyOf(batches));
  }

  /** The redactions of a batch that holds nothing else. */
  static List<LedgerEntry.Redacted> readBatch(byte[] blob) {
    List<LedgerEntry.Redacted> all = new ArrayList<>();
    ByteReader in = new ByteReader(blob);
    if (in.u8() != BatchEncoder.FORMAT) {
      throw in.malformed("batch of another format");
    }
    in.varint();
    in.varint();
    in.varint();
    long clock = in.zigzag();
    while (in.hasMore()) {
      int tag = in.u8();
      if (tag != FactCodec.REDACTED) {
        throw in.malformed("tag " + tag + " (expected: a redaction)");
      }
      LedgerEntry entry = FactCodec.read(tag, in, NameReader.INLINE, clock);
      clock = entry.at().toEpochMilli();
      all.add((LedgerEntry.Redacted) entry);
    }
    return all;
  }
}
