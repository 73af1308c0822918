package io.stipend.gateway;

import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.LedgerException;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.tokens.Learned;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CancellationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Learns again from the ledger how long answers are, where the file of what was learned is missing
 * or cannot be used. The bytes of requests stand in no ledger: how many tokens they make is learned
 * anew.
 */
final class Relearning {
  private static final Logger LOG = LoggerFactory.getLogger(Relearning.class);

  /** Older answers would have faded. */
  private static final Duration REACH = Duration.ofDays(7);

  /** More answers would change nothing, and a large ledger may have millions in an hour. */
  private static final int ENOUGH = 100_000;

  /** How far back is looked first; each further look reaches twice as far, up to the longest. */
  private static final Duration FIRST_SPAN = Duration.ofMinutes(1);

  private static final Duration LONGEST_SPAN = Duration.ofHours(1);

  private Relearning() {}

  /** How long one answer was. */
  private record Answer(String person, String model, long outputTokens) {}

  /**
   * Reads the usage of the last days backwards, until there is enough of it; an interrupt ends it.
   */
  static void from(Path dataDir, Learned learned, Instant now) {
    from(dataDir, learned, now, ENOUGH);
  }

  /** The same until there are so many answers. */
  static void from(Path dataDir, Learned learned, Instant now, int enough) {
    try (LedgerReader ledger = LedgerReader.open(dataDir)) {
      // What is learned fades, so the older answers come first in the end.
      Deque<Deque<Answer>> spans = new ArrayDeque<>();
      Instant oldest = now.minus(REACH);
      Instant end = now;
      int found = 0;
      for (Duration span = FIRST_SPAN; found < enough && end.isAfter(oldest); span = longer(span)) {
        Instant from = end.minus(span).isBefore(oldest) ? oldest : end.minus(span);
        Deque<Answer> answers = answers(ledger, from, end, enough - found);
        spans.addFirst(answers);
        found += answers.size();
        end = from;
      }
      for (Deque<Answer> answers : spans) {
        answers.forEach(one -> learned.answer(one.person(), one.model(), one.outputTokens()));
      }
    } catch (CancellationException e) {
      LOG.info("the gateway stops before it has learned from its ledger");
    } catch (LedgerException e) {
      LOG.warn("what answers usually cost is not learned from the ledger: {}", e.getMessage());
    }
  }

  private static Duration longer(Duration span) {
    Duration twice = span.multipliedBy(2);
    return twice.compareTo(LONGEST_SPAN) > 0 ? LONGEST_SPAN : twice;
  }

  /** The newest so many in order. */
  private static Deque<Answer> answers(LedgerReader ledger, Instant from, Instant to, int most) {
    Deque<Answer> answers = new ArrayDeque<>();
    ledger.usage(
        from,
        to,
        row -> {
          if (Thread.currentThread().isInterrupted()) {
            throw new CancellationException();
          }
          if (row.usageSource() == UsageSource.REPORTED
              && row.flags().isEmpty()
              && row.usage().output() > 0) {
            answers.add(new Answer(row.person(), row.modelRequested(), row.usage().output()));
            if (answers.size() > most) {
              answers.remove();
            }
          }
        });
    return answers;
  }
}
