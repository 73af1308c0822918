package io.stipend.policy.identity;

import io.stipend.metering.ledger.KeyRecord;
import io.stipend.metering.ledger.LedgerEntry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The gateway's keys, as a projection of the ledger: only fingerprints (HMAC-SHA-256 under the data
 * folder's pepper) are kept. Safe for use by any thread; readers never wait.
 *
 * <p>A key reads {@code sk-stipend-<id>-<secret>}. Its id is public and names it in lists, in the
 * ledger and for revocation; nothing is looked up by it. A credential is found by the fingerprint
 * of all of it, so the work is the same for a known and an unknown one.
 */
public final class KeyRing {
  /** The file of the pepper in the data folder. */
  public static final String PEPPER_FILE = "pepper";

  private static final String PREFIX = "sk-stipend-";

  /** Longer credentials are none of ours; hashing stops here, so that work is bounded. */
  private static final int MAX_CREDENTIAL = 256;

  /** 256 bits. */
  private static final int SECRET_BYTES = 32;

  private static final int ID_LENGTH = 10;
  private static final String ID_CHARACTERS = "abcdefghijkmnpqrstuvwxyz23456789";

  /** Compared with where nothing was found; no fingerprint, as it is no hex. */
  private static final String NOBODY = "-".repeat(2 * Pepper.LENGTH);

  private final Pepper pepper;
  private final SecureRandom random;
  private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();
  private final Object writing = new Object();

  /** By fingerprint; replaced whole by each change. */
  private volatile Map<String, KeyRecord> keys = Map.of();

  KeyRing(Pepper pepper, SecureRandom random) {
    this.pepper = pepper;
    this.random = random;
  }

  /**
   * An empty ring under the pepper of this folder, which is made if it is missing.
   *
   * @param dataFolder exists
   * @throws IOException if the pepper can be neither read nor made
   */
  public static KeyRing open(Path dataFolder) throws IOException {
    SecureRandom random = new SecureRandom();
    byte[] pepper = SecretFile.readOrCreate(dataFolder.resolve(PEPPER_FILE), Pepper.LENGTH, random);
    return new KeyRing(new Pepper(pepper), random);
  }

  /**
   * Makes a key. It is not in force before its entry is in the ledger and {@link #add} was called.
   *
   * @param person id of a person or service of the quota file
   * @param name what the owner calls it; may be empty
   * @param project attribute of what it spends; null if none
   * @param expires when it ends; null means never
   * @param by who makes it
   */
  public NewKey create(
      String person,
      String name,
      @Nullable String project,
      @Nullable Instant expires,
      String by,
      Instant now) {
    byte[] bytes = new byte[SECRET_BYTES];
    random.nextBytes(bytes);
    String id = newId();
    String secret =
        PREFIX + id + "-" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    return new NewKey(
        secret,
        new LedgerEntry.KeyCreated(
            now, id, person, name, project, pepper.fingerprint(secret), expires, by));
  }

  private String newId() {
    while (true) {
      StringBuilder id = new StringBuilder(ID_LENGTH);
      for (int i = 0; i < ID_LENGTH; i++) {
        id.append(ID_CHARACTERS.charAt(random.nextInt(ID_CHARACTERS.length())));
      }
      if (byId(id.toString()) == null) {
        return id.toString();
      }
    }
  }

  /** Puts a key in force, or replaces what is known of it. */
  public void add(KeyRecord record) {
    addAll(List.of(record));
  }

  /** Puts keys in force, such as all those of a ledger at start. */
  public void addAll(Collection<KeyRecord> records) {
    synchronized (writing) {
      Map<String, KeyRecord> next = new HashMap<>(keys);
      records.forEach(record -> next.put(record.created().secretHmac(), record));
      keys = Map.copyOf(next);
    }
    records.forEach(this::tell);
  }

  /**
   * Refuses a key from now on, also where it is cached.
   *
   * @return the entry that the ledger must take; null if no key of this id is in force
   */
  public LedgerEntry.@Nullable KeyRevoked revoke(String keyId, String by, Instant now) {
    KeyRecord revoked;
    synchronized (writing) {
      KeyRecord record = byId(keyId);
      if (record == null || record.revokedAt() != null) {
        return null;
      }
      revoked = new KeyRecord(record.created(), now);
      Map<String, KeyRecord> next = new HashMap<>(keys);
      next.put(record.created().secretHmac(), revoked);
      keys = Map.copyOf(next);
    }
    tell(revoked);
    return new LedgerEntry.KeyRevoked(now, keyId, by);
  }

  /** All keys, also revoked and expired ones, oldest first. */
  public List<KeyRecord> list() {
    List<KeyRecord> list = new ArrayList<>(keys.values());
    list.sort(
        Comparator.comparing((KeyRecord k) -> k.created().at())
            .thenComparing(k -> k.created().keyId()));
    return list;
  }

  /** The fingerprint of a credential; of no credential, that of an empty one. */
  public String fingerprint(@Nullable String credential) {
    String text = credential == null ? "" : credential;
    return pepper.fingerprint(
        text.length() > MAX_CREDENTIAL ? text.substring(0, MAX_CREDENTIAL) : text);
  }

  /** The key of this fingerprint if it is in force at this instant; null if not. */
  public LedgerEntry.@Nullable KeyCreated find(String fingerprint, Instant now) {
    KeyRecord record = keys.get(fingerprint);
    String known = record == null ? NOBODY : record.created().secretHmac();
    boolean equal =
        MessageDigest.isEqual(
            known.getBytes(StandardCharsets.US_ASCII),
            fingerprint.getBytes(StandardCharsets.US_ASCII));
    return equal && record != null && record.revokedAt() == null && !isExpired(record, now)
        ? record.created()
        : null;
  }

  /** Calls back with the fingerprint of every key that was added or revoked from now on. */
  public void onChange(Consumer<String> listener) {
    listeners.add(listener);
  }

  private void tell(KeyRecord record) {
    listeners.forEach(listener -> listener.accept(record.created().secretHmac()));
  }

  private @Nullable KeyRecord byId(String keyId) {
    for (KeyRecord record : keys.values()) {
      if (record.created().keyId().equals(keyId)) {
        return record;
      }
    }
    return null;
  }

  private static boolean isExpired(KeyRecord record, Instant now) {
    Instant expires = record.created().expiresAt();
    return expires != null && !now.isBefore(expires);
  }
}
