package io.stipend.policy.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads what a provider is sent as its credential: {@code key}, or several under {@code keys}. */
final class KeysReader {
  private final SecretReader secrets;

  KeysReader(SecretReader secrets) {
    this.secrets = secrets;
  }

  /**
   * A key.
   *
   * @param name empty where it is the only one
   * @param weight its share of the calls
   */
  record Key(String name, Secret secret, int weight) {}

  /** The keys of a provider in the order of the file; none if it wants none. */
  List<Key> read(Section provider) {
    List<Key> keys = new ArrayList<>();
    Value one = provider.get("key");
    Value several = provider.get("keys");
    if (one != null) {
      Secret secret = secrets.read(one);
      if (secret != null) {
        keys.add(new Key("", secret, 1));
      }
    }
    if (several == null) {
      return keys;
    }
    if (one != null) {
      several.problem("stands beside key (expected: one of the two)");
    }
    Section named = several.section("a mapping of names to keys");
    if (named == null) {
      return keys;
    }
    for (Map.Entry<String, Value> entry : named.named().entrySet()) {
      named.checkName(entry.getKey());
      Key key = key(entry.getKey(), entry.getValue());
      if (key != null) {
        keys.add(key);
      }
    }
    if (named.named().isEmpty()) {
      several.problem("is empty (expected: at least one key)");
    }
    return keys;
  }

  /** A secret, or a mapping of it and its weight. */
  private @Nullable Key key(String name, Value value) {
    if (!value.isMapping()) {
      Secret secret = secrets.read(value);
      return secret == null ? null : new Key(name, secret, 1);
    }
    Section section = value.section("a secret, or key and weight");
    if (section == null) {
      return null;
    }
    try (section) {
      Secret secret = secrets.read(section.require("key"));
      int weight = Scalars.count(section.get("weight"), 1, ProvidersReader.MAX_WEIGHT, 1);
      return secret == null ? null : new Key(name, secret, weight);
    }
  }

  /** A provider with these keys: the first as its own, and all of them where it has several. */
  static ProviderConfig with(List<Key> keys, ProviderConfig provider) {
    if (keys.isEmpty()) {
      return provider;
    }
    List<ProviderConfig> perKey = new ArrayList<>();
    for (Key key : keys) {
      perKey.add(with(key, key.weight(), provider, List.of()));
    }
    return keys.size() == 1
        ? with(keys.get(0), provider.weight(), provider, List.of())
        : with(keys.get(0), provider.weight(), provider, perKey);
  }

  private static ProviderConfig with(
      Key key, int weight, ProviderConfig provider, List<ProviderConfig> perKey) {
    return new ProviderConfig(
        provider.name(),
        provider.url(),
        key.secret(),
        provider.dialect(),
        provider.models(),
        provider.prices(),
        provider.usage(),
        provider.cloud(),
        key.name(),
        weight,
        perKey);
  }
}
