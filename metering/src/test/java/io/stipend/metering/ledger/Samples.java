package io.stipend.metering.ledger;

import io.stipend.metering.ChargeBasis;
import io.stipend.metering.ChargeLine;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenPrices;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.Units;
import io.stipend.metering.UsageSource;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/** Entries as the gateway would make them, and random ones. */
final class Samples {
  static final Instant NOW = Instant.parse("2026-11-23T10:15:30.123Z");
  static final AccountKey ADA = new AccountKey("person/ada/engineer", "2026-11", Unit.USD);
  static final AccountKey TEAM = new AccountKey("team/payments", "2026-11", Unit.USD);
  static final AccountKey BOB = new AccountKey("person/bob/intern", "2026-11", Unit.TOKENS);

  static final LedgerOptions SMALL = new LedgerOptions(64, 1_000, 64, () -> {});

  private Samples() {}

  static AttemptFacts facts(String person, long inputEstimate, long outputCap) {
    return new AttemptFacts(
        person,
        "payments",
        "CC-4410",
        null,
        "k_" + person,
        "5b0f7c1e-3a77-4c3f-9a0e-3f1f6f3f1c11",
        "claude-cli",
        "anthropic-messages",
        "anthropic",
        "claude-opus-4-5",
        null,
        "builtin-2026-11-20",
        "USD",
        inputEstimate,
        outputCap,
        Math.min(outputCap, 1_024),
        inputEstimate * 5_000 + Math.min(outputCap, 1_024) * 25_000);
  }

  static LedgerEntry.Reserved reserved(String exchange, int number, AccountKey... accounts) {
    AttemptFacts facts = facts("ada", 2_000, 4_096);
    return new LedgerEntry.Reserved(
        NOW,
        new AttemptId(exchange, number),
        facts,
        PostingCodec.spread(
            List.of(accounts),
            facts.expectedNanos(),
            facts.inputEstimate() + facts.expectedOutput()));
  }

  static LedgerEntry.Reserved reserved(String exchange) {
    return reserved(exchange, 1, ADA, TEAM);
  }

  static LedgerEntry.Settled settled(LedgerEntry.Reserved reserved, TokenUsage usage, long nanos) {
    List<AccountKey> accounts = Profile.of(reserved).accounts();
    return new LedgerEntry.Settled(
        reserved.at().plusMillis(1_234),
        reserved.id(),
        usage,
        UsageSource.REPORTED,
        "completed",
        200,
        reserved.facts().modelRequested(),
        "standard",
        nanos,
        "req_011CVNhRgWiFhKTgxwhgJ4aU",
        PostingCodec.spread(accounts, nanos, usage.total()),
        "");
  }

  static LedgerEntry.Settled settled(LedgerEntry.Reserved reserved) {
    return settled(reserved, new TokenUsage(812, 1_024, 0, 0, 345, 0), 13_197_000L);
  }

  static LedgerEntry.Released released(LedgerEntry.Reserved reserved) {
    return new LedgerEntry.Released(NOW.plusMillis(7), reserved.id(), "client_gone");
  }

  static LedgerEntry.Granted granted(String id, AccountKey account, long amount) {
    return new LedgerEntry.Granted(
        NOW, id, account, amount, LedgerEntry.GrantKind.RECURRING, "", "stipend", null);
  }

  static LedgerEntry.KeyCreated key(String id) {
    return new LedgerEntry.KeyCreated(
        NOW, id, "ada", "laptop", null, "ab".repeat(32), NOW.plusSeconds(86_400), "root");
  }

  // Random entries.

  static AccountKey account(Random random) {
    Unit unit = random.nextInt(4) == 0 ? Unit.TOKENS : Unit.USD;
    return new AccountKey(
        "person/p" + random.nextInt(20) + "/a" + random.nextInt(2),
        "2026-" + (10 + random.nextInt(3)),
        unit);
  }

