package io.stipend.metering.ledger;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The fields, in bytes, of the entries that grant, move, lend and end funds; for FactCodec. */
final class AllowanceCodec {
  /** More lots than a roll can carry: bounds what a broken record can ask for. */
  private static final int MAX_CARRIED = 1_000_000;

  private AllowanceCodec() {}

  static void write(ByteWriter out, NameWriter names, LedgerEntry.Granted g) {
    out.text(g.id());
    names.write(out, g.account().toString());
    out.zigzag(g.amount());
    out.u8(Codes.GRANT_KINDS.indexOf(g.kind()));
    out.text(g.reason());
    names.write(out, g.by());
    out.instant(g.expiresAt());
    out.zigzag(g.priority());
  }

  static LedgerEntry.Granted readGrantedWithoutPriority(
      Instant at, ByteReader in, NameReader names) {
    return new LedgerEntry.Granted(
        at,
        in.requiredText(),
        account(in, names),
        in.zigzag(),
        Codes.GRANT_KINDS.get(in.count(Codes.GRANT_KINDS.size() - 1)),
        in.requiredText(),
        names.readRequired(in),
        in.instant());
  }

  static LedgerEntry.Granted readGranted(Instant at, ByteReader in, NameReader names) {
    LedgerEntry.Granted g = readGrantedWithoutPriority(at, in, names);
    return new LedgerEntry.Granted(
        at,
        g.id(),
        g.account(),
        g.amount(),
        g.kind(),
        g.reason(),
        g.by(),
        g.expiresAt(),
        priority(in));
  }

  static void write(ByteWriter out, NameWriter names, LedgerEntry.Transferred t) {
    out.text(t.id());
    names.write(out, t.from().toString());
    names.write(out, t.to().toString());
    out.zigzag(t.amount());
    out.text(t.reason());
    names.write(out, t.by());
    out.instant(t.expiresAt());
  }

  static LedgerEntry.Transferred readTransferred(Instant at, ByteReader in, NameReader names) {
    return new LedgerEntry.Transferred(
        at,
        in.requiredText(),
        account(in, names),
        account(in, names),
        in.zigzag(),
        in.requiredText(),
        names.readRequired(in),
        in.instant());
  }

  static void write(ByteWriter out, NameWriter names, LedgerEntry.Lent l) {
    out.text(l.id());
    names.write(out, l.account().toString());
    out.zigzag(l.amount());
    out.u8(Codes.LOAN_KINDS.indexOf(l.kind()));
    out.text(l.reason());
    names.write(out, l.by());
  }

  static LedgerEntry.Lent readLent(Instant at, ByteReader in, NameReader names) {
    return new LedgerEntry.Lent(
        at,
        in.requiredText(),
        account(in, names),
        in.zigzag(),
        Codes.LOAN_KINDS.get(in.count(Codes.LOAN_KINDS.size() - 1)),
        in.requiredText(),
        names.readRequired(in));
  }

  static void write(ByteWriter out, NameWriter names, LedgerEntry.Expired e) {
    out.text(e.id());
    names.write(out, e.account().toString());
    out.text(e.lot());
    out.zigzag(e.amount());
  }

  static LedgerEntry.Expired readExpired(Instant at, ByteReader in, NameReader names) {
    return new LedgerEntry.Expired(
        at, in.requiredText(), account(in, names), in.requiredText(), in.zigzag());
  }

  static void write(ByteWriter out, NameWriter names, LedgerEntry.Rolled r) {
    names.write(out, r.from().toString());
    AccountKey to = r.to();
    names.write(out, to == null ? null : to.toString());
    out.varint(r.carried().size());
    for (LedgerEntry.CarriedLot lot : r.carried()) {
      out.text(lot.lot());
      out.zigzag(lot.amount());
      out.zigzag(lot.priority());
      out.instant(lot.expiresAt());
    }
    out.zigzag(r.expired());
    out.zigzag(r.repaid());
    out.zigzag(r.owed());
  }

  static LedgerEntry.Rolled readRolled(Instant at, ByteReader in, NameReader names) {
    AccountKey from = account(in, names);
    @Nullable String to = names.read(in);
    List<LedgerEntry.CarriedLot> carried = new ArrayList<>();
    for (int left = in.count(MAX_CARRIED); left > 0; left--) {
      carried.add(
          new LedgerEntry.CarriedLot(in.requiredText(), in.zigzag(), priority(in), in.instant()));
    }
    return new LedgerEntry.Rolled(
        at,
        from,
        to == null ? null : AccountKey.parse(to),
        carried,
        in.zigzag(),
        in.zigzag(),
        in.zigzag());
  }

  private static AccountKey account(ByteReader in, NameReader names) {
    return AccountKey.parse(names.readRequired(in));
  }

  private static int priority(ByteReader in) {
    long value = in.zigzag();
    if (value != (int) value) {
      throw in.malformed("priority " + value + " (expected: of 32 bits)");
    }
    return (int) value;
  }
}
