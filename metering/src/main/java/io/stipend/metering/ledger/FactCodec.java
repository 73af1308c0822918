package io.stipend.metering.ledger;

import io.stipend.metering.TokenUsage;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The entries that belong to no attempt under way, in bytes: first a tag, then the time as a
 * distance to a clock that the caller gives, then the fields. Of one entry there is one form in
 * bytes, so entries are equal where their bytes are.
 */
final class FactCodec {
  static final int GRANTED_WITHOUT_PRIORITY = 0x10;
  static final int CORRECTED = 0x11;
  static final int KEY_CREATED = 0x12;
  static final int KEY_REVOKED = 0x13;
  static final int QUOTA_CHANGED = 0x14;
  static final int REFUSALS_COUNTED = 0x15;
  static final int GRANTED = 0x16;
  static final int TRANSFERRED = 0x17;
  static final int LENT = 0x18;
  static final int EXPIRED = 0x19;
  static final int ROLLED = 0x1A;
  static final int FROZEN = 0x1B;
  static final int ALERT_RAISED = 0x1C;
  static final int MONTH_CLOSED = 0x1D;
  static final int ENROLLED = 0x1E;

  /** Added to the number of a corrected attempt whose lines are found otherwise now. */
  private static final int OTHER_BASIS = 1 << 30;

  /** Added to that number where another rate card prices it. */
  private static final int OTHER_VERSION = 1 << 29;

  private static final int TAGS = 0x20;
  private static final Form<?>[] BY_TAG = new Form<?>[TAGS];
  private static final Map<Class<?>, Form<?>> BY_TYPE = new HashMap<>();

  static {
    form(GRANTED, LedgerEntry.Granted.class, AllowanceCodec::write, AllowanceCodec::readGranted);
    form(CORRECTED, LedgerEntry.Corrected.class, FactCodec::write, FactCodec::readCorrected);
    form(KEY_CREATED, LedgerEntry.KeyCreated.class, FactCodec::write, FactCodec::readKeyCreated);
    form(KEY_REVOKED, LedgerEntry.KeyRevoked.class, FactCodec::write, FactCodec::readKeyRevoked);
    form(
        QUOTA_CHANGED,
        LedgerEntry.QuotaChanged.class,
        FactCodec::write,
        FactCodec::readQuotaChanged);
    form(
        REFUSALS_COUNTED,
        LedgerEntry.RefusalsCounted.class,
        FactCodec::write,
        FactCodec::readRefusalsCounted);
    form(
        TRANSFERRED,
        LedgerEntry.Transferred.class,
        AllowanceCodec::write,
        AllowanceCodec::readTransferred);
    form(LENT, LedgerEntry.Lent.class, AllowanceCodec::write, AllowanceCodec::readLent);
    form(EXPIRED, LedgerEntry.Expired.class, AllowanceCodec::write, AllowanceCodec::readExpired);
    form(ROLLED, LedgerEntry.Rolled.class, AllowanceCodec::write, AllowanceCodec::readRolled);
    form(FROZEN, LedgerEntry.Frozen.class, FactCodec::write, FactCodec::readFrozen);
    form(ALERT_RAISED, LedgerEntry.AlertRaised.class, FactCodec::write, FactCodec::readAlertRaised);
    form(MONTH_CLOSED, LedgerEntry.MonthClosed.class, FactCodec::write, FactCodec::readMonthClosed);
    form(ENROLLED, LedgerEntry.Enrolled.class, FactCodec::write, FactCodec::readEnrolled);
    // Of ledgers from before there was a priority; read and never written.
    BY_TAG[GRANTED_WITHOUT_PRIORITY] =
        new Form<>(
            GRANTED,
            LedgerEntry.Granted.class,
            AllowanceCodec::write,
            AllowanceCodec::readGrantedWithoutPriority);
  }

  private FactCodec() {}

  /** How one type of entry is written and read, but for its tag and its time. */
  private record Form<T extends LedgerEntry>(
      int tag, Class<T> type, Writing<T> writing, Reading<T> reading) {
    void write(ByteWriter out, NameWriter names, LedgerEntry entry) {
      writing.write(out, names, type.cast(entry));
    }
  }

