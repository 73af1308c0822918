package io.stipend.gateway.admin;

import io.stipend.gateway.admin.AdminException.Kind;
import io.stipend.gateway.admin.AdminService.CorrectionMade;
import io.stipend.gateway.admin.AdminService.CorrectionOrder;
import io.stipend.gateway.dialect.Dialects;
import io.stipend.metering.ChargeBasis;
import io.stipend.metering.ChargeLines;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageReport;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.Posting;
import io.stipend.metering.ledger.RateRecord;
import io.stipend.metering.ledger.SettledAttempt;
import io.stipend.metering.ledger.UsageRow;
import io.stipend.metering.price.CardText;
import io.stipend.metering.price.RateCardException;
import io.stipend.metering.price.RateCards;
import io.stipend.metering.price.Rating;
import io.stipend.policy.config.ProviderConfig;
import io.stipend.policy.config.QuotaFile;
import java.nio.file.Path;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A correction worked out: what an attempt should have been, less what stands.
 *
 * @param stands the attempt with every earlier correction
 * @param closed whether the month in which it stands is closed
 * @param usage its tokens as they should be
 * @param cost its cost as it should be
 * @param reason in words
 */
record Correction(
    SettledAttempt stands, boolean closed, TokenUsage usage, Cost cost, String reason) {
  /**
   * A cost.
   *
   * @param nanos in nano-units
   * @param basis how its lines are found; null if by the prices on record, or nobody knows how
   * @param priceVersion the rate card that has these prices; null if the one on record
   */
  private record Cost(long nanos, @Nullable ChargeBasis basis, @Nullable String priceVersion) {}

  /** Reads the attempt from the ledger and prices the new figures as of its start. */
  static Correction of(CorrectionOrder order, QuotaFile quota) {
    if (order.isEmpty()) {
      throw new AdminException(
          Kind.INVALID, "nothing to correct (expected: a count of tokens or a cost)");
    }
    Found found = find(order, quota.gateway().data());
    SettledAttempt attempt = found.attempt();
    UsageRow row = attempt.row();
    TokenUsage usage = usage(order, row.usage());
    return new Correction(
        attempt,
        found.closed().contains(month(row.startedAt())),
        usage,
        cost(order, row, usage, quota),
        order.reason());
  }

  /** What stands, as an order that changes nothing more. */
  static Correction entered(CorrectionOrder order, Path data) {
    Found found = find(order, data);
    UsageRow row = found.attempt().row();
    boolean closed = found.closed().contains(month(row.startedAt()));
    Cost stands = new Cost(row.nanos(), null, null);
    return new Correction(found.attempt(), closed, row.usage(), stands, order.reason());
  }

  private record Found(SettledAttempt attempt, Set<String> closed) {}

  private static Found find(CorrectionOrder order, Path data) {
    List<SettledAttempt> attempts;
    Set<String> closed;
    try (LedgerReader reader = LedgerReader.open(data)) {
      attempts = reader.attempts(order.exchange());
      closed = reader.closedMonths();
    }
    List<Integer> numbers = attempts.stream().map(a -> a.row().attempt()).toList();
    if (attempts.isEmpty()) {
      throw new AdminException(
          Kind.NOT_FOUND,
          "exchange: "
              + order.exchange()
              + " has no settled attempt (expected: an exchange_id of the usage export)");
    }
    if (order.attempt() == null && attempts.size() > 1) {
      throw new AdminException(
          Kind.INVALID,
          "exchange: " + order.exchange() + " has the attempts " + numbers + "; say which");
    }
    int index = order.attempt() == null ? 0 : numbers.indexOf(order.attempt());
    if (index < 0) {
      throw new AdminException(
          Kind.NOT_FOUND, "attempt: " + order.attempt() + " (expected: one of " + numbers + ")");
    }
    return new Found(attempts.get(index), closed);
  }

  private static TokenUsage usage(CorrectionOrder order, TokenUsage stands) {
    try {
      return new TokenUsage(
          orElse(order.input(), stands.input()),
          orElse(order.cacheRead(), stands.cacheRead()),
          orElse(order.cacheWrite(), stands.cacheWrite()),
          orElse(order.cacheWrite1h(), stands.cacheWrite1h()),
          orElse(order.output(), stands.output()),
          orElse(order.reasoning(), stands.reasoning()));
    } catch (IllegalArgumentException e) {
      throw new AdminException(Kind.INVALID, String.valueOf(e.getMessage()), e);
    }
  }

  private static long orElse(@Nullable Long given, long otherwise) {
    return given == null ? otherwise : given;
  }

  private static Cost cost(CorrectionOrder order, UsageRow row, TokenUsage usage, QuotaFile quota) {
    if (order.cost() != null) {
      try {
        long nanos = new Unit(row.currency()).parse(order.cost());
        if (nanos >= 0) {
          return new Cost(nanos, null, null);
        }
      } catch (IllegalArgumentException e) {
        // Told below.
      }
      throw new AdminException(
          Kind.INVALID,
          "cost: " + order.cost() + " (expected: a decimal of " + row.currency() + ", at least 0)");
    }
    if (Dialects.costsByContent(row.dialect())) {
      throw new AdminException(
          Kind.INVALID,
          "how much of this call was sound or images, and of which size, is not recorded; say the"
              + " cost");
    }
    if (ChargeLines.haveMedia(row.lines()) || ChargeLines.areOfSeveralRuns(row.lines())) {
      throw new AdminException(
          Kind.INVALID,
          "its tokens were of text and of sound or images, or of several runs of models, which cost"
              + " different amounts; say the cost");
    }
    Rating rating = rating(row, quota);
    if (rating == null) {
      throw new AdminException(
          Kind.INVALID,
          "no rate card prices "
              + row.provider()
              + "/"
              + row.modelRequested()
              + " at "
              + row.startedAt()
              + "; say the cost");
    }
    UsageReport report =
        new UsageReport(
            List.of(new UsageReport.Part(null, usage, MediaTokens.NONE, row.units())),
            row.modelServed(),
            row.serviceTier(),
            false);
    return cost(row, report, rating);
  }

  /** Prices that stand on record stay, where they make this cost. */
  private static Cost cost(UsageRow row, UsageReport report, Rating rating) {
    TokenUsage usage = report.total();
    long nanos = rating.charge(report).nanos();
    ChargeBasis own = usage.equals(row.usage()) ? row.basis() : row.basis().ofOtherUsage();
    ChargeBasis rated = rating.basis(report).ifExact(usage, nanos);
    if (!own.ifExact(usage, nanos).isNone() || rated.isNone()) {
      return new Cost(nanos, null, null);
    }
    String version = rating.priceVersion();
    return new Cost(nanos, rated, version.equals(row.priceVersion()) ? null : version);
  }

  private static @Nullable Rating rating(UsageRow row, QuotaFile quota) {
    for (ProviderConfig provider : quota.providers()) {
      if (provider.name().equals(row.provider())) {
        return cards(row, quota)
            .rating(provider.name(), provider.prices(), row.modelRequested(), row.startedAt());
      }
    }
    return null;
  }

  /** Those in force, after the one that priced the row, which need not be among them any more. */
  private static RateCards cards(UsageRow row, QuotaFile quota) {
    String version = row.priceVersion();
    // What was converted says by which rate of exchange.
    int converted = version.lastIndexOf('@');
    String own = converted < 0 ? version : version.substring(0, converted);
    Set<String> inForce = quota.rateCards().versions();
    if (inForce.contains(version) || inForce.contains(own)) {
      return quota.rateCards();
    }
    try (LedgerReader reader = LedgerReader.open(quota.gateway().data())) {
      for (String text : RateRecord.of(reader).texts()) {
        RateCards kept = text.contains(own) ? kept(text, quota) : null;
        if (kept != null && (kept.versions().contains(version) || kept.versions().contains(own))) {
          return quota.rateCards().plus(kept);
        }
      }
    }
    return quota.rateCards();
  }

  /** The card of a text; null if it is none, such as rates of exchange. */
  private static @Nullable RateCards kept(String text, QuotaFile quota) {
    try {
      return RateCards.of(List.of(new CardText("card", "", text)), quota.currency().name());
    } catch (RateCardException e) {
      return null;
    }
  }

  /** The entry that mends the record: differences only. */
  LedgerEntry.Corrected entry(@Nullable String id, Instant now, String by) {
    List<Posting> postings = differences(stands, cost.nanos(), usage.total());
    return new LedgerEntry.Corrected(
        now,
        id == null ? "correction-" + UUID.randomUUID() : id,
        new AttemptId(stands.row().exchangeId(), stands.row().attempt()),
        usage,
        Math.subtractExact(cost.nanos(), stands.row().nanos()),
        postings,
        by,
        reason,
        cost.basis(),
        cost.priceVersion());
  }

  /**
   * What is still to be debited to each budget. A budget has several accounts here if an earlier
   * correction came after its period had rolled; they bear the attempt together.
   */
  static List<Posting> differences(SettledAttempt stands, long nanos, long tokens) {
    Map<String, AccountKey> first = new LinkedHashMap<>();
    Map<AccountKey, Long> debited = new LinkedHashMap<>();
    for (Posting debit : stands.debits()) {
      AccountKey account = debit.account();
      AccountKey own = first.computeIfAbsent(account.series(), series -> account);
      debited.merge(own, debit.amount(), Math::addExact);
    }
    List<Posting> postings = new ArrayList<>(debited.size());
    debited.forEach(
        (account, amount) -> {
          long should = account.unit().isMoney() ? nanos : tokens;
          postings.add(new Posting(account, Math.subtractExact(should, amount)));
        });
    return postings;
  }

  private static String month(Instant at) {
    return YearMonth.from(at.atOffset(ZoneOffset.UTC)).toString();
  }

  CorrectionMade made(Instant now) {
    Unit unit = new Unit(stands.row().currency());
    return new CorrectionMade(
        stands.row().exchangeId(),
        stands.row().attempt(),
        unit.format(stands.row().nanos()),
        unit.format(cost.nanos()),
        unit.name(),
        usage.inputTotal(),
        usage.output(),
        month(closed ? now : stands.row().startedAt()));
  }
}
