package io.stipend.policy.store;

import io.stipend.metering.ledger.LedgerEntry.Frozen;
import io.stipend.policy.Principal;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Who is frozen now, by scope such as {@code person/ada}: what the ledger says, in memory. Safe for
 * use by any thread; a change counts from the next request on.
 */
public final class Freezes {
  private final Map<String, Frozen> byScope = new ConcurrentHashMap<>();

  /** Nobody is frozen. */
  public Freezes() {}

  /** Those of a ledger, each the last entry of its principal. */
  public Freezes(Collection<Frozen> frozen) {
    frozen.forEach(this::apply);
  }

  /** Lets an entry take effect; it must be durable. */
  public void apply(Frozen entry) {
    if (entry.frozen()) {
      byScope.put(entry.principal(), entry);
    } else {
      byScope.remove(entry.principal());
    }
  }

  /** Whether a principal is frozen. */
  public boolean isFrozen(Principal principal) {
    // Nearly always nobody is: then there is no name to make.
    return !byScope.isEmpty() && of(principal.scope()) != null;
  }

  /** The entry that froze a principal; null if it is not frozen. */
  public @Nullable Frozen of(String scope) {
    return byScope.get(scope);
  }
}
