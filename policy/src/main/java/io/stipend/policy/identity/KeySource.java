package io.stipend.policy.identity;

import io.stipend.policy.config.Issuer;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Where the keys of issuers come from. Safe for use by any thread; nothing blocks. */
public interface KeySource {
  /** Has no keys of anybody. */
  KeySource NONE =
      new KeySource() {
        @Override
        public @Nullable IssuerKeys keys(Issuer issuer, Instant now) {
          return null;
        }

        @Override
        public @Nullable CompletableFuture<Void> refresh(Issuer issuer) {
          return null;
        }
      };

  /** The keys that are good at an instant; null if none were fetched, or too long ago. */
  @Nullable IssuerKeys keys(Issuer issuer, Instant now);

  /**
   * Fetches them anew, if that was not done or tried just now.
   *
   * @return completes when the fetch that is under way has ended, well or not; null if there is
   *     none, because it is too early for another
   */
  @Nullable CompletableFuture<Void> refresh(Issuer issuer);
}
