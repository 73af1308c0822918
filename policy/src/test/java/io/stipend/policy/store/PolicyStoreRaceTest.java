package io.stipend.policy.store;

import static io.stipend.policy.config.QuotaFiles.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.ledger.KeyRecord;
import io.stipend.policy.config.QuotaFiles;
import io.stipend.policy.identity.KeyRing;
import io.stipend.policy.identity.NewKey;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicyStoreRaceTest {
  private static final int ROUNDS = Boolean.getBoolean("stipend.tests.full") ? 20_000 : 300;

  private static final String YAML =
      QuotaFiles.PROVIDERS + "services: { bot: { budget: { amount: 1 USD, every: day } } }\n";

  @TempDir Path folder;

  @Test
  void noCacheKeepsARevokedKeyOrForgetsANewOneHoweverManyAskMeanwhile() throws Exception {
    KeyRing ring = KeyRing.open(folder);
    PolicySnapshot snapshot = PolicySnapshot.of(QuotaFiles.loaded(folder, YAML));
    PolicyStore store = new PolicyStore(snapshot, ring);
    AtomicReference<String> asked = new AtomicReference<>("");
    AtomicBoolean done = new AtomicBoolean();
    ExecutorService pool = Executors.newFixedThreadPool(2);
    List<Future<?>> askers = new ArrayList<>();
    for (int t = 0; t < 2; t++) {
      askers.add(
          pool.submit(
              () -> {
                while (!done.get()) {
                  store.entitlement(store.fingerprint(asked.get()), NOW);
                }
              }));
    }
    for (int round = 0; round < ROUNDS; round++) {
      NewKey key = ring.create("bot", "", null, null, "root", NOW);
      asked.set(key.reveal());
      ring.add(new KeyRecord(key.created(), null));
      assertThat(store.entitlement(store.fingerprint(key.reveal()), NOW))
          .as("added, round %d", round)
          .isNotNull();
      if (round % 10 == 0) {
        store.swap(
            PolicySnapshot.of(
                new io.stipend.policy.config.QuotaFile.Loaded(
                    snapshot.file(), "", List.of(), List.of())));
      }
      ring.revoke(key.created().keyId(), "root", NOW);
      assertThat(store.entitlement(store.fingerprint(key.reveal()), NOW))
          .as("revoked, round %d", round)
          .isNull();
    }
    done.set(true);
    for (Future<?> asker : askers) {
      asker.get();
    }
    pool.shutdown();
  }
}
