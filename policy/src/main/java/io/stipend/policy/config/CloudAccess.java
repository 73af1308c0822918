package io.stipend.policy.config;

import org.jspecify.annotations.Nullable;

/** How requests to a cloud say who sends them, where no fixed key does. */
public sealed interface CloudAccess {
  /**
   * A key of AWS, by which each request is signed.
   *
   * @param region whose endpoint is called; part of every signature
   * @param accessKeyId names the key; it is sent, and is no secret
   * @param secretAccessKey signs, and is never sent
   * @param sessionToken sent with temporary keys; null if the key is none
   */
  record Aws(
      String region, String accessKeyId, Secret secretAccessKey, @Nullable Secret sessionToken)
      implements CloudAccess {}

  /**
   * A service account of Google Cloud, for which tokens are fetched.
   *
   * @param project that is billed
   * @param location whose endpoint is called
   * @param account who asks
   */
  record Google(String project, String location, ServiceAccount account) implements CloudAccess {}

  /** What of it is sent and must be shown to nobody; null if nothing is. */
  default @Nullable Secret sent() {
    return this instanceof Aws aws ? aws.sessionToken() : null;
  }
}
