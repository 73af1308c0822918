package io.stipend.metering.price.catalog;

import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The keys of an entry of LiteLLM's file, as far as rate cards can say what they mean. */
final class LiteLlmKeys {
  private static final Map<String, String> METERS =
      Map.ofEntries(
          Map.entry("input_cost_per_token", Offer.INPUT),
          Map.entry("output_cost_per_token", Offer.OUTPUT),
          Map.entry("cache_read_input_token_cost", Offer.CACHE_READ),
          Map.entry("input_cost_per_token_cache_hit", Offer.CACHE_READ),
          Map.entry("cache_creation_input_token_cost", Offer.CACHE_WRITE_5M),
          Map.entry("cache_creation_input_token_cost_above_1hr", Offer.CACHE_WRITE_1H),
          Map.entry("input_cost_per_audio_token", "input_audio"),
          Map.entry("output_cost_per_audio_token", "output_audio"),
          Map.entry("cache_read_input_audio_token_cost", "cache_read_audio"),
          Map.entry("input_cost_per_image_token", "input_image"),
          Map.entry("output_cost_per_image_token", "output_image"));

  private static final Pattern TIERED = Pattern.compile("(.+)_(batches|flex|priority)");
  private static final Pattern ABOVE = Pattern.compile("(.+)_above_([0-9]{1,5})k_tokens");
  private static final long KILO = 1_000;

  /** What else is a price: a word of each. */
  private static final Pattern PRICE = Pattern.compile(".*(cost|price|pricing|multiplier).*");

  private static final Set<String> INFORMATION =
      Set.of(
          "litellm_provider",
          "mode",
          "source",
          "metadata",
          "max_tokens",
          "max_input_tokens",
          "max_output_tokens",
          "supported_endpoints",
          "supported_modalities",
          "supported_output_modalities",
          "supported_regions",
          "prompt_cache_min_tokens",
          "deprecation_date",
          "output_vector_size",
          "rpm",
          "tpm",
          "provider_specific_entry",
          "web_search_billing_unit");

  private LiteLlmKeys() {}

  /**
   * A price of tokens.
   *
   * @param meter in the words of a rate card
   * @param tier empty for the default one
   * @param inputOver the size of request from which it holds
   */
  record TokenPrice(String meter, String tier, long inputOver) {}

  /** What a key prices; null if it is no price of tokens that a rate card can hold. */
  static @Nullable TokenPrice tokenPrice(String key) {
    String rest = key;
    String tier = Offer.DEFAULT_TIER;
    Matcher tiered = TIERED.matcher(rest);
    if (tiered.matches()) {
      rest = tiered.group(1);
      tier = tiered.group(2).equals("batches") ? "batch" : tiered.group(2);
    }
    long over = 0;
    Matcher above = ABOVE.matcher(rest);
    if (above.matches()) {
      rest = above.group(1);
      over = KILO * Long.parseLong(above.group(2));
    }
    String meter = METERS.get(rest);
    return meter == null ? null : new TokenPrice(meter, tier, over);
  }

  static boolean isPrice(String key) {
    return PRICE.matcher(key).matches();
  }

  /** Whether nothing that is paid follows from it. */
  static boolean isInformation(String key) {
    return key.startsWith("supports_") || INFORMATION.contains(key);
  }
}
