package io.stipend.metering.price.catalog;

import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One model of a catalogue, in the words of a rate card. Filled by the reader of the catalogue and
 * by nobody later.
 */
final class Offer {
  static final String INPUT = "input";
  static final String OUTPUT = "output";
  static final String CACHE_READ = "cache_read";
  static final String CACHE_WRITE_5M = "cache_write_5m";
  static final String CACHE_WRITE_1H = "cache_write_1h";

  /** The tier that a request gets when it asks for none in particular. */
  static final String DEFAULT_TIER = "";

  /** Its name in the catalogue, the provider's before it where there are several. */
  final String id;

  /** Whose models it is among: {@code vendor openai} or {@code provider groq}. */
  final String scope;

  /** Its name at the provider. */
  final String model;

  /** Other exact names of the same model. */
  final List<String> names = new ArrayList<>();

  /** What it costs, by the first day; null is from the beginning. */
  final List<Dated> dated = new ArrayList<>();

  /** The most output tokens; null if the catalogue does not say, 0 if it generates nothing. */
  @Nullable Long maxOutput;

  /** Why it must not be priced by this catalogue; empty if nothing speaks against it. */
  final List<String> doubts = new ArrayList<>();

  /** What the format of rate cards cannot say and what is kept out of the price without it. */
  final List<String> notMapped = new ArrayList<>();

  /** Why it is not priced at all, though nothing about it looks wrong. */
  @Nullable String leftOut;

  Offer(String id, String scope, String model) {
    this.id = id;
    this.scope = scope;
    this.model = model;
  }

  /** The prices of one span of time. */
  static final class Dated {
    final @Nullable LocalDate from;

    /** USD for a million tokens, by tier, by size of the request, by meter. */
    final Map<String, TreeMap<Long, Map<String, BigDecimal>>> tiers = new LinkedHashMap<>();

    /** Basis points of the default tier, by tier. */
    final Map<String, Long> multiples = new TreeMap<>();

    /** USD for one, by meter, by variant. */
    final Map<String, Map<String, BigDecimal>> units = new TreeMap<>();

    Dated(@Nullable LocalDate from) {
      this.from = from;
    }

    /** The prices of a tier for requests of more input than this, to be filled. */
    Map<String, BigDecimal> step(String tier, long inputOver) {
      return tiers
          .computeIfAbsent(tier, t -> new TreeMap<>())
          .computeIfAbsent(inputOver, over -> new LinkedHashMap<>());
    }

    /** The prices of the default tier for requests of any size; empty if there are none. */
    Map<String, BigDecimal> base() {
      TreeMap<Long, Map<String, BigDecimal>> ladder = tiers.get(DEFAULT_TIER);
      Map<String, BigDecimal> base = ladder == null ? null : ladder.get(0L);
      return base == null ? Map.of() : base;
    }
  }

  /** The labels of all prices that the catalogue states, as a comparison has them. */
  final Set<String> stated = new HashSet<>();

  boolean generates() {
    return maxOutput == null || maxOutput > 0;
  }
}
