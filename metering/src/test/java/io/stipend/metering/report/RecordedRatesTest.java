package io.stipend.metering.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.RateCardKept;
import io.stipend.metering.ledger.RateRecord;
import io.stipend.metering.ledger.RatesChanged;
import io.stipend.metering.ledger.SqliteLedger;
import io.stipend.metering.price.CardText;
import io.stipend.metering.price.ExchangeRate;
import io.stipend.metering.price.ExchangeRates;
import io.stipend.metering.price.RateCards;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The built-in cards and rates of exchange go into a ledger and come back as they were. */
class RecordedRatesTest {
  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");

  @TempDir Path folder;

  @Test
  void whatWasInForceIsReadFromTheLedgerAndTheSameIsEnteredOnce() throws Exception {
    ExchangeRate euro =
        new ExchangeRate(
            "EUR", "USD", LocalDate.parse("2026-11-01"), null, new BigDecimal("1.08"), "ECB, a b");
    RateCards cards =
        RateCards.load(List.of(RateCards.Source.builtin()))
            .with(new ExchangeRates(List.of(euro)), "USD");
    List<LedgerEntry> entries =
        RecordedRates.change(null, null, cards, UnaryOperator.identity(), NOW);
    RatesChanged entry = (RatesChanged) entries.get(entries.size() - 1);

    try (SqliteLedger ledger =
        SqliteLedger.open(folder, LedgerOptions.defaults(), InstantSource.fixed(NOW))) {
      for (int i = 0; i < 2; i++) {
        for (LedgerEntry one : entries.subList(0, entries.size() - 1)) {
          ledger.append(one).get();
        }
      }
      ledger.append(entry).get();
    }

    try (LedgerReader reader = LedgerReader.open(folder)) {
      RateRecord record = RateRecord.of(reader);
      assertThat(record.changes()).containsExactly(entry);
      assertThat(record.at(NOW.minusMillis(1))).isNull();
      RateCards back = RecordedRates.cards(record, entry, "USD");
      assertThat(back.version()).isEqualTo(cards.version());
      assertThat(CardText.hash(back.texts())).isEqualTo(entry.after());
      assertThat(back.exchange().all()).containsExactly(euro);
      assertThat(RecordedRates.change(entry, back, cards, UnaryOperator.identity(), NOW)).isEmpty();
      assertThat(reader.verify().problems()).isEmpty();
      long bytes =
          entries.stream()
              .filter(RateCardKept.class::isInstance)
              .mapToLong(kept -> ((RateCardKept) kept).packed().length())
              .sum();
      assertThat(bytes).as("what all built-in cards take").isBetween(1L, 40_000L);
    }
  }
}
