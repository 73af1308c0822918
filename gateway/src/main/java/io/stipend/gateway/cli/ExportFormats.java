package io.stipend.gateway.cli;

import io.stipend.gateway.delivery.AnalyticsJar;
import io.stipend.metering.export.FocusExport;
import io.stipend.metering.export.FocusExport.FocusOptions;
import io.stipend.metering.export.FocusProvider;
import io.stipend.metering.export.FocusVersion;
import io.stipend.metering.export.ParquetEngine;
import io.stipend.metering.export.UsageExport;
import io.stipend.metering.export.UsageFormat;
import io.stipend.policy.config.ProviderConfig;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The formats of {@code usage export}, by name. */
final class ExportFormats {
  private static final String FOCUS = "focus";

  /** Where a vendor itself serves the dialect that is named after it. */
  private static final Map<String, String> VENDOR_DOMAINS =
      Map.of("openai", "openai.com", "anthropic", "anthropic.com", "gemini", "googleapis.com");

  private ExportFormats() {}

  /**
   * The format of this name.
   *
   * @param focusVersion the version of FOCUS; null if none was asked for
   */
  static UsageFormat of(String name, @Nullable String focusVersion, Workspace workspace) {
    String format = name.toLowerCase(Locale.ROOT);
    if (focusVersion != null && !format.equals(FOCUS)) {
      throw usage("--focus-version: " + focusVersion + " (expected: with --format focus)");
    }
    return switch (format) {
      case "csv" -> UsageFormat.of(UsageExport.Format.CSV);
      case "jsonl" -> UsageFormat.of(UsageExport.Format.JSONL);
      case "parquet" -> UsageFormat.parquet(engine());
      case FOCUS -> focus(focusVersion, workspace);
      default -> throw usage("--format: " + name + " (expected: csv, jsonl, parquet or focus)");
    };
  }

  /** What writes Parquet; ends the command where it is missing. */
  static ParquetEngine engine() {
    try {
      return AnalyticsJar.engine();
    } catch (AnalyticsJar.Missing e) {
      throw usage("--format: " + e.getMessage());
    }
  }

  private static UsageFormat focus(@Nullable String label, Workspace workspace) {
    FocusVersion version = label == null ? FocusVersion.V1_4 : FocusVersion.of(label);
    if (version == null) {
      throw usage("--focus-version: " + label + " (expected: " + FocusVersion.labels() + ")");
    }
    Map<String, FocusProvider> providers = new HashMap<>();
    for (ProviderConfig provider : workspace.quota().providers()) {
      providers.put(provider.name(), behind(provider));
    }
    return new FocusExport(new FocusOptions(version, providers));
  }

  /** Clouds have dialects of their own; a vendor's dialect is spoken by many others too. */
  private static FocusProvider behind(ProviderConfig provider) {
    FocusProvider vendor = FocusProvider.ofDialect(provider.dialect());
    String domain = VENDOR_DOMAINS.get(provider.dialect());
    String host = provider.url().getHost();
    boolean own = domain == null || (host != null && ("." + host).endsWith("." + domain));
    return vendor != null && own ? vendor : FocusProvider.named(provider.name());
  }

  private static CommandFailure usage(String message) {
    return new CommandFailure(Exit.USAGE, message);
  }
}