  static List<Posting> postings(Random random, boolean signed) {
    List<Posting> postings = new ArrayList<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      AccountKey account = account(random);
      if (postings.stream().noneMatch(posting -> posting.account().equals(account))) {
        long amount = amount(random);
        postings.add(new Posting(account, signed && random.nextBoolean() ? -amount : amount));
      }
    }
    return postings;
  }

  static long amount(Random random) {
    return random.nextLong() >>> (16 + random.nextInt(48));
  }

  static String label(Random random) {
    int form = random.nextInt(10);
    if (form == 0) {
      return null;
    } else if (form == 1) {
      return "";
    } else if (form == 2) {
      return "ünïcode \"quoted\", =1+1\r\n" + random.nextInt(3);
    } else if (form == 3) {
      return "x".repeat(250 + random.nextInt(20));
    }
    return "label-" + random.nextInt(30);
  }

  static String name(Random random) {
    return "name-" + random.nextInt(10);
  }

  static Instant instant(Random random) {
    return NOW.plusMillis(random.nextInt(1_000_000) - 500_000);
  }

  static TokenUsage usage(Random random) {
    long cacheWrite = amount(random) % 1_000_000;
    long output = amount(random) % 1_000_000_000;
    return new TokenUsage(
        amount(random) % 1_000_000,
        amount(random) % 1_000_000,
        cacheWrite,
        cacheWrite == 0 ? 0 : amount(random) % (cacheWrite + 1),
        output,
        output == 0 ? 0 : amount(random) % (output + 1));
  }

  static Units units(Random random) {
    Units units = Units.NONE;
    for (Meter meter : Meter.values()) {
      if (random.nextInt(8) == 0) {
        units = units.plus(Units.of(meter, amount(random) % Units.MAX_COUNT));
      }
    }
    return units;
  }

  static LedgerEntry.Reserved reserved(Random random) {
    AttemptFacts facts =
        new AttemptFacts(
                name(random),
                label(random),
                label(random),
                label(random),
                name(random),
                label(random),
                label(random),
                name(random),
                name(random),
                name(random),
                label(random),
                name(random),
                "USD",
                random.nextInt(100_000),
                random.nextInt(100_000),
                random.nextInt(10_000),
                amount(random))
            .sentAs(label(random))
            .byAgent(label(random), label(random));
    AttemptId id = new AttemptId(exchange(random), 1 + random.nextInt(3));
    return new LedgerEntry.Reserved(instant(random), id, facts, holds(random, facts));
  }

  private static List<Posting> holds(Random random, AttemptFacts facts) {
    List<Posting> holds = postings(random, false);
    if (random.nextBoolean()) {
      return holds;
    }
    List<AccountKey> accounts = holds.stream().map(Posting::account).toList();
    return random.nextBoolean()
        ? PostingCodec.spread(
            accounts, facts.expectedNanos(), facts.inputEstimate() + facts.expectedOutput())
        : PostingCodec.spread(accounts, amount(random), amount(random));
  }

  /** Ordered by time, as exchange ids are. */
  static String exchange(Random random) {
    return String.format("%012x", NOW.toEpochMilli() + random.nextInt(1_000))
        + new UUID(random.nextLong(), random.nextLong())
            .toString()
            .replace("-", "")
            .substring(0, 20);
  }

  static LedgerEntry.Extended extended(Random random, LedgerEntry.Reserved reserved) {
    List<AccountKey> accounts = Profile.of(reserved).accounts();
    return new LedgerEntry.Extended(
        instant(random),
        reserved.id(),
        PostingCodec.spread(accounts, random.nextInt(1_000_000), random.nextInt(2_000)),
        random.nextInt(100_000),
        amount(random));
  }

  static LedgerEntry.Settled settled(Random random, LedgerEntry.Reserved reserved) {
    TokenUsage usage = usage(random);
    long nanos = amount(random);
    List<AccountKey> accounts = Profile.of(reserved).accounts();
    String flags = label(random);
    return new LedgerEntry.Settled(
        instant(random),
        reserved.id(),
        usage,
        Codes.SOURCES.get(random.nextInt(3)),
        name(random),
        random.nextInt(600),
        random.nextBoolean() ? reserved.facts().modelRequested() : name(random),
        label(random),
        nanos,
        label(random),
        random.nextBoolean()
            ? PostingCodec.spread(accounts, nanos, usage.total())
            : PostingCodec.spread(accounts, amount(random), amount(random)),
        flags == null ? "" : flags,
        units(random),
        basis(random));
  }

  static ChargeBasis basis(Random random) {
    List<ChargeLine> lines = new ArrayList<>();
    for (int i = random.nextInt(4); i > 1; i--) {
      lines.add(new ChargeLine(name(random), 1 + amount(random), amount(random), amount(random)));
    }
    if (random.nextInt(3) == 0) {
      return ChargeBasis.of(lines);
    }
    List<Long> charged = prices(random);
    return new ChargeBasis(
        TokenPrices.of(charged, random.nextBoolean() ? charged : prices(random)), lines);
  }

  private static List<Long> prices(Random random) {
    return random.longs(5, 0, 1_000_000_000).boxed().toList();
  }

  /** How many kinds of fact a ledger takes. */
  static final int FACTS = 16;

  /** These, and the one that only a redaction enters. */
  static final int ALL_FACTS = FACTS + 1;

  static LedgerEntry fact(Random random, String id) {
    return fact(random, random.nextInt(FACTS), id);
  }

  /** A fact of one kind; where kinds have ids it is this one. */
  static LedgerEntry fact(Random random, int kind, String id) {
    Instant at = instant(random);
    Instant expiresAt = random.nextBoolean() ? null : instant(random);
    String by = name(random);
    String reason = "because, \"so\"";
    return switch (kind) {
      case 0 ->
          new LedgerEntry.Granted(
              at,
              id,
              account(random),
              amount(random) - 1_000,
              Codes.GRANT_KINDS.get(random.nextInt(3)),
              reason,
              by,
              expiresAt,
              random.nextBoolean() ? 0 : random.nextInt());
      case 1 ->
          new LedgerEntry.KeyCreated(at, id, by, "", label(random), "00ff", expiresAt, "root");
      case 2 -> new LedgerEntry.QuotaChanged(at, "hash", "before", "after", by);
      case 3 ->
          new LedgerEntry.RefusalsCounted(at, by, "2026-11-23", name(random), random.nextInt(100));
      case 4 ->
          new LedgerEntry.Corrected(
              at,
              id,
              new AttemptId(exchange(random), 1 + random.nextInt(3)),
              usage(random),
              amount(random) - 1_000,
              postings(random, true),
              by,
              reason,
              random.nextBoolean() ? null : basis(random),
              random.nextBoolean() ? null : name(random));
      case 5 -> new LedgerEntry.KeyRevoked(at, id, by);
      case 6 -> transferred(random, id, account(random));
      case 7 ->
          new LedgerEntry.Lent(
              at,
              id,
              account(random),
              1 + amount(random),
              Codes.LOAN_KINDS.get(random.nextInt(3)),
              reason,
              by);
      case 8 -> new LedgerEntry.Expired(at, id, account(random), name(random), 1 + amount(random));
      case 9 -> rolled(random, account(random));
      case 10 ->
          new LedgerEntry.Frozen(at, id, "person/" + by, random.nextBoolean(), reason, "root");
      case 11 ->
          new LedgerEntry.AlertRaised(at, id, account(random), "" + random.nextInt(100), reason);
      case 12 -> new LedgerEntry.MonthClosed(at, "2026-10", random.nextBoolean(), by, reason);
      case 13 -> new LedgerEntry.Enrolled(at, by, "corp", label(random));
      case 14 -> new RatesChanged(at, List.of(card(random, id)), "", "00ff", "1 added", by);
      case 15 -> RateCardKept.of(at, id, "version: " + random.nextInt());
      default -> redacted(random, at, id);
    };
  }

  private static LedgerEntry.Redacted redacted(Random random, Instant at, String id) {
    return new LedgerEntry.Redacted(
        at,
        id,
        "forget",
        "forgotten-00000000",
        name(random),
        "asked",
        List.of(
            new ReducedBatch(1 + random.nextInt(9), "ab".repeat(32)),
            new ReducedBatch(10 + amount(random), "01".repeat(32))));
  }

  private static RatesChanged.Card card(Random random, String hash) {
    return new RatesChanged.Card("builtin/openai.yaml", name(random), hash);
  }

  private static LedgerEntry.Transferred transferred(Random random, String id, AccountKey from) {
    return new LedgerEntry.Transferred(
        instant(random),
        id,
        from,
        new AccountKey(from.budget() + "x", from.period(), from.unit()),
        1 + amount(random),
        "",
        name(random),
        random.nextBoolean() ? null : instant(random));
  }

  private static LedgerEntry.Rolled rolled(Random random, AccountKey from) {
    boolean ends = random.nextInt(4) == 0;
    List<LedgerEntry.CarriedLot> carried = new ArrayList<>();
    for (int i = ends ? 0 : random.nextInt(4); i > 0; i--) {
      carried.add(
          new LedgerEntry.CarriedLot(
              "lot-" + i,
              1 + amount(random),
              random.nextInt(),
              random.nextBoolean() ? null : instant(random)));
    }
    return new LedgerEntry.Rolled(
        instant(random),
        from,
        ends ? null : new AccountKey(from.budget(), "2027-01", from.unit()),
        carried,
        amount(random),
        amount(random),
        ends ? 0 : amount(random));
  }

  /** What the ledger keeps of an instant is what these tests compare. */
  static List<Posting> normal(List<Posting> postings) {
    return List.copyOf(postings);
  }
}
