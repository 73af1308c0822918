package io.stipend.policy.config;

import io.stipend.metering.ledger.LedgerEntry.Enrolled;
import io.stipend.metering.ledger.Redaction;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The people whom no quota file holds and whom an issuer vouched for: what the ledger says of them,
 * in memory, the last entry of each. Safe for use by any thread.
 */
public final class Enrolments {
  private final Map<String, Enrolled> byPerson = new ConcurrentHashMap<>();

  /** Nobody. */
  public Enrolments() {}

  /** Those of a ledger, in the order of entry. */
  public Enrolments(Collection<Enrolled> entries) {
    entries.forEach(this::apply);
  }

  /** Lets an entry of the ledger take effect. */
  public void apply(Enrolled entry) {
    if (Redaction.isAlias(entry.person())) {
      // Who was forgotten is nobody who could come.
      return;
    }
    byPerson.put(entry.person(), entry);
  }

  /** Whether an entry would say what the last one of its person says already. */
  public boolean has(Enrolled entry) {
    Enrolled last = byPerson.get(entry.person());
    return last != null
        && last.issuer().equals(entry.issuer())
        && Objects.equals(last.team(), entry.team());
  }

  /** The last entry of a person; null if nobody ever vouched for it. */
  public @Nullable Enrolled of(String person) {
    return byPerson.get(person);
  }

  /** All of them. */
  Set<String> people() {
    return byPerson.keySet();
  }
}
