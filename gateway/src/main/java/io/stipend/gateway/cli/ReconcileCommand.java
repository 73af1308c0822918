package io.stipend.gateway.cli;

import io.stipend.gateway.admin.AdminJson;
import io.stipend.gateway.admin.AdminService;
import io.stipend.gateway.admin.AdminService.CorrectionOrder;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.reconcile.KeyMap;
import io.stipend.metering.reconcile.Proposal;
import io.stipend.metering.reconcile.ProviderFileException;
import io.stipend.metering.reconcile.ProviderFiles;
import io.stipend.metering.reconcile.Reason;
import io.stipend.metering.reconcile.ReconcileReport;
import io.stipend.metering.reconcile.Reconciliation;
import io.stipend.metering.reconcile.ReportCsv;
import io.stipend.metering.reconcile.Scope;
import io.stipend.metering.reconcile.Status;
import io.stipend.metering.reconcile.Vendor;
import io.stipend.policy.config.ProviderConfig;
import io.stipend.policy.config.QuotaFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code reconcile}: what a provider billed beside what the ledger holds. */
@Command(
    name = "reconcile",
    description = {
      "Compare a provider's usage and cost reports with the ledger, by UTC day.",
      "Names each difference, proposes corrections, and enters them only with --apply.",
      "Ends with 1 while something is unexplained or proposed and not entered.",
      "docs/reconcile.md says how to get the files."
    })
final class ReconcileCommand implements Callable<Integer> {
  private static final int MOST_REASON = 200;

  private final Terminal terminal;
  private final Workspace workspace;

  @Option(
      names = "--provider",
      required = true,
      paramLabel = "NAME",
      description = "Whose reports these are: openai or anthropic.")
  String provider = "";

  @Option(
      names = "--file",
      required = true,
      paramLabel = "FILE",
      description = "A usage or cost report, as JSON of the API or CSV of the console; repeatable.")
  List<Path> files = new ArrayList<>();

  @Option(names = "--from", paramLabel = "DATE", description = "First UTC day.")
  @Nullable String from;

  @Option(names = "--to", paramLabel = "DATE", description = "The UTC day after the last one.")
  @Nullable String to;

  @Option(names = "--month", paramLabel = "YYYY-MM", description = "Instead of --from and --to.")
  @Nullable String month;

  @Option(
      names = "--key-map",
      paramLabel = "FILE",
      description = {
        "Lines of ID: PROVIDER, where ID is a key, project or workspace of the reports.",
        "Needed where several providers of the quota file are meant; others' traffic is told apart."
      })
  @Nullable Path keyMap;

  @Option(names = "--out", paramLabel = "FILE", description = "Write every line as CSV.")
  @Nullable Path out;

  @Option(
      names = "--propose",
      paramLabel = "FILE",
      description = "Write the proposed corrections as JSON.")
  @Nullable Path propose;

  @Option(names = "--apply", description = "Enter the proposed corrections; needs --reason.")
  boolean apply;

  @Option(names = "--reason", description = "Why; part of the record.")
  @Nullable String reason;

  @Option(
      names = "--by",
      paramLabel = "WHO",
      description = "Who approved it. Default: who runs the command.")
  @Nullable String by;

  @Mixin JsonOption json = new JsonOption();

  ReconcileCommand(Terminal terminal, Workspace workspace) {
    this.terminal = terminal;
    this.workspace = workspace;
  }

  @Override
  public Integer call() {
    OutFile.check("--out", out);
    OutFile.check("--propose", propose);
    if (apply && (reason == null || reason.isBlank())) {
      throw new CommandFailure(Exit.USAGE, "--apply: --reason is missing (expected: some text)");
    }
    ReconcileReport report;
    Scope scope = scope();
    try (LedgerReader reader = workspace.reader()) {
      report = Reconciliation.of(scope, reader);
    } catch (ProviderFileException e) {
      throw unusable(e);
    }
    if (out != null) {
      ReportCsv.write(report, out);
    }
    if (propose != null) {
      write(propose, report.proposals().stream().map(Entry::of).toList());
    }
    int entered = apply ? enter(report.proposals()) : 0;
    if (json.on) {
      terminal.json(ReconcileShown.of(scope, report, entered));
    } else {
      ReconcileShown.print(terminal, scope, report, entered);
    }
    boolean unexplained = report.lineCounts().containsKey(Status.UNEXPLAINED);
    boolean proposed = !apply && !report.proposals().isEmpty();
    return unexplained || proposed ? Exit.FAILED : Exit.DONE;
  }

  private static CommandFailure unusable(ProviderFileException e) {
    return new CommandFailure(Exit.FAILED, String.valueOf(e.getMessage()));
  }

