package io.stipend.policy.config;

import io.stipend.metering.Suggestion;
import io.stipend.policy.config.ProviderConfig.StreamUsage;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the section {@code providers}. */
final class ProvidersReader {
  private static final List<String> DIALECTS =
      List.of("openai", "azure", "anthropic", "gemini", CloudReader.BEDROCK, CloudReader.VERTEX);
  private static final String EXPECTED = "one of " + String.join(", ", DIALECTS);

  /** The largest share; only their ratios count. */
  static final int MAX_WEIGHT = 1_000;

  private final SecretReader secrets;
  private boolean complete = true;

  ProvidersReader(SecretReader secrets) {
    this.secrets = secrets;
  }

  List<ProviderConfig> read(@Nullable Value value) {
    List<ProviderConfig> providers = new ArrayList<>();
    Section section = value == null ? null : value.section("a mapping of names to providers");
    if (value == null || section == null) {
      return providers;
    }
    for (Map.Entry<String, Value> entry : section.named().entrySet()) {
      section.checkName(entry.getKey());
      ProviderConfig provider = provider(entry.getKey(), entry.getValue());
      if (provider == null) {
        complete = false;
      } else {
        providers.add(provider);
      }
    }
    if (section.named().isEmpty()) {
      value.problem("is empty (expected: at least one provider)");
    }
    return providers;
  }

  /** Whether every provider that the file names could be read. */
  boolean complete() {
    return complete;
  }

  private @Nullable ProviderConfig provider(String name, Value value) {
    Section section = value.section("a mapping with url and key");
    if (section == null) {
      return null;
    }
    try (section) {
      Value keyValue = section.get(section.get("key") == null ? "keys" : "key");
      List<KeysReader.Key> keys = new KeysReader(secrets).read(section);
      String dialect = dialect(name, section);
      CloudReader cloud = new CloudReader(secrets, section, dialect);
      Value address = cloud.isCloud() ? section.get("url") : section.require("url");
      String usual = cloud.address();
      URI url = address == null && usual != null ? URI.create(usual) : url(address);
      List<String> models = ModelsReader.patterns(section.get("models"));
      if (address != null
          && url != null
          && "azure".equals(dialect)
          && url.getRawPath().endsWith("/openai")) {
        address.problem("ends with /openai (expected: without; the clients' own paths begin so)");
      }
      Value cards = section.get("prices");
      String prices = cards == null ? dialect : known(cards);
      StreamUsage usage = usage(section.get("usage"), dialect);
      int weight = Scalars.count(section.get("weight"), 1, MAX_WEIGHT, 0);
      CloudAccess access = cloud.isCloud() ? cloud.access(keyValue) : null;
      return url == null || dialect == null || prices == null
          ? null
          : KeysReader.with(
              keys,
              new ProviderConfig(
                  name, url, null, dialect, models, prices, usage, access, "", weight, List.of()));
    }
  }

  /** Only who serves vLLM knows the field by which it is asked; all others refuse the call. */
  private static StreamUsage usage(@Nullable Value value, @Nullable String dialect) {
    StreamUsage usage = value == null ? null : Scalars.word(value, StreamUsage.class);
    if (value != null && usage == StreamUsage.CONTINUOUS && !"openai".equals(dialect)) {
      value.problem("is known to vLLM alone (expected: last, or the dialect openai)");
    }
    return usage == null ? StreamUsage.LAST : usage;
  }

  private static @Nullable String dialect(String name, Section section) {
    Value value = section.get("dialect");
    if (value == null) {
      if (!DIALECTS.contains(name)) {
        section
            .problems()
            .add(
                section.place(),
                section.path()
                    + ": dialect is missing (expected: "
                    + EXPECTED
                    + "; only a provider of such a name needs none)");
        return null;
      }
      return name;
    }
    return known(value);
  }

  private static @Nullable String known(Value value) {
    String text = value.text(EXPECTED);
    if (text != null && !DIALECTS.contains(text)) {
      value.problem(
          Problems.shown(text) + " (expected: " + EXPECTED + ")" + Suggestion.hint(text, DIALECTS));
      return null;
    }
    return text;
  }

  /** No message repeats the address: it may hold a password. */
  private static @Nullable URI url(@Nullable Value value) {
    String expected = "http:// or https://, a host and at most a port and a path";
    String text = value == null ? null : value.text(expected);
    if (value == null || text == null) {
      return null;
    }
    try {
      URI uri = new URI(text.replaceAll("/+$", ""));
      boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      if (http
          && uri.getHost() != null
          && uri.getRawUserInfo() == null
          && uri.getRawQuery() == null
          && uri.getRawFragment() == null) {
        if (uri.getRawPath().endsWith("/v1")) {
          value.problem("ends with /v1 (expected: without; the clients' own paths begin with it)");
        }
        return uri;
      }
    } catch (URISyntaxException e) {
      // Told below.
    }
    value.problem("is no address of a provider (expected: " + expected + ")");
    return null;
  }
}
