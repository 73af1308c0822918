package io.stipend.gateway;

import io.stipend.gateway.admin.AdminAccess;
import io.stipend.gateway.admin.Callers;
import io.stipend.gateway.identity.FetchedKeys;
import io.stipend.gateway.upstream.UpstreamOptions;
import io.stipend.metering.ledger.Ledger;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.policy.config.Enrolments;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.identity.KeyRing;
import io.stipend.policy.store.Freezes;
import io.stipend.policy.store.PolicySnapshot;
import io.stipend.policy.store.PolicyStore;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whom a gateway knows, by keys and by issuers, and what the quota file in force gives them. */
final class Identities implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Identities.class);

  /** How long a start waits for the keys of issuers: the first JWTs find them there then. */
  private static final Duration FIRST_KEYS = Duration.ofSeconds(2);

  private final KeyRing keys;
  private final FetchedKeys issuerKeys;
  private final CompletableFuture<Void> fetched;
  private final Enrolments enrolments;
  private final Freezes freezes;
  private final PolicyStore store;

  Identities(QuotaFile.Loaded loaded, Ledger ledger, InstantSource clock) throws IOException {
    QuotaFile quota = loaded.quotaFile();
    this.issuerKeys = new FetchedKeys(UpstreamOptions.of(quota.gateway()), clock);
    this.fetched = issuerKeys.follow(quota.identity());
    this.keys = KeyRing.open(quota.gateway().data());
    keys.addAll(ledger.keys());
    try (LedgerReader reader = LedgerReader.open(quota.gateway().data())) {
      this.enrolments = new Enrolments(reader.enrolments());
      this.freezes = new Freezes(reader.frozen().values());
    }
    this.store =
        new PolicyStore(
            new PolicySnapshot(quota.with(enrolments), loaded.hash()),
            keys,
            issuerKeys,
            ledger::append);
  }

  KeyRing keys() {
    return keys;
  }

  Freezes freezes() {
    return freezes;
  }

  PolicyStore store() {
    return store;
  }

  /** The quota file in force. */
  QuotaFile file() {
    return store.snapshot().file();
  }

  /** Who may ask the admin listener. */
  Callers callers(AdminAccess access, InstantSource clock) {
    return new Callers(access, keys, store, freezes, clock);
  }

  /** Puts another quota file in force. */
  void swap(QuotaFile.Loaded next) {
    issuerKeys.follow(next.quotaFile().identity());
    store.swap(new PolicySnapshot(next.quotaFile().with(enrolments), next.hash()));
  }

  /** An issuer that does not answer at once keeps nobody else waiting. */
  void awaitKeys() {
    try {
      fetched.get(FIRST_KEYS.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      LOG.info("the keys of an issuer are not there yet; they are fetched in the background");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    issuerKeys.close();
  }
}
