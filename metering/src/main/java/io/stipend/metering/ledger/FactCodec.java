package io.stipend.metering.ledger;

import io.stipend.metering.TokenUsage;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The entries that belong to no attempt under way, in bytes: first a tag, then the fields. */
final class FactCodec {
  static final int GRANTED = 0x10;
  static final int CORRECTED = 0x11;
  static final int KEY_CREATED = 0x12;
  static final int KEY_REVOKED = 0x13;
  static final int QUOTA_CHANGED = 0x14;
  static final int REFUSALS_COUNTED = 0x15;

  private FactCodec() {}

  /** The tag of a fact; an entry of an attempt under way has none here. */
  static int tag(LedgerEntry entry) {
    if (entry instanceof LedgerEntry.Granted) {
      return GRANTED;
    } else if (entry instanceof LedgerEntry.Corrected) {
      return CORRECTED;
    } else if (entry instanceof LedgerEntry.KeyCreated) {
      return KEY_CREATED;
    } else if (entry instanceof LedgerEntry.KeyRevoked) {
      return KEY_REVOKED;
    } else if (entry instanceof LedgerEntry.QuotaChanged) {
      return QUOTA_CHANGED;
    } else if (entry instanceof LedgerEntry.RefusalsCounted) {
      return REFUSALS_COUNTED;
    }
    throw new IllegalArgumentException(
        "entry: " + entry + " (expected: not of an attempt; those go through Ledger.begin)");
  }

  static void write(ByteWriter out, NameWriter names, long clock, LedgerEntry entry) {
    out.u8(tag(entry));
    out.zigzag(entry.at().toEpochMilli() - clock);
    if (entry instanceof LedgerEntry.Granted g) {
      out.text(g.id());
      names.write(out, g.account().toString());
      out.zigzag(g.amount());
      out.u8(Codes.GRANT_KINDS.indexOf(g.kind()));
      out.text(g.reason());
      names.write(out, g.by());
      instant(out, g.expiresAt());
    } else if (entry instanceof LedgerEntry.Corrected c) {
      writeCorrected(out, names, c);
    } else if (entry instanceof LedgerEntry.KeyCreated k) {
      names.write(out, k.keyId());
      names.write(out, k.person());
      out.text(k.name());
      names.write(out, k.project());
      out.text(k.secretHmac());
      instant(out, k.expiresAt());
      names.write(out, k.by());
    } else if (entry instanceof LedgerEntry.KeyRevoked k) {
      names.write(out, k.keyId());
      names.write(out, k.by());
    } else if (entry instanceof LedgerEntry.QuotaChanged q) {
      out.text(q.configHash());
      out.text(q.before());
      out.text(q.after());
      names.write(out, q.by());
    } else if (entry instanceof LedgerEntry.RefusalsCounted r) {
      names.write(out, r.person());
      names.write(out, r.day());
      names.write(out, r.reason());
      out.zigzag(r.count());
    }
  }

  private static void writeCorrected(ByteWriter out, NameWriter names, LedgerEntry.Corrected c) {
    out.text(c.correctionId());
    out.text(c.id().exchange());
    out.varint(c.id().number());
    AttemptCodec.writeUsage(out, c.usage());
    out.zigzag(c.nanosDelta());
    PostingCodec.explicit(out, names, c.postings());
    names.write(out, c.by());
    out.text(c.reason());
  }

  /** Reads the fields of a fact whose tag was read already. */
  static LedgerEntry read(int tag, ByteReader in, NameReader names, long clock) {
    Instant at = Instant.ofEpochMilli(clock + in.zigzag());
    return switch (tag) {
      case GRANTED ->
          new LedgerEntry.Granted(
              at,
              in.requiredText(),
              AccountKey.parse(names.readRequired(in)),
              in.zigzag(),
              Codes.GRANT_KINDS.get(in.count(Codes.GRANT_KINDS.size() - 1)),
              in.requiredText(),
              names.readRequired(in),
              instant(in));
      case CORRECTED -> readCorrected(at, in, names);
      case KEY_CREATED ->
          new LedgerEntry.KeyCreated(
              at,
              names.readRequired(in),
              names.readRequired(in),
              in.requiredText(),
              names.read(in),
              in.requiredText(),
              instant(in),
              names.readRequired(in));
      case KEY_REVOKED ->
          new LedgerEntry.KeyRevoked(at, names.readRequired(in), names.readRequired(in));
      case QUOTA_CHANGED ->
          new LedgerEntry.QuotaChanged(
              at, in.requiredText(), in.requiredText(), in.requiredText(), names.readRequired(in));
      case REFUSALS_COUNTED ->
          new LedgerEntry.RefusalsCounted(
              at,
              names.readRequired(in),
              names.readRequired(in),
              names.readRequired(in),
              in.zigzag());
      default -> throw in.malformed("tag " + tag + " (expected: one of a known entry)");
    };
  }

  private static LedgerEntry readCorrected(Instant at, ByteReader in, NameReader names) {
    String correctionId = in.requiredText();
    AttemptId id = new AttemptId(in.requiredText(), in.count(Integer.MAX_VALUE));
    TokenUsage usage = AttemptCodec.readUsage(in);
    long nanosDelta = in.zigzag();
    List<Posting> postings = PostingCodec.explicit(in, names);
    return new LedgerEntry.Corrected(
        at,
        correctionId,
        id,
        usage,
        nanosDelta,
        postings,
        names.readRequired(in),
        in.requiredText());
  }

  private static void instant(ByteWriter out, @Nullable Instant instant) {
    out.u8(instant == null ? 0 : 1);
    if (instant != null) {
      out.zigzag(instant.toEpochMilli());
    }
  }

  private static @Nullable Instant instant(ByteReader in) {
    return in.u8() == 0 ? null : Instant.ofEpochMilli(in.zigzag());
  }
}
