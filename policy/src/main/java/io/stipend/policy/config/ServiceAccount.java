package io.stipend.policy.config;

import java.net.URI;
import java.security.PrivateKey;

/**
 * A service account of Google Cloud, as the file says it that its console hands out.
 *
 * @param email names it
 * @param keyId of its key; empty if the file names none
 * @param key signs what is traded for a token; neither sent nor printed
 * @param tokenUrl where tokens are fetched
 */
public record ServiceAccount(String email, String keyId, PrivateKey key, URI tokenUrl) {
  /** Without the key. */
  @Override
  public String toString() {
    return "ServiceAccount[" + email + "]";
  }
}
