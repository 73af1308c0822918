package io.stipend.policy;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Decides who may do what, over one immutable snapshot of the quota file that is swapped whole.
 * Safe for use by any thread; nothing blocks.
 */
public interface PolicyEngine {
  /**
   * Finds whose credential this is. The work is the same for a known and an unknown one.
   *
   * @param credential the secret that the client sent; null if it sent none
   * @return the entitlement, or null: unknown, expired, revoked, or its person is no longer in the
   *     quota file
   */
  default @Nullable Entitlement authenticate(@Nullable String credential, Instant now) {
    return entitlement(fingerprint(credential), now);
  }

  /**
   * What stands for a credential where it is kept or looked up again: nobody can make the
   * credential of it. Of none it is that of an empty one.
   */
  String fingerprint(@Nullable String credential);

  /**
   * What the credential of this fingerprint gives at an instant.
   *
   * @return as {@link #authenticate}
   */
  @Nullable Entitlement entitlement(String fingerprint, Instant now);

  /**
   * Looks at a credential that has no entitlement but may be a good one that comes for the first
   * time: a JWT.
   *
   * @return null if it is not of that kind; else done at once, unless keys must be fetched for it
   */
  default @Nullable CompletableFuture<Introduction> introduce(String credential, Instant now) {
    return null;
  }

  /**
   * Resolves the model and its provider, checks what the principal may use and its limits. A permit
   * holds a lease that the caller must close.
   */
  Decision decide(Entitlement entitlement, ModelCall call, Instant now);

  /**
   * Decides the same call anew for another model of the same API. Nothing is taken from the limits:
   * the permit shares the lease of the one that the call has.
   *
   * @param had the permit that the call has
   * @param model its own name or {@code provider/model}, no alias
   * @return null if the principal may not use it, or it has no price
   */
  @Nullable Permit instead(
      Entitlement entitlement, ModelCall call, Permit had, String model, Instant now);

  /** What this principal may use: model names, sorted, each once for every vendor that has it. */
  List<ModelListing> models(Entitlement entitlement, Instant now);

  /**
   * A model that a principal may use.
   *
   * @param id its name, or an alias
   * @param provider the provider's name
   * @param vendor the provider's dialect
   */
  record ModelListing(String id, String provider, String vendor) {}
}
