package io.stipend.metering.ledger;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Puts an alias in the place of somebody's id wherever an entry names them, and drops what they or
 * others typed about them: labels of their calls, names of their keys, reasons. Names of teams,
 * projects and models stay, also where they are the same word.
 */
final class Forgetting extends Reduction {
  /** What aliases begin with. */
  static final String ALIAS = "forgotten-";

  private static final Pattern ALIASES = Pattern.compile(ALIAS + "[0-9a-f]{8}");

  private final String id;
  private final String alias;
  private final UsageTable usage;

  /** An account of theirs within a text, such as the id of a grant. */
  private final Pattern account;

  /** Their id as a word. */
  private final Pattern word;

  /**
   * @param usage of the record as it is, to find whose attempt a correction mends
   */
  Forgetting(String id, String alias, UsageTable usage) {
    this.id = id;
    this.alias = alias;
    this.usage = usage;
    String quoted = Pattern.quote(id);
    account =
        Pattern.compile(
            "(?<![A-Za-z0-9._@-])(person|service)/"
                + quoted
                + "(?=(/[A-Za-z0-9._@-]+)?@[A-Za-z0-9-]+#|$)");
    word = Pattern.compile("(?<![A-Za-z0-9._@-])" + quoted + "(?![A-Za-z0-9_@-]|\\.[A-Za-z0-9])");
  }

  /** Whether a name stands for somebody who was forgotten. */
  static boolean isAlias(String person) {
    return ALIASES.matcher(person).matches();
  }

  @Override
  String what() {
    return "forget";
  }

  @Override
  String about() {
    return alias;
  }

  @Override
  AccountKey account(AccountKey key) {
    return theirs(key) ? new AccountKey(budget(key.budget()), key.period(), key.unit()) : key;
  }

  private boolean theirs(AccountKey key) {
    String budget = key.budget();
    int slash = budget.indexOf('/');
    return slash > 0
        && (budget.startsWith("person/") || budget.startsWith("service/"))
        && budget.startsWith(id, slash + 1)
        && (budget.length() == slash + 1 + id.length()
            || budget.charAt(slash + 1 + id.length()) == '/');
  }

  /** The budget {@code person/ID} or {@code person/ID/RULE} of the alias. */
  private String budget(String budget) {
    int slash = budget.indexOf('/') + 1;
    return budget.substring(0, slash) + alias + budget.substring(slash + id.length());
  }

  @Override
  Profile profile(Profile p) {
    List<AccountKey> accounts = new ArrayList<>(p.accounts().size());
    p.accounts().forEach(key -> accounts.add(account(key)));
    return new Profile(
        p.person().equals(id) ? alias : p.person(),
        p.team(),
        p.costCenter(),
        p.project(),
        p.keyId(),
        p.dialect(),
        p.provider(),
        p.modelRequested(),
        p.requestedTier(),
        p.priceVersion(),
        p.currency(),
        accounts);
  }

  @Override
  boolean dropsLabels(LedgerEntry.Reserved reserved) {
    return reserved.facts().person().equals(id);
  }

  @Override
  boolean dropsProviderId(LedgerEntry.Reserved began) {
    return false;
  }

  @Override
  LedgerEntry fact(LedgerEntry fact) {
    LedgerEntry moved = moved(fact);
    return moved != null ? moved : said(fact);
  }

  /** What moves funds; null if it is something else. */
  private @Nullable LedgerEntry moved(LedgerEntry fact) {
    if (fact instanceof LedgerEntry.Granted g) {
      return new LedgerEntry.Granted(
          g.at(),
          inId(g.id()),
          account(g.account()),
          g.amount(),
          g.kind(),
          reason(theirs(g.account()), g.reason()),
          words(g.by()),
          g.expiresAt(),
          g.priority());
    }
    if (fact instanceof LedgerEntry.Transferred t) {
      return new LedgerEntry.Transferred(
          t.at(),
          inId(t.id()),
          account(t.from()),
          account(t.to()),
          t.amount(),
          reason(theirs(t.from()) || theirs(t.to()), t.reason()),
          words(t.by()),
          t.expiresAt());
    }
    if (fact instanceof LedgerEntry.Lent l) {
      return new LedgerEntry.Lent(
          l.at(),
          inId(l.id()),
          account(l.account()),
          l.amount(),
          l.kind(),
          reason(theirs(l.account()), l.reason()),
          words(l.by()));
    }
    if (fact instanceof LedgerEntry.Expired e) {
      return new LedgerEntry.Expired(
          e.at(), inId(e.id()), account(e.account()), inId(e.lot()), e.amount());
    }
    if (fact instanceof LedgerEntry.Rolled r) {
      AccountKey to = r.to();
      return new LedgerEntry.Rolled(
          r.at(),
          account(r.from()),
          to == null ? null : account(to),
          r.carried().stream().map(this::carried).toList(),
          r.expired(),
          r.repaid(),
          r.owed());
    }
    return fact instanceof LedgerEntry.Corrected c ? corrected(c) : null;
  }

