package io.stipend.gateway.upstream;

import org.jspecify.annotations.Nullable;

/**
 * A provider as one event loop reaches it.
 *
 * @param pool its connections
 * @param authority the header {@code host}
 * @param prefix stands before the path; with a proxy and plain HTTP the absolute form
 * @param proxyAuthorization sent with every request to a proxy; null if not
 */
record Target(
    OriginPool pool, String authority, String prefix, @Nullable String proxyAuthorization) {
  @Override
  public String toString() {
    return "Target[" + pool.origin() + "]";
  }
}
