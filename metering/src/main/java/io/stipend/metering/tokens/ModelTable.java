package io.stipend.metering.tokens;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is learned per model, for a bounded number of models: those past the bound share one row.
 */
final class ModelTable<T> {
  /** Far above the models that one deployment uses; a client that invents names gains nothing. */
  static final int MAX_MODELS = 512;

  private final ConcurrentMap<String, T> rows = new ConcurrentHashMap<>();
  private final Supplier<T> newRow;
  private final T shared;

  ModelTable(Supplier<T> newRow) {
    this.newRow = newRow;
    this.shared = newRow.get();
  }

  /** The row of the model; null if nothing was learned about it. */
  @Nullable T find(String model) {
    T row = rows.get(model);
    return row != null || rows.size() < MAX_MODELS ? row : shared;
  }

  /** The row of the model, made at first use. */
  T row(String model) {
    T row = find(model);
    return row != null ? row : rows.computeIfAbsent(model, m -> newRow.get());
  }

  /** The rows of one model each, no more than the bound. */
  Map<String, T> rows() {
    return rows.entrySet().stream()
        .limit(MAX_MODELS)
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }
}
