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
 * @param keyName what {@code key} is called among several; empty if it is the only one
 * @param weight its share of the calls for a model that several providers serve; 0 if it stands by
 *     for those that have one
 * @param perKey itself with each of its keys, their weight being that of the key; empty where it
 *     has no more than one
 */
public record ProviderConfig(
    String name,
    URI url,
    @Nullable Secret key,
    String dialect,
    List<String> models,
    String prices,
    StreamUsage usage,
    @Nullable CloudAccess cloud,
    String keyName,
    int weight,
    List<ProviderConfig> perKey) {
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
    this(name, url, key, dialect, models, dialect, StreamUsage.LAST, null, "", 0, List.of());
  }

  /** Copies the lists. */
  public ProviderConfig {
    models = List.copyOf(models);
    perKey = List.copyOf(perKey);
  }

  /** The provider's name and, where it has several keys, that of this one: {@code openai/spare}. */
  public String upstream() {
    return keyName.isEmpty() ? name : name + "/" + keyName;
  }

  /** What is sent to it and must be shown to nobody; null if nothing is. */
  public @Nullable Secret sentSecret() {
    return cloud == null ? key : cloud.sent();
  }
}
