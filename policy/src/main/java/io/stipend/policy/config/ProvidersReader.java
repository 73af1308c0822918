package io.stipend.policy.config;

import io.stipend.metering.Suggestion;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the section {@code providers}. */
final class ProvidersReader {
  private static final List<String> DIALECTS = List.of("openai", "anthropic", "gemini");

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
      URI url = url(section.require("url"));
      Secret key = secrets.read(section.get("key"));
      String dialect = dialect(name, section);
      List<String> models = ModelsReader.patterns(section.get("models"));
      return url == null || dialect == null
          ? null
          : new ProviderConfig(name, url, key, dialect, models);
    }
  }

  private static @Nullable String dialect(String name, Section section) {
    Value value = section.get("dialect");
    String expected = "one of " + String.join(", ", DIALECTS);
    if (value == null) {
      if (!DIALECTS.contains(name)) {
        section
            .problems()
            .add(
                section.place(),
                section.path()
                    + ": dialect is missing (expected: "
                    + expected
                    + "; only a provider of such a name needs none)");
        return null;
      }
      return name;
    }
    String text = value.text(expected);
    if (text != null && !DIALECTS.contains(text)) {
      value.problem(
          Problems.shown(text) + " (expected: " + expected + ")" + Suggestion.hint(text, DIALECTS));
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