  private Scope scope() {
    Vendor vendor = vendor();
    LocalDate first = first();
    LocalDate end = end();
    if (!first.isBefore(end)) {
      throw new CommandFailure(
          Exit.USAGE, "--from: " + first + " (expected: before --to, " + end + ")");
    }
    QuotaFile quota = workspace.quota();
    Map<String, String> vendors = new TreeMap<>();
    for (ProviderConfig one : quota.providers()) {
      if (one.dialect().equals(vendor.label())) {
        vendors.put(one.name(), one.prices());
      }
    }
    if (vendors.isEmpty()) {
      throw new CommandFailure(
          Exit.FAILED, "no provider in " + quota.file() + " speaks the dialect " + vendor.label());
    }
    try {
      KeyMap keys = keys(vendors);
      // A server of one's own may speak the dialect too, and is on nobody's bill.
      vendors.keySet().retainAll(keys.providers());
      return new Scope(
          vendor, first, end, ProviderFiles.read(vendor, files), keys, vendors, quota.rateCards());
    } catch (ProviderFileException e) {
      throw unusable(e);
    }
  }

  private KeyMap keys(Map<String, String> vendors) {
    if (keyMap != null) {
      return KeyMap.read(keyMap, vendors.keySet());
    }
    if (vendors.size() > 1) {
      throw new CommandFailure(
          Exit.USAGE,
          "--key-map is missing: the quota file has "
              + String.join(", ", vendors.keySet())
              + " (expected: a file that says which keys or projects are whose)");
    }
    return KeyMap.only(vendors.keySet().iterator().next());
  }

  private Vendor vendor() {
    for (Vendor vendor : Vendor.values()) {
      if (vendor.label().equals(provider.toLowerCase(Locale.ROOT))) {
        return vendor;
      }
    }
    throw new CommandFailure(
        Exit.USAGE,
        "--provider: " + PlainLine.escape(provider) + " (expected: openai or anthropic)");
  }

  private LocalDate first() {
    if ((month == null) == (from == null) || (from == null) != (to == null)) {
      throw new CommandFailure(Exit.USAGE, "expected --month, or --from and --to");
    }
    return month == null ? date("--from", from) : month().atDay(1);
  }

  private LocalDate end() {
    return month == null ? date("--to", to) : month().plusMonths(1).atDay(1);
  }

  private YearMonth month() {
    try {
      return YearMonth.parse(String.valueOf(month));
    } catch (DateTimeException e) {
      throw new CommandFailure(
          Exit.USAGE,
          "--month: " + PlainLine.escape(String.valueOf(month)) + " (expected: such as 2026-11)");
    }
  }

  private static LocalDate date(String option, @Nullable String text) {
    try {
      return LocalDate.parse(String.valueOf(text));
    } catch (DateTimeException e) {
      throw new CommandFailure(
          Exit.USAGE,
          option
              + ": "
              + PlainLine.escape(String.valueOf(text))
              + " (expected: a UTC day such as 2026-11-01)");
    }
  }

  /** Enters them as {@code ledger correct} does; one that stands there already is left as it is. */
  private int enter(List<Proposal> proposals) {
    List<CorrectionOrder> orders = proposals.stream().map(this::order).toList();
    String who = ReasonOptions.by(by, workspace);
    workspace.change(
        (AdminService admin) -> {
          orders.forEach(order -> admin.correct(order, who));
          return orders.size();
        });
    return orders.size();
  }

  private CorrectionOrder order(Proposal proposal) {
    TokenUsage usage = proposal.usageAfter();
    String why =
        reason
            + " ("
            + proposal.reasons().stream().map(Reason::label).collect(Collectors.joining(", "))
            + ")";
    if (why.length() > MOST_REASON) {
      throw new CommandFailure(
          Exit.USAGE,
          "--reason: too long (expected: fewer than " + MOST_REASON / 2 + " characters)");
    }
    return new CorrectionOrder(
        proposal.exchange(),
        proposal.attempt(),
        usage.input(),
        usage.cacheRead(),
        usage.cacheWrite(),
        usage.cacheWrite1h(),
        usage.output(),
        usage.reasoning(),
        new Unit(proposal.currency()).format(proposal.nanosAfter()),
        why,
        proposal.id());
  }

  /** One object in {@code --propose}'s file. */
  record Entry(
      String id,
      String exchange,
      int attempt,
      TokenUsage usage,
      String cost,
      TokenUsage usageAfter,
      String costAfter,
      String currency,
      List<String> reasons,
      String evidence) {
    static Entry of(Proposal proposal) {
      Unit unit = new Unit(proposal.currency());
      return new Entry(
          proposal.id(),
          proposal.exchange(),
          proposal.attempt(),
          proposal.usage(),
          unit.format(proposal.nanos()),
          proposal.usageAfter(),
          unit.format(proposal.nanosAfter()),
          proposal.currency(),
          proposal.reasons().stream().map(Reason::label).toList(),
          proposal.evidence());
    }
  }

  private static void write(Path file, List<Entry> entries) {
    String lines = entries.stream().map(AdminJson::text).collect(Collectors.joining(",\n"));
    try {
      Files.write(file, ("[" + lines + "]\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new CommandFailure(
          Exit.INTERNAL, file + ": " + e + " (expected: a file in a folder that can be written)");
    }
  }
}
