package io.stipend.policy.store;

import com.github.benmanes.caffeine.cache.Caffeine;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.policy.Entitlement;
import io.stipend.policy.Principal;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.config.ModelCatalog;
import io.stipend.policy.config.ModelRules;
import io.stipend.policy.config.PrincipalConfig;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.config.Team;
import java.util.List;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * One quota file with all that follows from it. Immutable to the eye: what binds a principal is
 * worked out at its first use and kept while it is in use.
 */
public final class PolicySnapshot {
  /** Principals in use; what binds one of a million others is worked out again. */
  private static final int MAX_BOUND = 100_000;

  private final QuotaFile file;
  private final String hash;
  private final ModelCatalog catalog;
  private final ConcurrentMap<String, Bound> bound =
      Caffeine.newBuilder()
          .maximumSize(MAX_BOUND)
          .executor(Runnable::run)
          .<String, Bound>build()
          .asMap();

  /** What binds one principal, its own first. */
  private record Bound(List<BudgetRule> budgets, List<ModelRules> modelRules) {}

  /**
   * The snapshot of a file.
   *
   * @param file valid
   * @param hash of the file, as {@link QuotaFile.Loaded#hash} has it
   */
  public PolicySnapshot(QuotaFile file, String hash) {
    this.file = file;
    this.hash = hash;
    this.catalog = new ModelCatalog(file);
  }

  /** The snapshot of a file that was loaded. */
  public static PolicySnapshot of(QuotaFile.Loaded loaded) {
    return new PolicySnapshot(loaded.quotaFile(), loaded.hash());
  }

  /** The file. */
  public QuotaFile file() {
    return file;
  }

  /** The file's hash. */
  public String hash() {
    return hash;
  }

  /** Which provider serves which model. */
  public ModelCatalog catalog() {
    return catalog;
  }

  /** What a key gives; null if its person is no longer in the file. */
  public @Nullable Entitlement entitlement(LedgerEntry.KeyCreated key) {
    PrincipalConfig config = file.principals().get(key.person());
    if (config == null) {
      return null;
    }
    Team team = config.team() == null ? null : file.teams().get(config.team());
    Principal principal =
        new Principal(
            config.id(),
            config.service(),
            config.team(),
            team == null ? null : team.costCenter(),
            key.project(),
            key.keyId());
    return new Entitlement(principal, bound(config).budgets, file.limits(config, key.keyId()));
  }

  /** Every model rule that binds a principal; null if it is not in the file. */
  @Nullable List<ModelRules> modelRules(String principalId) {
    PrincipalConfig config = file.principals().get(principalId);
    return config == null ? null : bound(config).modelRules;
  }

  private Bound bound(PrincipalConfig config) {
    return bound.computeIfAbsent(
        config.id(), id -> new Bound(file.budgets(config), file.modelRules(config)));
  }
}
