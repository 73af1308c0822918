package io.stipend.metering.reconcile;

import io.stipend.metering.Meter;
import io.stipend.metering.Unit;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.UsageRow;
import io.stipend.metering.price.ModelPrices;
import io.stipend.metering.reconcile.CostRecord.Kind;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Both sides, group by group. The ledger is read twice: once for its sums, and once more for the
 * attempts of the days where they differ, so that no more is held in memory. Attempts are taken as
 * they stand today, every correction in.
 */
final class Books {
  /** Beside tokens, what the model's groups hold. */
  private static final List<BillMeter> OF_MODELS =
      List.of(
          BillMeter.INPUT,
          BillMeter.CACHE_READ,
          BillMeter.CACHE_WRITE_5M,
          BillMeter.CACHE_WRITE_1H,
          BillMeter.OUTPUT,
          BillMeter.OTHER);

  private static final String DEFAULT = "default";
  private static final String PRIORITY = "priority";
  private static final int FIRST_ERROR = 400;

  private final Scope scope;
  private final RowPricing pricing;
  private final boolean byModel;
  private final boolean byTier;
  private final Map<GroupKey, Group> groups = new TreeMap<>();
  private final List<GatewayRow> edges = new ArrayList<>();
  private final Set<String> models = new TreeSet<>();
  private String currency = "";

  private Books(Scope scope, RowPricing pricing) {
    this.scope = scope;
    this.pricing = pricing;
    byModel = scope.files().usage().stream().allMatch(record -> record.model() != null);
    byTier = scope.files().usage().stream().allMatch(record -> record.tier() != null);
  }

  static Books read(Scope scope, RowPricing pricing, LedgerReader reader) {
    Books books = new Books(scope, pricing);
    books.checkCosts();
    books.readSums(reader);
    books.addUsage();
    books.addCosts();
    books.coverEveryDay();
    books.readRows(reader);
    return books;
  }

  private void checkCosts() {
    boolean totals = scope.files().costs().stream().anyMatch(c -> c.kind() == Kind.TOTAL);
    CostRecord broken =
        scope.files().costs().stream().filter(c -> c.kind() == Kind.MODEL).findFirst().orElse(null);
    if (totals && broken != null) {
      throw new ProviderFileException(
          broken.place(), "costs by model beside costs of everything (expected: one of both)");
    }
  }

  private void readSums(LedgerReader reader) {
    rows(
        reader,
        row -> {
          models.add(row.modelServed());
          currency = row.currency();
          MeterSums nanos = pricing.split(row);
          GatewayRow one =
              new GatewayRow(row, key(row), MeterSums.of(row.usage()), modelNanos(nanos));
          if (one.straddles()) {
            edges.add(one);
          }
          if (!scope.covers(one.key().day())) {
            return;
          }
          group(one.key()).add(one.tokens(), one.nanos(), isAnswered(row));
          MeterSums searches = MeterSums.of(BillMeter.WEB_SEARCH, row.units().of(Meter.WEB_SEARCH));
          MeterSums fees = nanos.only(List.of(BillMeter.WEB_SEARCH));
          if (!searches.isZero() || !fees.isZero()) {
            group(one.key().whole()).add(searches, fees, false);
          }
        });
  }

  /** The attempts of the groups that differ: what left one for another makes both differ. */
  private void readRows(LedgerReader reader) {
    Set<GroupKey> differ = new HashSet<>();
    for (Group group : groups.values()) {
      if (Tolerance.differs(group)) {
        differ.add(group.key());
      }
    }
    if (differ.isEmpty()) {
      return;
    }
    rows(
        reader,
        row -> {
          GroupKey key = key(row);
          Group group = groups.get(key);
          if (group != null && differ.contains(key)) {
            group.keep(
                new GatewayRow(
                    row, key, MeterSums.of(row.usage()), modelNanos(pricing.split(row))));
          }
        });
  }

  private void rows(LedgerReader reader, Consumer<UsageRow> each) {
    // A day more on each side: what is of the day to one is of the day after to the other.
    reader.usage(
        Scope.start(scope.from().minusDays(1)),
        Scope.start(scope.to().plusDays(1)),
        row -> {
          if (scope.vendors().containsKey(row.provider())) {
            each.accept(row);
          }
        });
  }

  private static MeterSums modelNanos(MeterSums nanos) {
    return nanos.only(OF_MODELS);
  }

  /** Whether the provider counts it as a request. */
  private static boolean isAnswered(UsageRow row) {
    boolean refused = row.httpStatus() == 0 || row.httpStatus() >= FIRST_ERROR;
    return !refused || row.usage().total() > 0;
  }

  private GroupKey key(UsageRow row) {
    return new GroupKey(
        row.startedAt().atOffset(ZoneOffset.UTC).toLocalDate(),
        row.provider(),
        "",
        byModel ? row.modelServed() : "",
        tier(row.serviceTier()));
  }

