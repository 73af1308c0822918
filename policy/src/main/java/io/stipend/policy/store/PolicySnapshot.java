package io.stipend.policy.store;

import com.github.benmanes.caffeine.cache.Caffeine;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerEntry.Enrolled;
import io.stipend.policy.Entitlement;
import io.stipend.policy.Principal;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.config.LimitRule;
import io.stipend.policy.config.ModelCatalog;
import io.stipend.policy.config.ModelRules;
import io.stipend.policy.config.PrincipalConfig;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.config.Team;
import io.stipend.policy.identity.KnownJwt;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
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
  private record Bound(
      @Nullable String team, List<BudgetRule> budgets, List<ModelRules> modelRules) {}

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
    PrincipalConfig config = file.principal(key.person());
    return config == null
        ? null
        : entitlement(config, key.project(), key.keyId(), file.limits(config, key.keyId()));
  }

  /** What the ledger is to say of somebody whom the file does not hold, by what a JWT says. */
  static Enrolled enrolment(QuotaFile file, KnownJwt jwt, Instant now) {
    String team = jwt.teams().stream().filter(file.teams()::containsKey).findFirst().orElse(null);
    return new Enrolled(now, jwt.person(), jwt.issuer().name(), team);
  }

  /**
   * What a JWT gives; null if its person is not in the file and the file gives it nothing: what
   * another JWT of theirs said before counts no more, if this one no longer says it.
   */
  @Nullable Entitlement entitlement(KnownJwt jwt) {
    boolean listed = file.principals().containsKey(jwt.person());
    if (!listed && file.enrolled(enrolment(file, jwt, Instant.EPOCH)) == null) {
      return null;
    }
    PrincipalConfig config = file.principal(jwt.person());
    String keyId = jwt.issuer().keyId();
    // All have that key id, and each has counts of its own.
    return config == null || config.service()
        ? null
        : entitlement(config, null, keyId, file.limits(config, keyId + "/" + jwt.person()));
  }

  private Entitlement entitlement(
      PrincipalConfig config, @Nullable String project, String keyId, List<LimitRule> limits) {
    Team team = config.team() == null ? null : file.teams().get(config.team());
    Principal principal =
        new Principal(
            config.id(),
            config.service(),
            config.team(),
            team == null ? null : team.costCenter(),
            project,
            keyId);
    return new Entitlement(principal, bound(config).budgets, limits);
  }

  /** Every model rule that binds a principal; null if it is not in the file. */
  @Nullable List<ModelRules> modelRules(String principalId) {
    PrincipalConfig config = file.principal(principalId);
    return config == null ? null : bound(config).modelRules;
  }

  /** Only people whom the file does not hold may change their team under one file. */
  private Bound bound(PrincipalConfig config) {
    Bound found = bound.computeIfAbsent(config.id(), id -> bind(config));
    if (!Objects.equals(found.team, config.team())) {
      found = bind(config);
      bound.put(config.id(), found);
    }
    return found;
  }

  private Bound bind(PrincipalConfig config) {
    return new Bound(config.team(), file.budgets(config), file.modelRules(config));
  }
}
