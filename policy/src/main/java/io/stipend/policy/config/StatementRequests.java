package io.stipend.policy.config;

import io.stipend.metering.report.statement.StatementPeriod;
import io.stipend.metering.report.statement.StatementRequest;
import io.stipend.policy.budget.Calendar;
import io.stipend.policy.budget.Every;
import io.stipend.policy.budget.Proration;
import java.math.BigDecimal;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a statement needs of the quota file: whose zone, names, rules and compensation. */
public final class StatementRequests {
  private static final int THOUSANDTHS = 3;

  private StatementRequests() {}

  /**
   * The request for somebody's statement.
   *
   * @param id a person or service; where the file has it no more, a person of the organisation's
   *     zone of whom the ledger alone knows
   */
  public static StatementRequest of(QuotaFile file, String id, StatementPeriod period) {
    PrincipalConfig who = file.principal(id);
    ZoneId zone = who == null ? file.timezone() : who.timezone();
    Calendar calendar = new Calendar(Every.MONTH, zone, file.fiscalStart());
    return new StatementRequest(
        id,
        who == null ? "" : who.name(),
        PrincipalConfig.scope(id, who != null && who.service()),
        zone,
        period,
        calendar.bounds(),
        who == null
            ? List.of()
            : who.budgets().stream()
                .map(
                    rule ->
                        new StatementRequest.Rule(
                            rule.unit(),
                            rule.every().name().toLowerCase(Locale.ROOT),
                            rule.amount()))
                .toList(),
        who == null ? "" : entitlement(who.proration()),
        who == null ? null : pay(who, period));
  }

  /** The zone whose months somebody's are. */
  public static ZoneId zone(QuotaFile file, String id) {
    PrincipalConfig who = file.principal(id);
    return who == null ? file.timezone() : who.timezone();
  }

  private static String entitlement(Proration proration) {
    List<String> words = new ArrayList<>();
    if (proration.since() != null) {
      words.add("from " + proration.since());
    }
    if (proration.until() != null) {
      words.add("until " + proration.until());
    }
    if (proration.fteThousandths() != Proration.FULL_TIME) {
      BigDecimal share = BigDecimal.valueOf(proration.fteThousandths(), THOUSANDTHS);
      words.add(share.stripTrailingZeros().toPlainString() + " of full time");
    }
    return words.isEmpty() ? "" : "entitled " + String.join(", ", words);
  }

  private static StatementRequest.@Nullable Pay pay(PrincipalConfig who, StatementPeriod period) {
    Compensation all = who.compensation();
    if (all == null) {
      return null;
    }
    Proration proration = who.proration();
    boolean partly = proration.since() != null || proration.until() != null;
    return new StatementRequest.Pay(
        all.unit(),
        all.within(period.months(), proration),
        "by the quota file, "
            + (period.isYear() ? "twelve months" : "a twelfth of a year")
            + (partly ? ", by days where somebody comes or goes" : ""));
  }
}
