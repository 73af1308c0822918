package io.stipend.metering.ledger;

import io.stipend.metering.ChargeBasis;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.metering.UsageSource;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One fact of the ledger. Facts are never changed; what was wrong is mended by another fact. */
public sealed interface LedgerEntry {
  /** When it happened. */
  Instant at();

  /**
   * What makes a second entry of its kind the same fact; null where there may be many. The same
   * again, at whatever time, is nothing new; the same id with another content is an error.
   */
  default @Nullable String uniqueId() {
    return null;
  }

  /** What belongs to the prices in force. */
  sealed interface OfPrices extends LedgerEntry permits RatesChanged, RateCardKept {}

  /** An entry that an id of its own tells from all others of its kind. */
  sealed interface Identified extends LedgerEntry {
    /** Unique. */
    String id();

    @Override
    default String uniqueId() {
      return id();
    }
  }

  /**
   * Funds given to an account.
   *
   * @param id unique; of a recurring grant it is derived from the account, so that twice is once
   * @param account the account that receives
   * @param amount in its unit; negative only for {@link GrantKind#ADJUSTMENT}
   * @param kind why it exists
   * @param reason in words; empty for recurring grants
   * @param by who entered it: a person, or {@code stipend}
   * @param expiresAt when the unused part ends; null means with the account's period. What ends
   *     after the period is carried over to the next one.
   * @param priority lower burns first; 0 unless somebody says otherwise
   */
  record Granted(
      Instant at,
      String id,
      AccountKey account,
      long amount,
      GrantKind kind,
      String reason,
      String by,
      @Nullable Instant expiresAt,
      int priority)
      implements Identified {
    /** A grant of priority 0. */
    public Granted(
        Instant at,
        String id,
        AccountKey account,
        long amount,
        GrantKind kind,
        String reason,
        String by,
        @Nullable Instant expiresAt) {
      this(at, id, account, amount, kind, reason, by, expiresAt, 0);
    }
  }

  /** Why a grant exists. */
  enum GrantKind {
    /** The allowance's amount for the period. */
    RECURRING,
    /** The difference that an edit of the quota file made within the period. */
    ADJUSTMENT,
    /** A top-up that somebody entered. */
    ONE_OFF
  }

  /**
   * Funds moved from one account to another; they are a lot of the receiver, of priority 0.
   *
   * @param id unique, among grants too: it names the lot
   * @param from who gives: its {@code sent} grows
   * @param to who receives, in the same unit: its {@code received} grows
   * @param amount in that unit, positive
   * @param reason in words
   * @param by who entered it
   * @param expiresAt when the unused part ends; null means with the receiver's period
   */
  record Transferred(
      Instant at,
      String id,
      AccountKey from,
      AccountKey to,
      long amount,
      String reason,
      String by,
      @Nullable Instant expiresAt)
      implements Identified {
    /** Refuses what is no transfer. */
    public Transferred {
      Amounts.positive("amount", amount);
      if (from.equals(to) || !from.unit().equals(to.unit())) {
        throw new IllegalArgumentException(
            "to: " + to + " (expected: another account that counts " + from.unit().name() + ")");
      }
    }
  }

  /**
   * Funds that an account may spend now and that the grant of the next period repays; or what of
   * them the end of a call left unused and goes back at once.
   *
   * @param id unique
   * @param account the account that borrows
   * @param amount in its unit; negative only of {@link LoanKind#FINISH}: given back
   * @param kind why it exists; limits are per kind
   * @param reason in words; may be empty
   * @param by who entered it: a person, or {@code stipend}
   */
  record Lent(
      Instant at,
      String id,
      AccountKey account,
      long amount,
      LoanKind kind,
      String reason,
      String by)
      implements Identified {
    /** Refuses what is no loan. */
    public Lent {
      if (kind != LoanKind.FINISH || amount == 0) {
        Amounts.positive("amount", amount);
      }
    }
  }

  /** Why a loan exists. */
  enum LoanKind {
    /** The allowance lets an empty account be overdrawn. */
    OVERDRAFT,
    /** A running agent session may end. */
    FINISH,
    /** Somebody asked for a part of the next period's grant. */
    ADVANCE
  }

  /**
   * What was left of a lot ended unused, within its account's period.
   *
   * @param id unique: {@code expired:<account>:<lot>:<n>}
   * @param account the account
   * @param lot id of its lot
   * @param amount what ended, positive; that lot is worth so much less
   */
  record Expired(Instant at, String id, AccountKey account, String lot, long amount)
      implements Identified {
    /** Refuses what is no expiry. */
    public Expired {
      Amounts.positive("amount", amount);
    }
  }