  private String tier(@Nullable String tier) {
    if (!byTier) {
      return "";
    }
    return ModelPrices.isDefault(tier) ? DEFAULT : Objects.requireNonNull(tier);
  }

  private Group group(GroupKey key) {
    return groups.computeIfAbsent(key, Group::new);
  }

  private GroupKey whole(LocalDate day, @Nullable String keyId, @Nullable String projectId) {
    KeyMap.Account account = scope.keys().of(keyId, projectId);
    // Traffic of an unknown key is told by its id, so that somebody can say whose it is.
    String unknown = keyId != null ? keyId : projectId == null ? "" : projectId;
    return new GroupKey(
        day, account.provider(), account.provider().isEmpty() ? unknown : "", "", "");
  }

  private void addUsage() {
    for (UsageRecord record : scope.files().usage()) {
      if (record.model() != null) {
        models.add(record.model());
      }
    }
    for (UsageRecord record : scope.files().usage()) {
      if (!scope.covers(record.day())) {
        continue;
      }
      GroupKey whole = whole(record.day(), record.keyId(), record.projectId());
      String model = byModel ? Objects.requireNonNull(record.model()) : "";
      GroupKey key =
          new GroupKey(record.day(), whole.account(), whole.key(), model, tier(record.tier()));
      group(key).add(record, record.quantity().only(BillMeter.TOKENS));
      MeterSums searches = record.quantity().only(List.of(BillMeter.WEB_SEARCH));
      if (!searches.isZero()) {
        group(whole).add(record, searches);
      }
    }
  }

  private void addCosts() {
    for (CostRecord record : scope.files().costs()) {
      if (!scope.covers(record.day())) {
        continue;
      }
      if (currency.isEmpty()) {
        currency = record.currency();
      }
      if (!currency.equals(record.currency())) {
        throw new ProviderFileException(
            record.place(),
            "an amount in " + record.currency() + " (expected: " + currency + ", as the ledger's)");
      }
      GroupKey whole = whole(record.day(), record.keyId(), record.projectId());
      GroupKey key = whole;
      if (record.kind() == Kind.MODEL) {
        key =
            new GroupKey(
                record.day(),
                whole.account(),
                whole.key(),
                byModel ? known(record.model()) : "",
                tier(record.tier()));
      } else if (record.kind() == Kind.ELSEWHERE) {
        key = new GroupKey(record.day(), "", whole.key(), known(record.model()), "");
      } else if (record.kind() == Kind.ADJUSTMENT) {
        key = new GroupKey(record.day(), whole.account(), whole.key(), "", record.description());
      }
      group(key).add(record);
    }
  }

  /** The name by which a model of the cost report is known from the usage. */
  private String known(@Nullable String model) {
    String name = Objects.requireNonNullElse(model, "");
    if (models.contains(name)) {
      return name;
    }
    List<String> same =
        models.stream().filter(known -> ModelNames.undated(known).equals(name)).toList();
    return same.size() == 1 ? same.get(0) : name;
  }

  /** A day of which a report tells is told whole: what it leaves out is nothing. */
  private void coverEveryDay() {
    boolean costsByModel =
        scope.files().costs().stream().noneMatch(cost -> cost.kind() == Kind.TOTAL);
    for (Group group : List.copyOf(groups.values())) {
      GroupKey key = group.key();
      boolean usage = scope.files().usageDays().has(key.day()) && !key.account().isEmpty();
      boolean costs = scope.files().costDays().has(key.day()) && !key.account().isEmpty();
      if (key.model().isEmpty() && byModel) {
        // OpenAI's usage does not count searches.
        if (usage && scope.vendor() == Vendor.ANTHROPIC && !group.tokens().isZero()) {
          group.cover();
        }
        continue;
      }
      if (usage) {
        group.cover();
      }
      // Anthropic's cost report leaves out what a priority commitment paid.
      boolean paid = scope.vendor() == Vendor.ANTHROPIC && key.tier().equals(PRIORITY);
      if (costs && costsByModel && !paid) {
        group.coverCosts(OF_MODELS);
      }
    }
    addTotals();
  }

  /** Where costs are not broken down, a day's sum is compared. */
  private void addTotals() {
    Map<GroupKey, Long> sums = new TreeMap<>();
    for (Group group : groups.values()) {
      sums.merge(group.key().whole(), group.nanos().total(), Math::addExact);
    }
    sums.forEach(
        (key, sum) -> {
          Group whole = groups.get(key);
          if (whole != null && whole.cost(BillMeter.ALL) != null) {
            whole.add(MeterSums.ZERO, MeterSums.of(BillMeter.ALL, sum), false);
          }
        });
  }

  /** Of all costs; {@code USD} where there are none. */
  String currency() {
    return currency.isEmpty() ? Unit.USD.name() : currency;
  }

  Collection<Group> groups() {
    return groups.values();
  }

  @Nullable Group find(GroupKey key) {
    return groups.get(key);
  }

  /** Attempts that began on one day and ended on another, of the days around the range too. */
  List<GatewayRow> edges() {
    return edges;
  }
}
