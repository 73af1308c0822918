package io.stipend.gateway.admin;

import io.stipend.gateway.admin.AdminService.AuditLine;
import io.stipend.metering.Unit;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.Entered;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerHead;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.Posting;
import io.stipend.metering.ledger.RatesChanged;
import java.time.Instant;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who changed what, as the ledger has it, in the order of entry: every kind of entry that somebody
 * decided is one case of {@link #line}.
 */
public final class Audit {
  private static final Set<Class<? extends LedgerEntry>> KINDS =
      Set.of(
          LedgerEntry.Granted.class,
          LedgerEntry.Transferred.class,
          LedgerEntry.Lent.class,
          LedgerEntry.Corrected.class,
          LedgerEntry.Frozen.class,
          LedgerEntry.MonthClosed.class,
          LedgerEntry.QuotaChanged.class,
          RatesChanged.class,
          LedgerEntry.Enrolled.class,
          LedgerEntry.KeyCreated.class,
          LedgerEntry.KeyRevoked.class,
          LedgerEntry.Redacted.class);

  private Audit() {}

  /**
   * Streams what was entered within a range of time, oldest first.
   *
   * @return the head of the ledger that was read
   */
  public static LedgerHead each(
      LedgerReader reader, Instant from, Instant to, Consumer<AuditLine> lines) {
    return reader.entered(
        KINDS,
        (Entered one) -> {
          Instant at = one.entry().at();
          Line line = at.isBefore(from) || !at.isBefore(to) ? null : line(one.entry());
          if (line != null) {
            lines.accept(line.of(at, one.batch()));
          }
        });
  }

  /** A line but for when and where it was entered. */
  private record Line(
      String what,
      String by,
      String about,
      String before,
      String after,
      String reason,
      @Nullable String configHash) {
    Line(String what, String by, String about, String before, String after, String reason) {
      this(what, by, about, before, after, reason, null);
    }

    AuditLine of(Instant at, long batch) {
      String detail = after.isEmpty() || reason.isEmpty() ? after + reason : after + ": " + reason;
      return new AuditLine(
          at.toString(), what, by, about, before, after, reason, configHash, batch, detail);
    }
  }

  /** Null for what the gateway entered by rule. */
  private static @Nullable Line line(LedgerEntry entry) {
    Line money = money(entry);
    return money != null ? money : rule(entry);
  }

  private static @Nullable Line money(LedgerEntry entry) {
    if (entry instanceof LedgerEntry.Granted e) {
      return e.kind() != LedgerEntry.GrantKind.ONE_OFF
          ? null
          : new Line(
              "grant",
              e.by(),
              e.account().toString(),
              "",
              amount(e.account(), e.amount()) + end(e.expiresAt()),
              e.reason());
    }
    if (entry instanceof LedgerEntry.Transferred e) {
      return new Line(
          "transfer",
          e.by(),
          e.from().toString(),
          "",
          amount(e.from(), e.amount()) + " to " + e.to() + end(e.expiresAt()),
          e.reason());
    }
    if (entry instanceof LedgerEntry.Lent e) {
      return e.kind() != LedgerEntry.LoanKind.ADVANCE
          ? null
          : new Line(
              "advance",
              e.by(),
              e.account().toString(),
              "",
              amount(e.account(), e.amount()),
              e.reason());
    }
    if (entry instanceof LedgerEntry.Corrected e) {
      return new Line("correction", e.by(), e.id().toString(), "", corrected(e), e.reason());
    }
    return null;
  }

  private static @Nullable Line rule(LedgerEntry entry) {
    if (entry instanceof LedgerEntry.Frozen e) {
      return new Line(
          e.frozen() ? "freeze" : "unfreeze",
          e.by(),
          e.principal(),
          e.frozen() ? "not frozen" : "frozen",
          e.frozen() ? "frozen" : "not frozen",
          e.reason());
    }
    if (entry instanceof LedgerEntry.MonthClosed e) {
      return new Line(
          e.closed() ? "close" : "reopen",
          e.by(),
          e.month(),
          e.closed() ? "open" : "closed",
          e.closed() ? "closed" : "open",
          e.reason());
    }
    if (entry instanceof LedgerEntry.QuotaChanged e) {
      return new Line(
          "quota_file", e.by(), e.configHash(), e.before(), e.after(), "", e.configHash());
    }
    if (entry instanceof RatesChanged e) {
      return new Line("rate_cards", e.by(), e.after(), e.before(), e.what(), "");
    }
    if (entry instanceof LedgerEntry.Enrolled e) {
      return new Line(
          "enrolment",
          "oidc:" + e.issuer(),
          "person/" + e.person(),
          "",
          e.team() == null ? "" : "team " + e.team(),
          "");
    }
    if (entry instanceof LedgerEntry.KeyCreated e) {
      return new Line(
          "key_created",
          e.by(),
          e.keyId(),
          "",
          "of "
              + e.person()
              + (e.project() == null ? "" : ", project " + e.project())
              + end(e.expiresAt()),
          "");
    }
    if (entry instanceof LedgerEntry.KeyRevoked e) {
      return new Line("key_revoked", e.by(), e.keyId(), "in force", "revoked", "");
    }
    if (entry instanceof LedgerEntry.Redacted e) {
      return new Line(
          e.what(), e.by(), e.about(), "", e.batches().size() + " batches hold less", e.reason());
    }
    return null;
  }

  private static String amount(AccountKey account, long amount) {
    return account.unit().format(amount) + " " + account.unit().name();
  }

  private static String end(@Nullable Instant at) {
    return at == null ? "" : ", until " + at;
  }

  /** What stands now; what stood before is not in the entry, so the difference is told. */
  private static String corrected(LedgerEntry.Corrected e) {
    String currency =
        e.postings().stream()
            .map(Posting::account)
            .filter(account -> account.unit().isMoney())
            .map(account -> account.unit().name())
            .findFirst()
            .orElse(Unit.USD.name());
    String sign = e.nanosDelta() < 0 ? "" : "+";
    return "cost "
        + sign
        + new Unit(currency).format(e.nanosDelta())
        + " "
        + currency
        + ", now "
        + e.usage().total()
        + " tokens"
        + (e.priceVersion() == null
            ? ""
            : " by prices " + Objects.requireNonNull(e.priceVersion()));
  }
}