  /**
   * The period of an account ended, and its last hold: the account is closed for good, and what is
   * left of it is carried over or expires.
   *
   * @param from the account that ends
   * @param to the account of a later period that goes on; null if nothing is carried and nothing
   *     owed
   * @param carried what is left of lots that live on: of {@code to} now, by the same ids
   * @param expired what is left of all other lots
   * @param repaid the part of its loans that was not used and returns there and then, less what it
   *     could not repay of an earlier debt and is owed on
   * @param owed the part that was used, and that debt: {@code to} repays it
   */
  record Rolled(
      Instant at,
      AccountKey from,
      @Nullable AccountKey to,
      List<CarriedLot> carried,
      long expired,
      long repaid,
      long owed)
      implements LedgerEntry {
    /** Refuses a roll to nowhere of something. */
    public Rolled {
      carried = List.copyOf(carried);
      Amounts.notNegative("expired", expired);
      Amounts.notNegative("owed", owed);
      Amounts.notNegative("repaid + owed", Math.addExact(repaid, owed));
      if (to == null && (!carried.isEmpty() || owed != 0)) {
        throw new IllegalArgumentException(
            "to: null, carried " + carried + ", owed " + owed + " (expected: an account)");
      }
      if (to != null && (to.equals(from) || !to.unit().equals(from.unit()))) {
        throw new IllegalArgumentException(
            "to: " + to + " (expected: another account that counts " + from.unit().name() + ")");
      }
    }

    @Override
    public String uniqueId() {
      return "rolled:" + from;
    }
  }

  /**
   * A lot that lives on in the account of a later period, granted there by the roll.
   *
   * @param lot its id
   * @param amount what is left of it, positive
   * @param priority lower burns first
   * @param expiresAt when the unused part ends; null means with the period that it enters
   */
  record CarriedLot(String lot, long amount, int priority, @Nullable Instant expiresAt) {
    /** Refuses what is no lot. */
    public CarriedLot {
      Amounts.positive("amount", amount);
    }
  }

  /**
   * A principal is frozen, or no longer; the last one decides.
   *
   * @param id unique
   * @param principal scope such as {@code person/ada}
   * @param frozen whether all that it asks for is refused from now on
   * @param reason in words
   * @param by who
   */
  record Frozen(Instant at, String id, String principal, boolean frozen, String reason, String by)
      implements Identified {}

  /**
   * Somebody was told that an account reached a threshold; once, because ids are.
   *
   * @param id unique: {@code alert:<account>:<threshold>}
   * @param account the account
   * @param threshold its name, such as {@code 80} or {@code forecast}
   * @param detail in words
   */
  record AlertRaised(Instant at, String id, AccountKey account, String threshold, String detail)
      implements Identified {}

  /**
   * A month is closed, or open again; the last one decides. Later corrections go to the open one.
   *
   * @param month the UTC month, such as {@code 2026-11}
   * @param closed whether it is closed from now on
   * @param by who
   * @param reason in words; may be empty
   */
  record MonthClosed(Instant at, String month, boolean closed, String by, String reason)
      implements LedgerEntry {}

  /**
   * An issuer of identities vouched for a person whom no quota file holds, for the first time or
   * with another team; the last one of a person decides.
   *
   * @param person the person's id
   * @param issuer the issuer's name in the quota file
   * @param team a team of the quota file; null if none
   */
  record Enrolled(Instant at, String person, String issuer, @Nullable String team)
      implements LedgerEntry {}

  /**
   * Funds are held for an attempt. {@code at} decides the period and is the export's {@code
   * started_at}.
   *
   * @param id the attempt
   * @param facts what is known of it
   * @param holds one posting per account that binds
   */
  record Reserved(Instant at, AttemptId id, AttemptFacts facts, List<Posting> holds)
      implements LedgerEntry {}

  /**
   * More is held for an open attempt.
   *
   * @param more what is added to each hold
   * @param outputTokens output seen so far
   * @param nanos cost of the input estimate and that output
   */
  record Extended(Instant at, AttemptId id, List<Posting> more, long outputTokens, long nanos)
      implements LedgerEntry {}

