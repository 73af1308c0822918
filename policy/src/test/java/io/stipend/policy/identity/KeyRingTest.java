package io.stipend.policy.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.metering.ledger.KeyRecord;
import io.stipend.metering.ledger.LedgerEntry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyRingTest {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

  @TempDir Path folder;
  private KeyRing ring;

  @BeforeEach
  void open() throws IOException {
    ring = KeyRing.open(folder);
  }

  private NewKey key(String person) {
    NewKey key = ring.create(person, "laptop", "apollo", null, "root", NOW);
    ring.add(new KeyRecord(key.created(), null));
    return key;
  }

  private LedgerEntry.KeyCreated find(String credential) {
    return ring.find(ring.fingerprint(credential), NOW);
  }

  @Test
  void aKeyIsFoundByAllOfItAndByNothingElse() {
    NewKey key = key("ada");
    String secret = key.reveal();
    assertThat(find(secret)).isEqualTo(key.created());
    assertThat(find(secret.substring(0, secret.length() - 1))).isNull();
    assertThat(find(secret + "x")).isNull();
    assertThat(find(secret.toUpperCase(java.util.Locale.ROOT))).isNull();
    assertThat(find(key.created().keyId())).isNull();
    assertThat(find(key.created().secretHmac())).isNull();
    assertThat(find("")).isNull();
    assertThat(find(null)).isNull();
    assertThat(find("x".repeat(1_000_000))).isNull();
    assertThat(find("' OR 1=1")).isNull();
    assertThat(find("\0")).isNull();
  }

  @Test
  void aKeyHasAPublicIdAnd256BitsOfSecret() {
    Set<String> secrets = new HashSet<>();
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < 200; i++) {
      NewKey key = key("ada");
      assertThat(key.reveal()).startsWith("sk-stipend-" + key.created().keyId() + "-");
      String secret = key.reveal().substring(key.reveal().indexOf(key.created().keyId()) + 11);
      assertThat(Base64.getUrlDecoder().decode(secret)).hasSize(32);
      secrets.add(secret);
      ids.add(key.created().keyId());
    }
    assertThat(secrets).hasSize(200);
    assertThat(ids).hasSize(200);
  }

  @Test
  void onlyTheHmacUnderThePepperIsKept() throws Exception {
    NewKey key = key("ada");
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(Files.readAllBytes(folder.resolve("pepper")), "HmacSHA256"));
    byte[] hmac = mac.doFinal(key.reveal().getBytes(StandardCharsets.US_ASCII));
    assertThat(key.created().secretHmac()).isEqualTo(HexFormat.of().formatHex(hmac));
    String secret = key.reveal().substring(key.reveal().lastIndexOf(key.created().keyId()) + 11);
    assertThat(key.toString() + key.created() + ring.list() + ring).doesNotContain(secret);
  }

  @Test
  void aKeyIsNotInForceBeforeItWasAdded() {
    NewKey key = ring.create("ada", "", null, null, "root", NOW);
    assertThat(find(key.reveal())).isNull();
  }

  @Test
  void anExpiredKeyIsNobodys() {
    NewKey key = ring.create("ada", "", null, NOW.plusSeconds(10), "root", NOW);
    ring.add(new KeyRecord(key.created(), null));
    String fingerprint = ring.fingerprint(key.reveal());
    assertThat(ring.find(fingerprint, NOW.plusMillis(9_999))).isNotNull();
    assertThat(ring.find(fingerprint, NOW.plusSeconds(10))).isNull();
  }

  @Test
  void aRevokedKeyIsRefusedAtOnceAndOthersOfThePersonAreNot() {
    NewKey first = key("ada");
    NewKey second = key("ada");
    assertThat(ring.revoke(first.created().keyId(), "root", NOW))
        .isEqualTo(new LedgerEntry.KeyRevoked(NOW, first.created().keyId(), "root"));
    assertThat(find(first.reveal())).isNull();
    assertThat(find(second.reveal())).isNotNull();
    assertThat(ring.revoke(first.created().keyId(), "root", NOW)).isNull();
    assertThat(ring.revoke("nobody", "root", NOW)).isNull();
    assertThat(ring.list()).hasSize(2);
  }

  @Test
  void changesAreTold() {
    List<String> told = new ArrayList<>();
    ring.onChange(told::add);
    NewKey key = key("ada");
    ring.revoke(key.created().keyId(), "root", NOW);
    assertThat(told).containsExactly(key.created().secretHmac(), key.created().secretHmac());
  }

  @Test
  void keysOfTheLedgerAreFoundAgainAfterAStart() throws IOException {
    NewKey key = key("ada");
    NewKey revoked = key("bob");
    ring.revoke(revoked.created().keyId(), "root", NOW);
    KeyRing next = KeyRing.open(folder);
    next.addAll(ring.list());
    assertThat(next.find(next.fingerprint(key.reveal()), NOW)).isEqualTo(key.created());
    assertThat(next.find(next.fingerprint(revoked.reveal()), NOW)).isNull();
    assertThat(next.list()).isEqualTo(ring.list());
  }

  @Test
  void anotherPepperKnowsNoKey(@TempDir Path other) throws IOException {
    NewKey key = key("ada");
    KeyRing stranger = KeyRing.open(other);
    stranger.addAll(ring.list());
    assertThat(stranger.find(stranger.fingerprint(key.reveal()), NOW)).isNull();
  }

  @Test
  void thePepperIsMadeOnceAndOnlyItsOwnerMayReadIt() throws IOException {
    Path pepper = folder.resolve("pepper");
    byte[] made = Files.readAllBytes(pepper);
    assertThat(made).hasSize(32);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(pepper)))
        .isEqualTo("rw-------");
    Files.setPosixFilePermissions(pepper, PosixFilePermissions.fromString("rw-r--r--"));
    KeyRing.open(folder);
    assertThat(Files.readAllBytes(pepper)).isEqualTo(made);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(pepper)))
        .isEqualTo("rw-------");
    assertThat(folder).isDirectoryNotContaining("glob:**.new");
  }

  @Test
  void aPepperOfAnotherLengthIsRefusedRatherThanReplaced() throws IOException {
    Files.write(folder.resolve("pepper"), new byte[5]);
    assertThatThrownBy(() -> KeyRing.open(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("5 bytes (expected: 32)");
    assertThat(Files.size(folder.resolve("pepper"))).isEqualTo(5);
  }
}
