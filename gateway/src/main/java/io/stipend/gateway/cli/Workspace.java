package io.stipend.gateway.cli;

import io.stipend.gateway.admin.AdminClient;
import io.stipend.gateway.admin.AdminService;
import io.stipend.gateway.admin.LocalAdmin;
import io.stipend.gateway.admin.RecordedBalances;
import io.stipend.metering.ledger.Ledger;
import io.stipend.metering.ledger.LedgerException;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.Redaction;
import io.stipend.metering.ledger.SqliteLedger;
import io.stipend.policy.budget.LocalBudgets;
import io.stipend.policy.config.Enrolments;
import io.stipend.policy.config.Problem;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.identity.KeyRing;
import io.stipend.policy.store.Freezes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.AbstractMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a command works on: the quota file and the data folder that it names. */
final class Workspace {
  /** The file that a data folder has from the first change on. */
  private static final String LEDGER = "ledger.db";

  private final Supplier<Path> config;
  private final InstantSource clock;

  Workspace(Supplier<Path> config, InstantSource clock) {
    this.config = config;
    this.clock = clock;
  }

  /** Where the quota file is. */
  Path config() {
    return config.get();
  }

  /** Reads the quota file with all its secrets, valid or not. */
  QuotaFile.Result load() {
    return QuotaFile.load(config.get(), System.getenv(), clock.instant());
  }

  /** Reads any quota file, valid or not; the provider keys in it are not needed. */
  QuotaFile.Result read(Path file) {
    return QuotaFile.load(file, new AnySecret(), clock.instant());
  }

  /** The valid quota file; the provider keys in it are not needed and may be missing. */
  QuotaFile quota() {
    return quota(config.get());
  }

  /** Another valid quota file. */
  QuotaFile quota(Path file) {
    QuotaFile.Result result = read(file);
    if (result instanceof QuotaFile.Loaded loaded) {
      return loaded.quotaFile();
    }
    throw broken(((QuotaFile.Broken) result).problems());
  }

  /** Ends the command with every problem of the quota file. */
  static CommandFailure broken(List<Problem> problems) {
    String list = problems.stream().map(Problem::toString).collect(Collectors.joining("\n"));
    return new CommandFailure(Exit.FAILED, "the quota file cannot be used\n" + list);
  }

  Instant now() {
    return clock.instant();
  }

  /** Who asks, for the ledger. */
  String operator() {
    return System.getProperty("user.name", "unknown");
  }

  /**
   * Does something that changes the ledger: on the ledger itself, whose lock is held meanwhile, or
   * through the gateway that holds it.
   */
  <T> T change(Function<AdminService, T> action) {
    QuotaFile quota = quota();
    Path data = quota.gateway().data();
    LedgerOptions options = options(quota);
    Ledger ledger;
    try {
      ledger = SqliteLedger.open(data, options, clock);
    } catch (LedgerException e) {
      AdminClient gateway = AdminClient.find(data).filter(AdminClient::reachable).orElse(null);
      if (gateway == null) {
        throw e;
      }
      return action.apply(gateway);
    }
    try (ledger) {
      KeyRing keys = KeyRing.open(data);
      keys.addAll(ledger.keys());
      LocalBudgets budgets = new LocalBudgets(ledger, clock);
      QuotaFile all = enrolled(quota, data);
      return action.apply(new LocalAdmin(ledger, budgets, keys, freezes(data), () -> all, clock));
    } catch (IOException e) {
      throw new UncheckedIOException("data folder: " + data, e);
    }
  }

  private static LedgerOptions options(QuotaFile quota) {
    LedgerOptions defaults = LedgerOptions.defaults();
    return new LedgerOptions(
        quota.gateway().limits().counts().openAttempts(),
        defaults.queueCapacity(),
        defaults.maxBatchesBehind(),
        defaults.onPoisoned());
  }

  /** How texts are taken out of the record; refused while a gateway serves its data folder. */
  Redaction.Order redaction(String by, String reason, boolean dryRun) {
    Path data = recordFolder();
    if (gateway().isPresent()) {
      throw new CommandFailure(
          Exit.FAILED,
          "a gateway serves "
              + data
              + " (expected: none; the record is written anew, so stop it first)");
    }
    return new Redaction.Order(by, reason, dryRun, clock, options(quota()));
  }

  /** The gateway that runs on this data folder; empty if none does. */
  Optional<AdminClient> gateway() {
    return AdminClient.find(quota().gateway().data()).filter(AdminClient::reachable);
  }

  /** Every key, from the record: revocations of a running gateway are in it. */
  List<AdminService.KeyLine> keys() {
    Path data = quota().gateway().data();
    if (!hasLedger(data)) {
      return List.of();
    }
    try (LedgerReader reader = LedgerReader.open(data)) {
      return reader.keys().stream().map(AdminService.KeyLine::of).toList();
    }
  }

  /** The quota file with those whom the ledger of a folder knows and the file does not hold. */
  QuotaFile enrolled(QuotaFile quota, Path data) {
    if (!hasLedger(data)) {
      return quota;
    }
    try (LedgerReader reader = LedgerReader.open(data)) {
      return quota.with(new Enrolments(reader.enrolments()));
    }
  }

  private static Freezes freezes(Path data) {
    try (LedgerReader reader = LedgerReader.open(data)) {
      return new Freezes(reader.frozen().values());
    }
  }

  /** Reads balances from the record, for when no gateway runs. */
  <T> T recorded(Function<RecordedBalances, T> reading) {
    QuotaFile quota = quota();
    Path data = quota.gateway().data();
    // One instant for all that is read.
    InstantSource at = InstantSource.fixed(now());
    if (!hasLedger(data)) {
      return reading.apply(new RecordedBalances(quota, null, at));
    }
    try (LedgerReader reader = LedgerReader.open(data)) {
      QuotaFile all = quota.with(new Enrolments(reader.enrolments()));
      return reading.apply(new RecordedBalances(all, reader, at));
    }
  }

  /** Whether anything was ever recorded in a data folder. */
  boolean hasLedger(Path data) {
    return Files.exists(data.resolve(LEDGER));
  }

  /** The ledger, for reading only; a gateway may write it meanwhile. */
  LedgerReader reader() {
    return LedgerReader.open(recordFolder());
  }

  /** The data folder, which has a ledger. */
  Path recordFolder() {
    Path data = quota().gateway().data();
    if (!hasLedger(data)) {
      throw new CommandFailure(
          Exit.FAILED,
          "no ledger in " + data + " yet (expected: serve or keys create ran with this file)");
    }
    return data;
  }

  /** An environment for commands that send nothing to a provider: a missing key is no problem. */
  private static final class AnySecret extends AbstractMap<String, String> {
    private static final String UNSET = "unset";

    @Override
    public @Nullable String get(@Nullable Object name) {
      String value = name == null ? null : System.getenv(name.toString());
      return value == null || value.isEmpty() ? UNSET : value;
    }

    @Override
    public boolean containsKey(@Nullable Object name) {
      return true;
    }

    @Override
    public Set<Map.Entry<String, String>> entrySet() {
      return System.getenv().entrySet();
    }
  }
}
