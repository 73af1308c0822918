package io.stipend.metering.tokens;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.EncodingRegistry;
import com.knuddels.jtokkit.api.EncodingType;
import java.util.Map;
import java.util.Map.Entry;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The exact token counters for models whose tokenizer is public: OpenAI's. Thread-safe.
 *
 * <p>The first count of an encoding loads its tables, which takes about a second and some 100 MB of
 * reading: call {@link #preload} on a background thread at start. The tables never change, so they
 * are loaded and kept once for the whole process, however many instances there are.
 */
public final class TokenCounters {
  /** Model name prefixes, as tiktoken's model table lists them; the longest match decides. */
  private static final TreeMap<String, EncodingType> PREFIXES =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("gpt-4o", EncodingType.O200K_BASE),
              Map.entry("chatgpt-4o", EncodingType.O200K_BASE),
              Map.entry("gpt-4.1", EncodingType.O200K_BASE),
              Map.entry("gpt-4.5", EncodingType.O200K_BASE),
              Map.entry("gpt-5", EncodingType.O200K_BASE),
              Map.entry("o1", EncodingType.O200K_BASE),
              Map.entry("o3", EncodingType.O200K_BASE),
              Map.entry("o4-mini", EncodingType.O200K_BASE),
              Map.entry("codex-mini", EncodingType.O200K_BASE),
              Map.entry("ft:gpt-4o", EncodingType.O200K_BASE),
              Map.entry("ft:gpt-4.1", EncodingType.O200K_BASE),
              Map.entry("ft:o4-mini", EncodingType.O200K_BASE),
              // Its encoding adds special tokens only; those cannot come from plain text.
              Map.entry("gpt-oss", EncodingType.O200K_BASE),
              Map.entry("gpt-4", EncodingType.CL100K_BASE),
              Map.entry("gpt-3.5", EncodingType.CL100K_BASE),
              Map.entry("gpt-35-turbo", EncodingType.CL100K_BASE),
              Map.entry("ft:gpt-4", EncodingType.CL100K_BASE),
              Map.entry("ft:gpt-3.5", EncodingType.CL100K_BASE),
              Map.entry("davinci-002", EncodingType.CL100K_BASE),
              Map.entry("babbage-002", EncodingType.CL100K_BASE),
              Map.entry("text-embedding-3-", EncodingType.CL100K_BASE),
              Map.entry("text-embedding-ada-002", EncodingType.CL100K_BASE)));

  private static final char REPLACEMENT = '\ufffd';

  private static final EncodingRegistry REGISTRY = Encodings.newLazyEncodingRegistry();

  /**
   * The counter for a model's family; null where no public tokenizer exists (Claude, Gemini) or the
   * name is unknown. Cheap: the tables load at the first count.
   */
  public @Nullable TokenCounter forModel(String model) {
    EncodingType type = encodingOf(model);
    return type == null ? null : text -> count(type, text);
  }

  /** Loads the tables of the current encoding (o200k_base). Call it off the event loop. */
  public void preload() {
    count(EncodingType.O200K_BASE, "a");
  }

  private long count(EncodingType type, String text) {
    return REGISTRY.getEncoding(type).countTokensOrdinary(wellFormed(text));
  }

  /**
   * The text with U+FFFD for every surrogate without its other half, which is how it is sent; the
   * tokenizer fails on the original.
   */
  private static String wellFormed(String text) {
    StringBuilder mended = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        continue;
      }
      if (Character.charCount(text.codePointAt(i)) == 2) {
        i++;
        continue;
      }
      mended = mended == null ? new StringBuilder(text) : mended;
      mended.setCharAt(i, REPLACEMENT);
    }
    return mended == null ? text : mended.toString();
  }

  /** Of all prefixes of the model the longest sorts last before or at it among those that match. */
  private static @Nullable EncodingType encodingOf(String model) {
    Entry<String, EncodingType> entry = PREFIXES.floorEntry(model);
    while (entry != null && !model.startsWith(entry.getKey())) {
      entry = PREFIXES.lowerEntry(entry.getKey());
    }
    return entry == null ? null : entry.getValue();
  }
}