  private LedgerEntry.CarriedLot carried(LedgerEntry.CarriedLot lot) {
    return new LedgerEntry.CarriedLot(
        inId(lot.lot()), lot.amount(), lot.priority(), lot.expiresAt());
  }

  private LedgerEntry corrected(LedgerEntry.Corrected c) {
    return new LedgerEntry.Corrected(
        c.at(),
        c.correctionId(),
        c.id(),
        c.usage(),
        c.nanosDelta(),
        postings(c.postings()),
        words(c.by()),
        reason(theirs(c.id()), c.reason()),
        c.basis(),
        c.priceVersion());
  }

  private boolean theirs(AttemptId attempt) {
    try {
      UsageTable.Row row = usage.find(attempt);
      SettledAttempt settled = row == null ? null : row.settled();
      return settled != null && settled.row().person().equals(id);
    } catch (SQLException e) {
      throw new LedgerException("ledger: attempt " + attempt + ": " + e.getMessage(), e);
    }
  }

  /** What was said or decided. */
  private LedgerEntry said(LedgerEntry fact) {
    if (fact instanceof LedgerEntry.KeyCreated k) {
      boolean own = k.person().equals(id);
      return new LedgerEntry.KeyCreated(
          k.at(),
          k.keyId(),
          own ? alias : k.person(),
          reason(own, k.name()),
          k.project(),
          k.secretHmac(),
          k.expiresAt(),
          words(k.by()));
    }
    if (fact instanceof LedgerEntry.KeyRevoked k) {
      return new LedgerEntry.KeyRevoked(k.at(), k.keyId(), words(k.by()));
    }
    if (fact instanceof LedgerEntry.QuotaChanged q) {
      return new LedgerEntry.QuotaChanged(
          q.at(), q.configHash(), words(q.before()), words(q.after()), words(q.by()));
    }
    if (fact instanceof LedgerEntry.RefusalsCounted r) {
      return r.person().equals(id)
          ? new LedgerEntry.RefusalsCounted(r.at(), alias, r.day(), r.reason(), r.count())
          : r;
    }
    if (fact instanceof LedgerEntry.Frozen f) {
      boolean own = account.matcher(f.principal()).matches();
      return new LedgerEntry.Frozen(
          f.at(),
          f.id(),
          own ? budget(f.principal()) : f.principal(),
          f.frozen(),
          reason(own, f.reason()),
          words(f.by()));
    }
    if (fact instanceof LedgerEntry.AlertRaised a) {
      return new LedgerEntry.AlertRaised(
          a.at(), inId(a.id()), account(a.account()), a.threshold(), words(a.detail()));
    }
    if (fact instanceof LedgerEntry.MonthClosed m) {
      return new LedgerEntry.MonthClosed(
          m.at(), m.month(), m.closed(), words(m.by()), words(m.reason()));
    }
    if (fact instanceof LedgerEntry.Enrolled e) {
      return e.person().equals(id)
          ? new LedgerEntry.Enrolled(e.at(), alias, e.issuer(), e.team())
          : e;
    }
    if (fact instanceof RatesChanged r) {
      return new RatesChanged(r.at(), r.cards(), r.before(), r.after(), r.what(), words(r.by()));
    }
    if (fact instanceof LedgerEntry.Redacted r) {
      return new LedgerEntry.Redacted(
          r.at(), r.id(), r.what(), r.about(), words(r.by()), words(r.reason()), r.batches());
    }
    return fact;
  }

  private String reason(boolean theirs, String text) {
    return theirs ? "" : words(text);
  }

  private String inId(String text) {
    return text.contains(id) ? account.matcher(text).replaceAll("$1/" + alias) : text;
  }

  private String words(String text) {
    return text.contains(id)
        ? word.matcher(inId(text)).replaceAll(Matcher.quoteReplacement(alias))
        : text;
  }
}
