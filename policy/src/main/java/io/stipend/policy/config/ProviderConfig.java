package io.stipend.policy.config;

import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An upstream provider.
 *
 * @param name as the quota file and {@code provider/model} names write it
 * @param url scheme, host, port and an optional path prefix, no trailing slash
 * @param key sent upstream; null if the provider wants none
 * @param dialect {@code openai}, {@code anthropic} or {@code gemini}
 * @param models globs of the models it serves; empty means those that the rate cards know for it
 */
public record ProviderConfig(
    String name, URI url, @Nullable Secret key, String dialect, List<String> models) {
  /** Copies the list. */
  public ProviderConfig {
    models = List.copyOf(models);
  }
}
