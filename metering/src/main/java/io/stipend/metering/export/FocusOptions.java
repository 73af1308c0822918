package io.stipend.metering.export;

import java.util.Map;

/**
 * How a FOCUS file is written.
 *
 * @param version of the specification
 * @param providers who stands behind the providers of the quota file, by their names there; one
 *     that is missing here is taken for what its name says
 */
public record FocusOptions(FocusVersion version, Map<String, FocusProvider> providers) {
  /** Version 1.4, with providers by name. */
  public static final FocusOptions DEFAULT = new FocusOptions(FocusVersion.V1_4, Map.of());

  /** Copies the providers. */
  public FocusOptions {
    providers = Map.copyOf(providers);
  }

  FocusProvider provider(String name) {
    FocusProvider known = providers.get(name);
    return known == null ? FocusProvider.named(name) : known;
  }
}
