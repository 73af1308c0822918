package io.stipend.metering.reconcile;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a provider's files say: its usage, its costs or both, from the pages of its API as JSON or
 * from the CSV of its console. A file is read whole or not at all, and decimals as their text.
 */
public final class ProviderFiles {
  /** A month of a large organisation by minute is below this. */
  private static final long MOST_BYTES = 512L * 1_024 * 1_024;

  private final Vendor vendor;
  private final List<UsageRecord> usage = new ArrayList<>();
  private final List<CostRecord> costs = new ArrayList<>();
  private final Days usageDays = new Days();
  private final Days costDays = new Days();

  /** What results of files in JSON stand where. */
  private final Map<List<Object>, String> jsonResults = new HashMap<>();

  /** What lines of files in CSV stand where. */
  private final Map<Object, String> csvLines = new HashMap<>();

  private ProviderFiles(Vendor vendor) {
    this.vendor = vendor;
  }

  /** The days from the first to the last of which files tell; a day without use is told too. */
  static final class Days {
    private @Nullable LocalDate first;
    private @Nullable LocalDate last;

    private void add(LocalDate day) {
      first = first == null || day.isBefore(first) ? day : first;
      last = last == null || day.isAfter(last) ? day : last;
    }

    boolean has(LocalDate day) {
      return first != null && last != null && !day.isBefore(first) && !day.isAfter(last);
    }
  }

  /**
   * Reads files.
   *
   * @throws ProviderFileException if one cannot be used, or two hold the same
   */
  public static ProviderFiles read(Vendor vendor, List<Path> files) {
    ProviderFiles read = new ProviderFiles(vendor);
    Map<String, String> seen = new HashMap<>();
    for (Path path : files) {
      String file = String.valueOf(path.getFileName());
      byte[] bytes = bytes(path, file);
      String before = seen.put(new String(bytes, StandardCharsets.ISO_8859_1), file);
      if (before != null) {
        throw new ProviderFileException(
            file, "is the same as " + before + " (expected: each once)");
      }
      int records = read.usage.size() + read.costs.size();
      read.file(file, bytes);
      if (records == read.usage.size() + read.costs.size()) {
        throw new ProviderFileException(file, "no results (expected: some usage or cost)");
      }
    }
    return read;
  }

  private static byte[] bytes(Path path, String file) {
    try {
      if (Files.size(path) > MOST_BYTES) {
        throw new ProviderFileException(
            file, Files.size(path) + " bytes (expected: at most " + MOST_BYTES + ")");
      }
      return Files.readAllBytes(path);
    } catch (NoSuchFileException e) {
      throw new ProviderFileException(file, "no such file", e);
    } catch (IOException e) {
      throw new ProviderFileException(file, "cannot be read: " + e, e);
    }
  }

  private void file(String file, byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    String start = text.stripLeading();
    if (start.startsWith("{") || start.startsWith("[")) {
      List<JsonPages.Result> results = JsonPages.read(file, bytes, jsonResults);
      boolean ofCosts = results.stream().anyMatch(one -> isCost(one.result()));
      results.forEach(one -> json(one, ofCosts));
      return;
    }
    int usageBefore = usage.size();
    int costsBefore = costs.size();
    csv(file, text);
    Map<Object, String> more = new HashMap<>();
    for (UsageRecord one : usage.subList(usageBefore, usage.size())) {
      once(one.at(""), one.quantity().isZero(), one.place(), more);
    }
    for (CostRecord one : costs.subList(costsBefore, costs.size())) {
      once(one.at(""), one.amount().signum() == 0, one.place(), more);
    }
    csvLines.putAll(more);
  }

  /** Refuses a line that another file has too; in one file it is of another hour, or of a batch. */
  private void once(Object record, boolean isNothing, String place, Map<Object, String> more) {
    String before = isNothing ? null : csvLines.get(record);
    if (before != null) {
      throw new ProviderFileException(
          place, "stands at " + before + " too (expected: each line once)");
    }
    more.put(record, place);
  }

  private void csv(String file, String text) {
    CsvTable table = CsvTable.read(file, text);
    Set<String> has = table.columns();
    boolean openAi = vendor == Vendor.OPENAI && has.contains("start_time");
    boolean anthropic = vendor == Vendor.ANTHROPIC && has.contains("usage_date_utc");
    if (openAi && has.contains("amount_value")) {
      table.records().forEach(line -> addOpenAi(line, line, true));
    } else if (openAi && has.contains("input_tokens")) {
      table.records().forEach(line -> addOpenAi(line, line, false));
    } else if (anthropic && has.contains("cost_usd")) {
      table.records().forEach(line -> add(AnthropicReports.costLine(line)));
    } else if (anthropic && has.contains("usage_output_tokens")) {
      table.records().forEach(line -> add(AnthropicReports.usageLine(line)));
    } else {
      throw new ProviderFileException(
          file + ": line 1",
          "no header of a usage or cost file of "
              + vendor.label()
              + " (expected: "
              + (vendor == Vendor.OPENAI
                  ? "start_time with input_tokens or amount_value"
                  : "usage_date_utc with usage_output_tokens or cost_usd")
              + ")");
    }
  }

  private static boolean isCost(@Nullable JsonFields result) {
    return result != null && result.has("amount");
  }

  private void json(JsonPages.Result one, boolean ofCosts) {
    JsonFields result = one.result();
    if (result != null && isCost(result) != ofCosts) {
      throw result.problem("", "usage and costs in one file (expected: a file for each)");
    }
    if (vendor == Vendor.OPENAI) {
      addOpenAi(one.bucket(), result, ofCosts);
      return;
    }
    (ofCosts ? costDays : usageDays).add(AnthropicReports.day(one.bucket()));
    if (result != null && ofCosts) {
      add(AnthropicReports.cost(one.bucket(), result));
    } else if (result != null) {
      add(AnthropicReports.usage(one.bucket(), result));
    }
  }

  private void addOpenAi(Fields bucket, @Nullable Fields result, boolean ofCosts) {
    (ofCosts ? costDays : usageDays).add(OpenAiReports.day(bucket));
    if (result != null && ofCosts) {
      CostRecord cost = OpenAiReports.cost(bucket, result);
      if (cost != null) {
        costs.add(cost);
      }
    } else if (result != null) {
      UsageRecord used = OpenAiReports.usage(bucket, result);
      if (used != null) {
        usage.add(used);
      }
    }
  }

  private void add(UsageRecord record) {
    usageDays.add(record.day());
    usage.add(record);
  }

  private void add(CostRecord record) {
    costDays.add(record.day());
    costs.add(record);
  }

  List<UsageRecord> usage() {
    return usage;
  }

  List<CostRecord> costs() {
    return costs;
  }

  /** The days of which usage is told. */
  Days usageDays() {
    return usageDays;
  }

  /** The days of which costs are told. */
  Days costDays() {
    return costDays;
  }
}
