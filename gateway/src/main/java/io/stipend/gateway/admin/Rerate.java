package io.stipend.gateway.admin;

import io.stipend.gateway.admin.AdminException.Kind;
import io.stipend.gateway.admin.AdminService.RerateMade;
import io.stipend.gateway.admin.AdminService.RerateOrder;
import io.stipend.gateway.dialect.Dialects;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.Ledger;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerException;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.RateCardKept;
import io.stipend.metering.ledger.RateRecord;
import io.stipend.metering.ledger.SettledAttempt;
import io.stipend.metering.price.CardText;
import io.stipend.metering.price.RateCardException;
import io.stipend.metering.price.RateCards;
import io.stipend.metering.report.Rerating;
import io.stipend.policy.budget.LocalBudgets;
import io.stipend.policy.config.QuotaFile;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Prices settled attempts under another card and enters the differences. The card's text is kept in
 * the ledger first; each correction has an id that follows from the card, the attempt and how often
 * that card has mended it, so whoever asks twice has asked once.
 */
final class Rerate {
  /** Of the card's hash, in ids and reasons. */
  private static final int SHORT = 12;

  private final QuotaFile quota;
  private final Ledger ledger;
  private final LocalBudgets budgets;

  Rerate(QuotaFile quota, Ledger ledger, LocalBudgets budgets) {
    this.quota = quota;
    this.ledger = ledger;
    this.budgets = budgets;
  }

  RerateMade of(RerateOrder order, String by, Instant now) {
    String packed = String.join("", order.packed());
    String text = packed.isEmpty() ? kept(order.card()) : keep(order.card(), packed, now);
    Rerating rerating =
        new Rerating(quota.rateCards(), cards(text), quota::vendorOf, Dialects::costsByContent);
    List<LedgerEntry.Corrected> entries = entries(order, rerating, now, by);
    List<CompletableFuture<Void>> entered = new ArrayList<>();
    long difference = 0;
    for (LedgerEntry.Corrected entry : entries) {
      entered.add(budgets.funds().correct(entry, quota.rules(), now));
      difference = Math.addExact(difference, entry.nanosDelta());
    }
    entered.forEach(Awaiting::durable);
    return new RerateMade(
        entries.size(), quota.currency().format(difference), quota.currency().name());
  }

  private String keep(String hash, String packed, Instant now) {
    RateCardKept card = new RateCardKept(now, hash, packed);
    String text;
    try {
      text = card.text();
    } catch (LedgerException e) {
      throw new AdminException(Kind.INVALID, "packed: " + e.getMessage(), e);
    }
    if (!new CardText("", "", text).hash().equals(hash)) {
      throw new AdminException(Kind.INVALID, "card: " + hash + " (expected: the text's hash)");
    }
    cards(text);
    Awaiting.durable(ledger.append(RateCardKept.of(now, hash, text)));
    return text;
  }

  private String kept(String hash) {
    try (LedgerReader reader = LedgerReader.open(quota.gateway().data())) {
      String text = RateRecord.of(reader).text(hash);
      if (text == null) {
        throw new AdminException(
            Kind.NOT_FOUND, "card: " + hash + " is not in the ledger (expected: its text first)");
      }
      return text;
    }
  }

  private RateCards cards(String text) {
    try {
      return RateCards.of(List.of(new CardText("card", "", text)), quota.currency().name());
    } catch (RateCardException e) {
      throw new AdminException(Kind.INVALID, "card: " + e.getMessage(), e);
    }
  }

  private List<LedgerEntry.Corrected> entries(
      RerateOrder order, Rerating rerating, Instant now, String by) {
    List<LedgerEntry.Corrected> entries = new ArrayList<>();
    Map<String, List<SettledAttempt>> byExchange = new LinkedHashMap<>();
    try (LedgerReader reader = LedgerReader.open(quota.gateway().data())) {
      for (String name : order.attempts()) {
        int cut = name.lastIndexOf('#');
        String exchange = cut < 0 ? name : name.substring(0, cut);
        for (SettledAttempt attempt : byExchange.computeIfAbsent(exchange, reader::attempts)) {
          if (name.equals(exchange + "#" + attempt.row().attempt())) {
            LedgerEntry.Corrected entry = entry(order, reader, attempt, rerating, now, by);
            if (entry != null) {
              entries.add(entry);
            }
          }
        }
      }
    }
    return entries;
  }

  private static LedgerEntry.@Nullable Corrected entry(
      RerateOrder order,
      LedgerReader reader,
      SettledAttempt attempt,
      Rerating rerating,
      Instant now,
      String by) {
    if (!(rerating.of(attempt.row()) instanceof Rerating.Priced priced)
        || priced.nanos() == attempt.row().nanos()) {
      return null;
    }
    String name = attempt.row().exchangeId() + "#" + attempt.row().attempt();
    String card = order.card().substring(0, SHORT);
    int time = 0;
    String id;
    do {
      id = "rerate-" + card + "-" + name + "-" + time++;
    } while (reader.isCorrection(id));
    boolean same = priced.priceVersion().equals(attempt.row().priceVersion());
    return new LedgerEntry.Corrected(
        now,
        id,
        new AttemptId(attempt.row().exchangeId(), attempt.row().attempt()),
        attempt.row().usage(),
        Math.subtractExact(priced.nanos(), attempt.row().nanos()),
        Correction.differences(attempt, priced.nanos(), attempt.row().usage().total()),
        by,
        order.reason(),
        priced.basis().isNone() ? null : priced.basis(),
        same ? null : priced.priceVersion());
  }
}
