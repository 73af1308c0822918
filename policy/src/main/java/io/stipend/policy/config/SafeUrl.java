package io.stipend.policy.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Addresses to which nobody on the way can listen: https, or http to this machine. */
public final class SafeUrl {
  /** What is expected of one, in words. */
  public static final String EXPECTED = "https://, or http:// to 127.0.0.1, [::1] or localhost";

  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

  private SafeUrl() {}

  /** The address; null if it is no such one, or names a user or a fragment. */
  public static @Nullable URI of(String text) {
    try {
      URI uri = new URI(text);
      String host = uri.getHost();
      boolean safe =
          "https".equals(uri.getScheme())
              || ("http".equals(uri.getScheme()) && host != null && LOOPBACK.contains(host));
      return safe && host != null && uri.getRawUserInfo() == null && uri.getRawFragment() == null
          ? uri
          : null;
    } catch (URISyntaxException e) {
      return null;
    }
  }
}
