package io.stipend.metering.ledger;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What of the record goes, entry by entry. Amounts, times, tokens, models and prices stay whatever
 * goes; each entry stays one. The same entry is always answered in the same way, because the record
 * is read twice. For one thread.
 */
abstract class Reduction {
  private final Map<String, Long> counts = new TreeMap<>();

  /** Why, as {@link LedgerEntry.Redacted#what}. */
  abstract String what();

  /** As {@link LedgerEntry.Redacted#about}. */
  abstract String about();

  AccountKey account(AccountKey account) {
    return account;
  }

  Profile profile(Profile profile) {
    return profile;
  }

  /** Whether the labels of an attempt go: session, agents and client. */
  abstract boolean dropsLabels(LedgerEntry.Reserved reserved);

  /** Whether the provider's id of an attempt goes that began so. */
  abstract boolean dropsProviderId(LedgerEntry.Reserved began);

  abstract LedgerEntry fact(LedgerEntry fact);

  /** What goes, by kind. */
  final Map<String, Long> counts() {
    return new TreeMap<>(counts);
  }

  final void count(String kind) {
    counts.merge(kind, 1L, Long::sum);
  }

  /**
   * @param reduced its profile
   */
  final LedgerEntry.Reserved reserved(LedgerEntry.Reserved r, Profile reduced) {
    AttemptFacts f = r.facts();
    boolean labelled =
        f.sessionId() != null
            || f.client() != null
            || f.agentId() != null
            || f.parentAgentId() != null;
    boolean drops = labelled && dropsLabels(r);
    if (drops) {
      count("labels");
    }
    AttemptFacts facts =
        reduced
            .facts(
                drops ? null : f.sessionId(),
                drops ? null : f.client(),
                f.inputEstimate(),
                f.outputCap(),
                f.expectedOutput(),
                f.expectedNanos())
            .sentAs(f.modelSent());
    if (!drops) {
      facts = facts.byAgent(f.agentId(), f.parentAgentId());
    }
    return new LedgerEntry.Reserved(r.at(), r.id(), facts, postings(r.holds()));
  }

  final LedgerEntry.Extended extended(LedgerEntry.Extended e) {
    return new LedgerEntry.Extended(
        e.at(), e.id(), postings(e.more()), e.outputTokens(), e.nanos());
  }

  final LedgerEntry.Settled settled(LedgerEntry.Reserved began, LedgerEntry.Settled s) {
    boolean drops = s.providerRequestId() != null && dropsProviderId(began);
    if (drops) {
      count("provider_request_ids");
    }
    return new LedgerEntry.Settled(
        s.at(),
        s.id(),
        s.usage(),
        s.source(),
        s.outcome(),
        s.httpStatus(),
        s.modelServed(),
        s.serviceTier(),
        s.nanos(),
        drops ? null : s.providerRequestId(),
        postings(s.debits()),
        s.flags(),
        s.units(),
        s.basis());
  }

  final List<Posting> postings(List<Posting> postings) {
    List<Posting> reduced = new ArrayList<>(postings.size());
    for (Posting posting : postings) {
      reduced.add(new Posting(account(posting.account()), posting.amount()));
    }
    return reduced;
  }
}
