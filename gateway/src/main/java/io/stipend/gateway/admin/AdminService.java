package io.stipend.gateway.admin;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import io.stipend.metering.ledger.KeyRecord;
import io.stipend.metering.ledger.LedgerEntry;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What an operator may ask. The records are the JSON of the admin listener, field by field in snake
 * case; amounts are decimal strings and times RFC 3339. Every call may block; every change is
 * durable when its call returns.
 *
 * <p>All methods throw {@link AdminException}. {@code by} names who asks, for the ledger.
 */
public interface AdminService {
  /** Balances of every person and service of the quota file, by id. */
  List<PersonBalance> balances();

  /** Balances of one person or service. */
  PersonBalance balance(String person);

  /** Makes a key; its secret is in the answer and nowhere else. */
  KeyMade createKey(KeyOrder order, String by);

  /** Every key that was ever made, in the order of making. */
  List<KeyLine> keys();

  /** Refuses a key from the next request on; revoking twice is revoking once. */
  KeyLine revokeKey(String id, String by);

  /** What one person or service has, lot by lot. */
  PersonAllowance allowance(String person);

  /**
   * Rows of the usage export of one person or service.
   *
   * @param from first instant, by {@code started_at}; null for the beginning of this month
   * @param to the instant after the last one; null for now
   */
  UsageOfOne usage(String person, @Nullable String from, @Nullable String to);

  /**
   * Every change that somebody made, in the order of entry.
   *
   * @param from first instant; null for the beginning
   * @param to the instant after the last one; null for now
   * @throws AdminException also if there are more than one answer holds
   */
  List<AuditLine> audit(@Nullable String from, @Nullable String to);

  /** Enters a one-off grant on a person's own budget. */
  GrantMade grant(GrantOrder order, String by);

  /** Moves what is left of one person or team pool to another, within the giver's rule. */
  TransferMade transfer(TransferOrder order, String by);

  /** Lends a person a part of the next period's grant, within the rule. */
  AdvanceMade advance(AdvanceOrder order, String by);

  /** Refuses all that a person asks for from the next request on, or no longer. */
  FreezeMade freeze(FreezeOrder order, String by);

  /** Mends a settled attempt by a new entry. */
  CorrectionMade correct(CorrectionOrder order, String by);

  /** Prices settled attempts under another card, and enters the differences. */
  RerateMade rerate(RerateOrder order, String by);

  /** Every month that ever was closed, oldest first. */
  List<MonthLine> months();

  /** Closes a month that is over, or opens one that is closed. */
  MonthLine closeMonth(MonthOrder order, String by);

  /**
   * Usage of one.
   *
   * @param rows as the lines of an export, oldest first
   */
  record UsageOfOne(String person, String from, String to, JsonNode rows) {}

  /**
   * A change.
   *
   * @param what its kind, such as {@code grant}
   * @param by who made it; {@code stipend} of what the gateway saw by itself
   * @param about a person, an account, a key, a month, an exchange, or the hash of the quota file
   * @param before what was, in words; empty if nothing or not known
   * @param after what is since then, in words
   * @param reason why, as it was said; empty if nothing was
   * @param configHash hash of the quota file that is in force since then; null if it is not about
   *     one
   * @param batch number of the batch of the ledger that holds it
   * @param detail after and reason in one text
   */
  record AuditLine(
      String at,
      String what,
      String by,
      String about,
      String before,
      String after,
      String reason,
      @Nullable String configHash,
      long batch,
      String detail) {}

  /**
   * A key to make.
   *
   * @param person whose; of a key with a role the name of who holds it
   * @param name what the owner calls it; null for none
   * @param project attribute of all it spends; null for none
   * @param expires a date, an RFC 3339 instant or a duration such as {@code 90d}; null for never
   * @param role what it may do on the admin listener; null for a person's or service's own key
   */
  record KeyOrder(
      String person,
      @Nullable String name,
      @Nullable String project,
      @Nullable String expires,
      @Nullable String role) {
    /** Checks that the person is given. */
    public KeyOrder {
      required("person", person);
    }

    /** A key of a person's or service's own. */
    public KeyOrder(
        String person, @Nullable String name, @Nullable String project, @Nullable String expires) {
      this(person, name, project, expires, null);
    }
  }

  /**
   * A key that was made.
   *
   * @param id its public id
   * @param person whose; {@code admin:ROLE} of a key with a role
   * @param key the secret
   */
  record KeyMade(String id, String person, String key) {}

