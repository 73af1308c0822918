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
 * @param dialect {@code openai}, {@code azure}, {@code anthropic}, {@code gemini}, {@code bedrock}
 *     or {@code vertex}
 * @param models globs of the models it serves; empty means those that the rate cards know for it
 * @param prices the vendor whose rate cards price what no card of its own name does
 * @param usage when its streams say what they used
 * @param cloud how its requests say who sends them, where no key does; null if none is needed
 */
public record ProviderConfig(
    String name,
    URI url,
    @Nullable Secret key,
    String dialect,
    List<String> models,
    String prices,
    StreamUsage usage,
    @Nullable CloudAccess cloud) {
  /** When a stream says what it used. */
  public enum StreamUsage {
    /** At its end. */
    LAST,
    /** With every chunk, if it is asked for as vLLM wants to be asked. */
    CONTINUOUS
  }

  /** One that is priced by the cards of the vendor whose API it speaks. */
  public ProviderConfig(
      String name, URI url, @Nullable Secret key, String dialect, List<String> models) {
    this(name, url, key, dialect, models, dialect, StreamUsage.LAST, null);
  }

  /** Copies the list. */
  public ProviderConfig {
    models = List.copyOf(models);
  }

  /** What is sent to it and must be shown to nobody; null if nothing is. */
  public @Nullable Secret sentSecret() {
    return cloud == null ? key : cloud.sent();
  }
}
