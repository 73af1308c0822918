package io.stipend.metering.ledger;

import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageSource;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One fact of the ledger. Facts are never changed; what was wrong is mended by another fact. */
public sealed interface LedgerEntry {
  /** When it happened. */
  Instant at();

  /**
   * Funds given to an account.
   *
   * @param id unique; the id of a recurring grant is derived from its account, so entering it twice
   *     is entering it once
   * @param account the account that receives
   * @param amount in its unit; negative only for {@link GrantKind#ADJUSTMENT}
   * @param kind why it exists
   * @param reason in words; empty for recurring grants
   * @param by who entered it: a person, or {@code stipend}
   * @param expiresAt when the unused part ends; null means with the account's period
   */
  record Granted(
      Instant at,
      String id,
      AccountKey account,
      long amount,
      GrantKind kind,
      String reason,
      String by,
      @Nullable Instant expiresAt)
      implements LedgerEntry {}

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
      String flags)
      implements LedgerEntry {}

  /**
   * An attempt that was never sent has ended; its holds return and nothing is debited.
   *
   * @param id the attempt
   * @param outcome why, in snake case
   */
  record Released(Instant at, AttemptId id, String outcome) implements LedgerEntry {}

  /**
   * The record of a settled attempt is mended: the differences to what stood before.
   *
   * @param correctionId unique
   * @param id the attempt that is mended
   * @param usage the tokens as they stand after the correction
   * @param nanosDelta what is added to the cost; may be negative
   * @param postings what is added to each account's use; may be negative
   * @param by who
   * @param reason why
   */
  record Corrected(
      Instant at,
      String correctionId,
      AttemptId id,
      TokenUsage usage,
      long nanosDelta,
      List<Posting> postings,
      String by,
      String reason)
      implements LedgerEntry {}

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
      implements LedgerEntry {}

  /** A gateway key is refused from now on. */
  record KeyRevoked(Instant at, String keyId, String by) implements LedgerEntry {}

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