  /** A key without its secret. */
  record KeyLine(
      String id,
      String person,
      String name,
      @Nullable String project,
      String createdAt,
      @Nullable String expiresAt,
      @Nullable String revokedAt) {
    /** Renders a key of the ledger. */
    public static KeyLine of(KeyRecord key) {
      LedgerEntry.KeyCreated made = key.created();
      return new KeyLine(
          made.keyId(),
          made.person(),
          made.name(),
          made.project(),
          made.at().toString(),
          made.expiresAt() == null ? null : made.expiresAt().toString(),
          key.revokedAt() == null ? null : key.revokedAt().toString());
    }
  }

  /**
   * A grant to enter.
   *
   * @param person who receives
   * @param amount a decimal, with or without the budget's unit: {@code 50}, {@code 50 USD}
   * @param reason in words
   * @param expires when the unused part ends: a date, an RFC 3339 instant or a duration such as
   *     {@code 90d}, also after the period's end; null means with the period
   * @param priority lower burns first; null means 0
   * @param budget which of several budgets of its own: how often it is granted, such as {@code
   *     month}; null where only one could be meant
   */
  record GrantOrder(
      String person,
      String amount,
      String reason,
      @Nullable String expires,
      @Nullable Integer priority,
      @Nullable String budget) {
    /** Checks that nothing is missing. */
    public GrantOrder {
      required("person", person);
      required("amount", amount);
      required("reason", reason);
    }
  }

  /**
   * A grant that was entered.
   *
   * @param account which account received, as the ledger names it
   * @param by who approved it
   * @param remaining what is left there now
   */
  record GrantMade(
      String person,
      String account,
      String amount,
      String unit,
      String reason,
      String by,
      @Nullable String expiresAt,
      int priority,
      String remaining) {}

  /**
   * A transfer to enter.
   *
   * @param from a person, a service, or {@code pool/TEAM}
   * @param to the same
   * @param amount as of a grant
   * @param reason in words
   * @param expires as of a grant
   * @param budget as of a grant: which budget gives
   * @param toBudget as of a grant: which budget receives
   */
  record TransferOrder(
      String from,
      String to,
      String amount,
      String reason,
      @Nullable String expires,
      @Nullable String budget,
      @Nullable String toBudget) {
    /** Checks that nothing is missing. */
    public TransferOrder {
      required("from", from);
      required("to", to);
      required("amount", amount);
      required("reason", reason);
    }
  }

  /** A transfer that was entered, with what is left on both sides now. */
  record TransferMade(
      String from,
      String to,
      String fromAccount,
      String toAccount,
      String amount,
      String unit,
      String reason,
      String by,
      @Nullable String expiresAt,
      String fromRemaining,
      String toRemaining) {}

  /**
   * An advance to enter.
   *
   * @param person who borrows
   * @param amount as of a grant
   * @param reason in words
   * @param budget as of a grant
   */
  record AdvanceOrder(String person, String amount, String reason, @Nullable String budget) {
    /** Checks that nothing is missing. */
    public AdvanceOrder {
      required("person", person);
      required("amount", amount);
      required("reason", reason);
    }
  }

  /**
   * An advance that was entered.
   *
   * @param lent all loans of this period
   * @param remaining what is left now
   */
  record AdvanceMade(
      String person,
      String account,
      String amount,
      String unit,
      String reason,
      String by,
      String lent,
      String remaining) {}

  /**
   * A freeze, or its end.
   *
   * @param person who
   * @param frozen whether it is to be frozen
   * @param reason in words
   */
  record FreezeOrder(String person, Boolean frozen, String reason) {
    /** Checks that nothing is missing. */
    public FreezeOrder {
      required("person", person);
      required("frozen", frozen == null ? null : frozen.toString());
      required("reason", reason);
    }
  }

  /**
   * What holds now.
   *
   * @param changed whether it is so only since this order
   * @param since when it was entered; null if it was never otherwise
   */
  record FreezeMade(
      String person,
      boolean frozen,
      boolean changed,
      @Nullable String since,
      @Nullable String reason,
      @Nullable String by) {}

