package io.stipend.metering.reconcile;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The usage and cost reports of a provider, as its API gives them. */
final class Invoice {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Vendor vendor;
  private final Map<List<String>, MeterSums> tokens = new TreeMap<>(Invoice::compare);
  private final Map<List<String>, Long> requests = new TreeMap<>(Invoice::compare);
  private final Map<List<String>, BigDecimal> costs = new TreeMap<>(Invoice::compare);

  Invoice(Vendor vendor) {
    this.vendor = vendor;
  }

  private static int compare(List<String> a, List<String> b) {
    return String.join("\n", a).compareTo(String.join("\n", b));
  }

  void add(Month.Call call, LocalDate day, MeterSums nanos) {
    MeterSums used = MeterSums.of(call.usage());
    tokens.merge(List.of(day.toString(), call.model(), call.tier()), used, MeterSums::plus);
    requests.merge(List.of(day.toString(), call.model(), call.tier()), 1L, Long::sum);
    for (BillMeter meter : BillMeter.TOKENS) {
      boolean isLong = call.usage().inputTotal() > Month.CLIFF;
      cost(day, call.model(), call.tier(), meter.label(), isLong ? "long" : "", nanos.of(meter));
    }
  }

  void cost(LocalDate day, String model, String tier, String what, String size, long nanos) {
    if (nanos != 0) {
      costs.merge(
          List.of(day.toString(), model, tier, what, size),
          BigDecimal.valueOf(nanos, 9),
          BigDecimal::add);
    }
  }

  /** Every cost of a model on a day by this factor. */
  void scale(LocalDate day, String model, String factor) {
    costs.replaceAll(
        (key, cost) ->
            key.get(0).equals(day.toString()) && key.get(1).equals(model)
                ? cost.multiply(new BigDecimal(factor))
                : cost);
  }

  BigDecimal total() {
    return costs.values().stream().reduce(BigDecimal.ZERO, BigDecimal::add);
  }

  List<Path> write(Path folder) throws IOException {
    Path usageFile = folder.resolve("usage.json");
    Path costFile = folder.resolve("costs.json");
    List<ObjectNode> usage = new ArrayList<>();
    List<ObjectNode> cost = new ArrayList<>();
    for (LocalDate day = Month.FIRST; day.isBefore(Month.END); day = day.plusDays(1)) {
      ObjectNode uses = bucket(usage, day);
      ObjectNode charges = bucket(cost, day);
      for (Map.Entry<List<String>, MeterSums> one : tokens.entrySet()) {
        if (one.getKey().get(0).equals(day.toString())) {
          usage(uses.withArray("results").addObject(), one.getKey(), one.getValue());
        }
      }
      for (Map.Entry<List<String>, BigDecimal> one : costs.entrySet()) {
        if (one.getKey().get(0).equals(day.toString())) {
          cost(charges.withArray("results").addObject(), one.getKey(), one.getValue());
        }
      }
    }
    Files.writeString(usageFile, pages(usage));
    Files.writeString(costFile, pages(cost));
    return List.of(usageFile, costFile);
  }

  private ObjectNode bucket(List<ObjectNode> buckets, LocalDate day) {
    ObjectNode bucket = JSON.createObjectNode();
    if (vendor == Vendor.OPENAI) {
      bucket.put("start_time", Scope.start(day).getEpochSecond());
      bucket.put("end_time", Scope.start(day.plusDays(1)).getEpochSecond());
    } else {
      bucket.put("starting_at", day + "T00:00:00Z");
      bucket.put("ending_at", day.plusDays(1) + "T00:00:00Z");
    }
    bucket.putArray("results");
    buckets.add(bucket);
    return bucket;
  }

  /** Two pages, one after another. */
  private static String pages(List<ObjectNode> buckets) {
    StringBuilder text = new StringBuilder();
    for (int page = 0; page < 2; page++) {
      ObjectNode node = JSON.createObjectNode();
      ArrayNode data = node.putArray("data");
      int half = buckets.size() / 2;
      buckets.subList(page == 0 ? 0 : half, page == 0 ? half : buckets.size()).forEach(data::add);
      node.put("has_more", page == 0);
      text.append(node).append('\n');
    }
    return text.toString();
  }

  private void usage(ObjectNode to, List<String> key, MeterSums used) {
    if (vendor == Vendor.OPENAI) {
      to.put("object", "organization.usage.completions.result");
      to.put("input_tokens", used.input());
      to.put("input_cached_tokens", used.of(BillMeter.CACHE_READ));
      to.put("input_cache_write_tokens", used.of(BillMeter.CACHE_WRITE_5M));
      to.put("output_tokens", used.of(BillMeter.OUTPUT));
      to.put("num_model_requests", requests.get(key));
      to.put("project_id", "proj_1").putNull("api_key_id").put("batch", false);
      to.put("model", key.get(1)).put("service_tier", key.get(2));
      return;
    }
    to.put("uncached_input_tokens", used.of(BillMeter.INPUT));
    to.put("cache_read_input_tokens", used.of(BillMeter.CACHE_READ));
    to.putObject("cache_creation")
        .put("ephemeral_5m_input_tokens", used.of(BillMeter.CACHE_WRITE_5M))
        .put("ephemeral_1h_input_tokens", used.of(BillMeter.CACHE_WRITE_1H));
    to.put("output_tokens", used.of(BillMeter.OUTPUT));
    to.putObject("server_tool_use").put("web_search_requests", 0);
    to.putNull("api_key_id").put("workspace_id", "wrkspc_1").put("model", key.get(1));
    to.put("service_tier", key.get(2).equals("default") ? "standard" : key.get(2));
    to.putNull("context_window");
  }

  private void cost(ObjectNode to, List<String> key, BigDecimal amount) {
    String model = key.get(1);
    String tier = key.get(2);
    String what = key.get(3);
    boolean isLong = key.get(4).equals("long");
    if (vendor == Vendor.OPENAI) {
      to.put("object", "organization.costs.result").put("project_id", "proj_1");
      to.putObject("amount").put("value", amount).put("currency", "usd");
      String direction =
          Map.of("input", "input", "cache_read", "cached input", "cache_write_5m", "cache writes")
              .getOrDefault(what, what);
      String item = model + ", " + direction + (isLong ? ", long context" : "");
      to.put(
          "line_item",
          model.isEmpty() ? what : tier.equals("default") ? item : tier + " | " + item);
      return;
    }
    to.put("amount", amount.movePointRight(2).toPlainString()).put("currency", "USD");
    to.put("workspace_id", "wrkspc_1");
    if (model.isEmpty()) {
      to.put("cost_type", what.equals("code_execution") ? what : "tokens");
      to.put("description", what).putNull("model").putNull("token_type");
      return;
    }
    String type =
        Map.of(
                "input", "uncached_input_tokens",
                "cache_read", "cache_read_input_tokens",
                "cache_write_5m", "cache_creation.ephemeral_5m_input_tokens",
                "cache_write_1h", "cache_creation.ephemeral_1h_input_tokens",
                "output", "output_tokens")
            .get(what);
    to.put("cost_type", "tokens").put("token_type", type).put("model", model);
    to.put("description", model + " " + type);
    to.put("service_tier", tier.equals("default") ? "standard" : tier);
    to.put("context_window", isLong ? "200k-1M" : "0-200k");
  }
}