  @FunctionalInterface
  private interface Writing<T> {
    void write(ByteWriter out, NameWriter names, T entry);
  }

  @FunctionalInterface
  private interface Reading<T> {
    T read(Instant at, ByteReader in, NameReader names);
  }

  private static <T extends LedgerEntry> void form(
      int tag, Class<T> type, Writing<T> writing, Reading<T> reading) {
    Form<T> form = new Form<>(tag, type, writing, reading);
    BY_TAG[tag] = form;
    BY_TYPE.put(type, form);
  }

  /** The tags that are written. */
  static List<Integer> tags() {
    return BY_TYPE.values().stream().map(Form::tag).sorted().toList();
  }

  /** The tag of a fact; an entry of an attempt under way has none here. */
  static int tag(LedgerEntry entry) {
    return of(entry).tag();
  }

  private static Form<?> of(LedgerEntry entry) {
    Form<?> form = BY_TYPE.get(entry.getClass());
    if (form == null) {
      throw new IllegalArgumentException(
          "entry: " + entry + " (expected: not of an attempt; those go through Ledger.begin)");
    }
    return form;
  }

  static void write(ByteWriter out, NameWriter names, long clock, LedgerEntry entry) {
    Form<?> form = of(entry);
    out.u8(form.tag());
    out.zigzag(entry.at().toEpochMilli() - clock);
    form.write(out, names, entry);
  }

  /** Reads the fields of a fact whose tag was read already. */
  static LedgerEntry read(int tag, ByteReader in, NameReader names, long clock) {
    Form<?> form = tag < TAGS ? BY_TAG[tag] : null;
    if (form == null) {
      throw in.malformed("tag " + tag + " (expected: one of a known entry)");
    }
    Instant at = Instant.ofEpochMilli(clock + in.zigzag());
    try {
      return form.reading().read(at, in, names);
    } catch (IllegalArgumentException e) {
      throw in.malformed("no entry: " + e.getMessage());
    }
  }

  /** Whether two entries say the same, whenever they were entered. */
  static boolean same(LedgerEntry one, LedgerEntry other) {
    return Arrays.equals(timeless(one), timeless(other));
  }

  private static byte[] timeless(LedgerEntry entry) {
    ByteWriter out = new ByteWriter(256);
    write(out, NameWriter.INLINE, entry.at().toEpochMilli(), entry);
    return out.toByteArray();
  }

  private static void write(ByteWriter out, NameWriter names, LedgerEntry.Corrected c) {
    out.text(c.correctionId());
    out.text(c.id().exchange());
    int number = c.id().number();
    if (number >= OTHER_VERSION) {
      throw new IllegalArgumentException(
          "attempt: " + number + " (expected: below " + OTHER_VERSION + ")");
    }
    out.varint(
        number
            + (c.basis() == null ? 0 : OTHER_BASIS)
            + (c.priceVersion() == null ? 0 : OTHER_VERSION));
    AttemptCodec.writeUsage(out, c.usage());
    out.zigzag(c.nanosDelta());
    PostingCodec.explicit(out, names, c.postings());
    names.write(out, c.by());
    out.text(c.reason());
    if (c.basis() != null) {
      out.u8(BasisCodec.bits(c.basis()));
      BasisCodec.write(out, names, c.basis());
    }
    if (c.priceVersion() != null) {
      names.write(out, c.priceVersion());
    }
  }