  /**
   * An attempt that was sent has ended; its holds return and its debits stand.
   *
   * @param at when it ended
   * @param id the attempt
   * @param usage tokens by kind
   * @param source how they are known
   * @param outcome name of the exchange's outcome in snake case, such as {@code completed}
   * @param httpStatus the provider's status; 0 if none came
   * @param modelServed the model that the provider named, else the requested one
   * @param serviceTier the tier that was served; null if unknown
   * @param nanos the cost
   * @param providerRequestId the provider's own id; null if none came
   * @param debits one posting per account that was held
   * @param flags anything to look at, such as {@code absurd_usage}; empty if nothing
   * @param units what was used that is not a token
   * @param basis how the lines of the cost are found; {@link ChargeBasis#NONE} if it has none
   */
  record Settled(
      Instant at,
      AttemptId id,
      TokenUsage usage,
      UsageSource source,
      String outcome,
      int httpStatus,
      String modelServed,
      @Nullable String serviceTier,
      long nanos,
      @Nullable String providerRequestId,
      List<Posting> debits,
      String flags,
      Units units,
      ChargeBasis basis)
      implements LedgerEntry {
    /** The end of an attempt that used nothing but tokens, and whose cost has no lines. */
    public Settled(
        Instant at,
        AttemptId id,
        TokenUsage usage,
        UsageSource source,
        String outcome,
        int httpStatus,
        String modelServed,
        @Nullable String serviceTier,
        long nanos,
        @Nullable String providerRequestId,
        List<Posting> debits,
        String flags) {
      this(
          at,
          id,
          usage,
          source,
          outcome,
          httpStatus,
          modelServed,
          serviceTier,
          nanos,
          providerRequestId,
          debits,
          flags,
          Units.NONE,
          ChargeBasis.NONE);
    }
  }

  /**
   * An attempt that was never sent has ended; its holds return and nothing is debited.
   *
   * @param id the attempt
   * @param outcome why, in snake case
   */
  record Released(Instant at, AttemptId id, String outcome) implements LedgerEntry {}

  /**
   * The record of a settled attempt is mended: the differences to what stood before. What was used
   * beside tokens stays as it was settled, and so do prices unless the correction names others.
   *
   * @param correctionId unique
   * @param id the attempt that is mended
   * @param usage the tokens as they stand after the correction
   * @param nanosDelta what is added to the cost; may be negative
   * @param postings what is added to each account's use; may be negative
   * @param by who
   * @param reason why
   * @param basis how the lines are found of the cost as it stands after the correction; null if by
   *     the prices that stood before
   * @param priceVersion version of the rate card by which the attempt is priced from now on; null
   *     if that does not change
   */
  record Corrected(
      Instant at,
      String correctionId,
      AttemptId id,
      TokenUsage usage,
      long nanosDelta,
      List<Posting> postings,
      String by,
      String reason,
      @Nullable ChargeBasis basis,
      @Nullable String priceVersion)
      implements LedgerEntry {
    /** A correction that leaves prices as they are. */
    public Corrected(
        Instant at,
        String correctionId,
        AttemptId id,
        TokenUsage usage,
        long nanosDelta,
        List<Posting> postings,
        String by,
        String reason) {
      this(at, correctionId, id, usage, nanosDelta, postings, by, reason, null, null);
    }

    /** The same with other postings. */
    public Corrected with(List<Posting> other) {
      return new Corrected(
          at, correctionId, id, usage, nanosDelta, other, by, reason, basis, priceVersion);
    }

    @Override
    public String uniqueId() {
      return correctionId;
    }
  }

  /**
   * A gateway key exists from now on.
   *
   * @param keyId public id
   * @param person whose it is
   * @param name what the owner calls it; may be empty
   * @param project attribute of what it spends; null if none
   * @param secretHmac HMAC-SHA-256 of the key under the data folder's pepper, in hex
   * @param expiresAt when it ends; null means never
   * @param by who made it
   */
  record KeyCreated(
      Instant at,
      String keyId,
      String person,
      String name,
      @Nullable String project,
      String secretHmac,
      @Nullable Instant expiresAt,
      String by)
      implements LedgerEntry {
    @Override
    public String uniqueId() {
      return keyId;
    }
  }

  /** A gateway key is refused from now on. */
  record KeyRevoked(Instant at, String keyId, String by) implements LedgerEntry {
    @Override
    public String uniqueId() {
      return keyId;
    }
  }

  /**
   * The quota file in force changed.
   *
   * @param configHash SHA-256 of the file as it stands now, in hex
   * @param before what stood before, in short; empty at first
   * @param after what stands now, in short
   * @param by who
   */
  record QuotaChanged(Instant at, String configHash, String before, String after, String by)
      implements LedgerEntry {}

  /**
   * Earlier batches hold less than they were written with. What they hold now is proven by this.
   *
   * @param id unique
   * @param what why: {@code forget}, or the classes of a retention
   * @param about the alias of who was forgotten, or until when each class went
   * @param by who
   * @param reason in words; may be empty
   * @param batches what they hold now, by number; each of an earlier batch
   */
  record Redacted(
      Instant at,
      String id,
      String what,
      String about,
      String by,
      String reason,
      List<ReducedBatch> batches)
      implements Identified {}

  /**
   * Refusals of one person, day and reason since the last such entry.
   *
   * @param person id of the principal; empty where the credential named none
   * @param day the UTC day, such as {@code 2026-11-23}
   * @param reason the refusal reason in snake case
   * @param count how many more
   */
  record RefusalsCounted(Instant at, String person, String day, String reason, long count)
      implements LedgerEntry {}
}