  /**
   * A correction to enter: the tokens as they should stand; what is null stays as it stands.
   *
   * @param exchange id of the exchange
   * @param attempt its number; null if the exchange has only one
   * @param cost the cost as it should stand; null means by the prices of the attempt's start
   * @param reason in words
   * @param id makes a second order of this id the same one, which changes nothing more; null where
   *     every order is another
   */
  record CorrectionOrder(
      String exchange,
      @Nullable Integer attempt,
      @Nullable Long input,
      @Nullable Long cacheRead,
      @Nullable Long cacheWrite,
      @JsonProperty("cache_write_1h") @Nullable Long cacheWrite1h,
      @Nullable Long output,
      @Nullable Long reasoning,
      @Nullable String cost,
      String reason,
      @Nullable String id) {
    /** Checks that nothing is missing. */
    public CorrectionOrder {
      required("exchange", exchange);
      required("reason", reason);
    }

    /** An order that is not the same as any other. */
    public CorrectionOrder(
        String exchange,
        @Nullable Integer attempt,
        @Nullable Long input,
        @Nullable Long cacheRead,
        @Nullable Long cacheWrite,
        @Nullable Long cacheWrite1h,
        @Nullable Long output,
        @Nullable Long reasoning,
        @Nullable String cost,
        String reason) {
      this(
          exchange,
          attempt,
          input,
          cacheRead,
          cacheWrite,
          cacheWrite1h,
          output,
          reasoning,
          cost,
          reason,
          null);
    }

    /** Whether it names no figure that should stand. */
    boolean isEmpty() {
      return Stream.of(input, cacheRead, cacheWrite, cacheWrite1h, output, reasoning, cost)
          .allMatch(Objects::isNull);
    }
  }

  /**
   * Attempts to price under another card.
   *
   * @param card SHA-256 of the card's text, in hex
   * @param packed the text, compressed and in Base64, in parts; empty if the ledger keeps it
   * @param attempts as {@code exchange#attempt}, each once; those that another card prices stay as
   *     they are
   */
  record RerateOrder(String card, List<String> packed, List<String> attempts, String reason) {
    /** Checks that nothing is missing, and bounds what is done at once. */
    public RerateOrder {
      required("card", card);
      required("reason", reason);
      packed = packed == null ? List.of() : List.copyOf(packed);
      attempts = attempts == null ? List.of() : attempts.stream().distinct().toList();
      if (!card.matches("[0-9a-f]{64}")) {
        throw new AdminException(
            AdminException.Kind.INVALID, "card: (expected: 64 digits of a SHA-256 in hex)");
      }
      if (attempts.size() > MAX_ATTEMPTS) {
        throw new AdminException(
            AdminException.Kind.INVALID,
            "attempts: " + attempts.size() + " (expected: at most " + MAX_ATTEMPTS + ")");
      }
    }

    /** Of one order; more are more orders. */
    public static final int MAX_ATTEMPTS = 500;
  }

  /**
   * How many corrections were entered, and what they add to the cost; those of earlier orders are
   * not among them.
   */
  record RerateMade(int corrections, String difference, String currency) {}

  /**
   * A correction that was entered, with the cost before and after.
   *
   * @param month the month of the export in which the difference stands: the attempt's own, or that
   *     of today if the attempt's is closed
   */
  record CorrectionMade(
      String exchange,
      int attempt,
      String costBefore,
      String costAfter,
      String currency,
      long inputTokens,
      long outputTokens,
      String month) {}

  /**
   * A month to close or to reopen.
   *
   * @param month of UTC, such as {@code 2026-11}
   * @param closed whether it is closed from now on
   * @param reason in words; may be null only where the month is closed
   */
  record MonthOrder(String month, @Nullable Boolean closed, @Nullable String reason) {
    /** Checks that nothing is missing. */
    public MonthOrder {
      required("month", month);
      if (closed == null) {
        throw new AdminException(
            AdminException.Kind.INVALID, "closed is missing (expected: true or false)");
      }
      if (!closed) {
        required("reason", reason);
      }
    }

    boolean isClosing() {
      return Boolean.TRUE.equals(closed);
    }
  }

  /**
   * What was said last of a month that ever was closed.
   *
   * @param month of UTC
   * @param closed whether it is closed; else it was reopened
   * @param at when that was said
   * @param by who said it
   * @param reason in words; may be empty
   */
  record MonthLine(String month, boolean closed, String at, String by, String reason) {
    /** Renders an entry of the ledger. */
    public static MonthLine of(LedgerEntry.MonthClosed entry) {
      return new MonthLine(
          entry.month(), entry.closed(), entry.at().toString(), entry.by(), entry.reason());
    }
  }

  private static void required(String field, @Nullable String value) {
    if (value == null || value.isBlank()) {
      throw new AdminException(
          AdminException.Kind.INVALID, field + " is missing (expected: some text)");
    }
  }
}