  private static LedgerEntry.Corrected readCorrected(Instant at, ByteReader in, NameReader names) {
    String correctionId = in.requiredText();
    String exchange = in.requiredText();
    int number = in.count(Integer.MAX_VALUE);
    AttemptId id = new AttemptId(exchange, number & (OTHER_VERSION - 1));
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
        in.requiredText(),
        (number & OTHER_BASIS) == 0
            ? null
            : BasisCodec.read(in, names, in.count(BasisCodec.PRICES + BasisCodec.LINES)),
        (number & OTHER_VERSION) == 0 ? null : names.readRequired(in));
  }

  private static void write(ByteWriter out, NameWriter names, LedgerEntry.KeyCreated k) {
    names.write(out, k.keyId());
    names.write(out, k.person());
    out.text(k.name());
    names.write(out, k.project());
    out.text(k.secretHmac());
    out.instant(k.expiresAt());
    names.write(out, k.by());
  }

  private static LedgerEntry.KeyCreated readKeyCreated(
      Instant at, ByteReader in, NameReader names) {
    return new LedgerEntry.KeyCreated(
        at,
        names.readRequired(in),
        names.readRequired(in),
        in.requiredText(),
        names.read(in),
        in.requiredText(),
        in.instant(),
        names.readRequired(in));
  }

  private static void write(ByteWriter out, NameWriter names, LedgerEntry.KeyRevoked k) {
    names.write(out, k.keyId());
    names.write(out, k.by());
  }

  private static LedgerEntry.KeyRevoked readKeyRevoked(
      Instant at, ByteReader in, NameReader names) {
    return new LedgerEntry.KeyRevoked(at, names.readRequired(in), names.readRequired(in));
  }

  private static void write(ByteWriter out, NameWriter names, LedgerEntry.QuotaChanged q) {
    out.text(q.configHash());
    out.text(q.before());
    out.text(q.after());
    names.write(out, q.by());
  }

  private static LedgerEntry.QuotaChanged readQuotaChanged(
      Instant at, ByteReader in, NameReader names) {
    return new LedgerEntry.QuotaChanged(
        at, in.requiredText(), in.requiredText(), in.requiredText(), names.readRequired(in));
  }

  private static void write(ByteWriter out, NameWriter names, LedgerEntry.RefusalsCounted r) {
    names.write(out, r.person());
    names.write(out, r.day());
    names.write(out, r.reason());
    out.zigzag(r.count());
  }

  private static LedgerEntry.RefusalsCounted readRefusalsCounted(
      Instant at, ByteReader in, NameReader names) {
    return new LedgerEntry.RefusalsCounted(
        at, names.readRequired(in), names.readRequired(in), names.readRequired(in), in.zigzag());
  }

  private static void write(ByteWriter out, NameWriter names, LedgerEntry.Frozen f) {
    out.text(f.id());
    names.write(out, f.principal());
    out.flag(f.frozen());
    out.text(f.reason());
    names.write(out, f.by());
  }

  private static LedgerEntry.Frozen readFrozen(Instant at, ByteReader in, NameReader names) {
    return new LedgerEntry.Frozen(
        at,
        in.requiredText(),
        names.readRequired(in),
        in.flag(),
        in.requiredText(),
        names.readRequired(in));
  }

  private static void write(ByteWriter out, NameWriter names, LedgerEntry.AlertRaised a) {
    out.text(a.id());
    names.write(out, a.account().toString());
    names.write(out, a.threshold());
    out.text(a.detail());
  }

  private static LedgerEntry.AlertRaised readAlertRaised(
      Instant at, ByteReader in, NameReader names) {
    return new LedgerEntry.AlertRaised(
        at,
        in.requiredText(),
        AccountKey.parse(names.readRequired(in)),
        names.readRequired(in),
        in.requiredText());
  }

  private static void write(ByteWriter out, NameWriter names, LedgerEntry.MonthClosed m) {
    names.write(out, m.month());
    out.flag(m.closed());
    names.write(out, m.by());
    out.text(m.reason());
  }

  private static LedgerEntry.MonthClosed readMonthClosed(
      Instant at, ByteReader in, NameReader names) {
    return new LedgerEntry.MonthClosed(
        at, names.readRequired(in), in.flag(), names.readRequired(in), in.requiredText());
  }

  private static void write(ByteWriter out, NameWriter names, LedgerEntry.Enrolled e) {
    names.write(out, e.person());
    names.write(out, e.issuer());
    names.write(out, e.team());
  }

  private static LedgerEntry.Enrolled readEnrolled(Instant at, ByteReader in, NameReader names) {
    return new LedgerEntry.Enrolled(
        at, names.readRequired(in), names.readRequired(in), names.read(in));
  }
}
