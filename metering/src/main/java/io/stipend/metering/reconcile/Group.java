package io.stipend.metering.reconcile;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the ledger and the provider say of one {@link GroupKey}, and what was found of it. */
final class Group {
  private static final int NANO_DIGITS = 9;

  private final GroupKey key;

  /** The attempts; empty where nothing differs, and in what belongs to a day as a whole. */
  private final List<GatewayRow> rows = new ArrayList<>();

  private MeterSums tokens = MeterSums.ZERO;
  private MeterSums nanos = MeterSums.ZERO;
  private long answered;

  private MeterSums billed = MeterSums.ZERO;
  private boolean hasUsage;
  private @Nullable Long requests;

  private final Map<BillMeter, BigDecimal> costs = new EnumMap<>(BillMeter.class);
  private final Map<BillMeter, BigDecimal> lists = new EnumMap<>(BillMeter.class);
  private final Map<BillMeter, Long> slack = new EnumMap<>(BillMeter.class);
  private final List<String> words = new ArrayList<>();

  private List<Finding> findings = new ArrayList<>();

  Group(GroupKey key) {
    this.key = key;
  }

  GroupKey key() {
    return key;
  }

  /** Adds figures of the ledger. */
  void add(MeterSums moreTokens, MeterSums moreNanos, boolean isAnswered) {
    tokens = tokens.plus(moreTokens);
    nanos = nanos.plus(moreNanos);
    answered += isAnswered ? 1 : 0;
  }

  void keep(GatewayRow row) {
    rows.add(row);
  }

  /** Adds the provider's usage. */
  void add(UsageRecord record, MeterSums quantity) {
    hasUsage = true;
    billed = billed.plus(quantity);
    if (record.requests() != null) {
      requests = Math.addExact(requests == null ? 0 : requests, record.requests());
    }
  }

  /** Says that the provider's usage covers this, with nothing. */
  void cover() {
    hasUsage = true;
  }

  /** Adds the provider's cost. */
  void add(CostRecord record) {
    costs.merge(record.meter(), record.amount(), BigDecimal::add);
    lists.merge(
        record.meter(), record.list() == null ? record.amount() : record.list(), BigDecimal::add);
    slack.merge(record.meter(), record.rounding(), Math::addExact);
    if (!record.description().isEmpty() && words.size() < 3) {
      words.add(record.description());
    }
  }

  /** Says that the provider's costs cover these meters, with nothing. */
  void coverCosts(List<BillMeter> meters) {
    meters.forEach(meter -> costs.putIfAbsent(meter, BigDecimal.ZERO));
    meters.forEach(meter -> lists.putIfAbsent(meter, BigDecimal.ZERO));
  }

  List<GatewayRow> rows() {
    return rows;
  }

  /** What the ledger has. */
  MeterSums tokens() {
    return tokens;
  }

  /** What the ledger's figures cost. */
  MeterSums nanos() {
    return nanos;
  }

  /** What the provider says; zeros where it says nothing. */
  MeterSums billed() {
    return billed;
  }

  boolean hasUsage() {
    return hasUsage;
  }

  boolean hasCosts() {
    return !costs.isEmpty();
  }

  /** Answers that the provider counts beyond those of the ledger; null if it does not count. */
  @Nullable Long moreRequests() {
    return requests == null ? null : requests - answered;
  }

  /** What the provider has more of tokens; zeros where it says nothing. */
  MeterSums delta() {
    return hasUsage ? billed.minus(tokens) : MeterSums.ZERO;
  }

  /** The provider's cost of a meter in nano-units, rounded half up; null if it does not say. */
  @Nullable Long cost(BillMeter meter) {
    return nanos(costs.get(meter));
  }

  /** The same at list prices. */
  @Nullable Long list(BillMeter meter) {
    return nanos(lists.get(meter));
  }

  /** How far its rounding may take the provider's cost of a meter from the exact one, in nanos. */
  long rounding(BillMeter meter) {
    return slack.getOrDefault(meter, 0L);
  }

  @Nullable BigDecimal exactCost(BillMeter meter) {
    return costs.get(meter);
  }

  private static @Nullable Long nanos(@Nullable BigDecimal amount) {
    return amount == null
        ? null
        : amount.movePointRight(NANO_DIGITS).setScale(0, RoundingMode.HALF_UP).longValueExact();
  }

  /** The provider's words for what it charges here. */
  String words() {
    return String.join("; ", words);
  }

  List<Finding> findings() {
    return findings;
  }

  void found(Finding finding) {
    findings.add(finding);
  }

  /** Replaces what was found. */
  void found(List<Finding> all) {
    findings = new ArrayList<>(all);
  }

  /** What of the tokens is not found yet. */
  MeterSums open() {
    MeterSums open = delta().only(BillMeter.TOKENS);
    for (Finding finding : findings) {
      open = open.minus(finding.tokens().only(BillMeter.TOKENS));
    }
    return open;
  }

  /** What the ledger's figures would cost with all that was found. */
  MeterSums expectedNanos() {
    MeterSums expected = nanos;
    for (Finding finding : findings) {
      expected = expected.plus(finding.nanos());
    }
    return expected;
  }
}
