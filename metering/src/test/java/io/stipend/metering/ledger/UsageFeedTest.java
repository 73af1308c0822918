package io.stipend.metering.ledger;

import static io.stipend.metering.ledger.SqliteLedgerTest.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.ledger.UsageFeed.Event;
import io.stipend.metering.ledger.UsageFeed.Position;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every settle and every correction is told once, in order, from wherever one begins. */
class UsageFeedTest {
  private static final int SEEDS = Boolean.getBoolean("stipend.tests.full") ? 100 : 4;
  private static final int STEPS = 150;
  private static final AccountKey ADA = new AccountKey("person/ada/engineer", "2026", Unit.USD);

  @TempDir Path temporary;

  @Test
  void whatIsToldInOrderComesToTheBooks() throws Exception {
    for (int seed = 0; seed < SEEDS; seed++) {
      History history = new History(seed, temporary.resolve("seed" + seed));
      history.run();
    }
  }

  @Test
  void aPlaceOfAnotherLedgerBeginsAtTheBeginning() throws Exception {
    History one = new History(77, temporary.resolve("one"));
    one.run();
    History other = new History(78, temporary.resolve("other"));
    other.run();
    List<Event> events = all(one.folder, Position.START, 100);
    Position end = events.get(events.size() - 1).after();
    try (UsageFeed feed = UsageFeed.open(one.folder, end)) {
      assertThat(feed.startedOver()).isFalse();
      assertThat(feed.next(10)).isEmpty();
      assertThat(feed.ledgerId()).hasSize(64);
    }
    try (UsageFeed feed = UsageFeed.open(other.folder, end)) {
      assertThat(feed.startedOver()).isTrue();
      assertThat(feed.next(1)).hasSize(1);
    }
  }

  private static List<Event> all(Path folder, Position from, int most) {
    List<Event> events = new ArrayList<>();
    try (UsageFeed feed = UsageFeed.open(folder, from)) {
      List<Event> next = feed.next(most);
      while (!next.isEmpty()) {
        assertThat(next).hasSizeLessThanOrEqualTo(most);
        events.addAll(next);
        next = feed.next(most);
      }
    }
    return events;
  }

  private record Live(LedgerEntry.Reserved reserved, OpenAttempt attempt) {}

  /** Attempts that stay open for a while, corrections, closings, restarts. */
  private static final class History {
    final Path folder;
    private final String why;
    private final Random random;
    private final List<Live> live = new ArrayList<>();
    private final List<String> settled = new ArrayList<>();
    private final List<String> expected = new ArrayList<>();
    private final List<CompletableFuture<Void>> durable = new ArrayList<>();
    private final Map<String, Boolean> closed = new TreeMap<>();
    private Instant now = Instant.parse("2026-10-20T00:00:00Z");
    private SqliteLedger ledger;
    private UsageFeed following;
    private final List<String> followed = new ArrayList<>();

    History(int seed, Path folder) {
      why = "seed " + seed;
      random = new Random(seed);
      this.folder = folder;
      open();
      following = UsageFeed.open(folder, Position.START);
    }

    private void open() {
      LedgerOptions options = new LedgerOptions(64, 1_000, 1 + random.nextInt(20), () -> {});
      ledger = SqliteLedger.open(folder, options, InstantSource.fixed(now));
    }

    void run() throws Exception {
      for (int step = 0; step < STEPS; step++) {
        now = now.plus(Duration.ofHours(random.nextInt(12)));
        step(step);
        if (random.nextInt(10) == 0) {
          follow();
        }
      }
      for (Live one : List.copyOf(live)) {
        settle(one);
      }
      follow();
      following.close();
      assertThat(followed).as(why).isEqualTo(expected);
      check();
      ledger.close();
      SqliteLedger.rebuild(folder);
      check();
    }

    private void step(int step) throws Exception {
      int choice = random.nextInt(20);
      if (choice < 7 && live.size() < 30) {
        LedgerEntry.Reserved any = Samples.reserved(String.format("%012d", step), 1, ADA);
        LedgerEntry.Reserved reserved =
            new LedgerEntry.Reserved(now, any.id(), any.facts(), List.of(new Posting(ADA, 1)));
        OpenAttempt attempt = ledger.begin(reserved);
        attempt.sent();
        live.add(new Live(reserved, attempt));
      } else if (choice < 12 && !live.isEmpty()) {
        settle(live.get(random.nextInt(live.size())));
      } else if (choice < 13 && !live.isEmpty()) {
        Live one = live.get(random.nextInt(live.size()));
        durable.add(
            one.attempt()
                .extend(
                    new LedgerEntry.Extended(
                        now, one.reserved().id(), List.of(new Posting(ADA, 3)), 7, 9)));
      } else if (choice < 17 && !settled.isEmpty()) {
        String id = settled.get(random.nextInt(settled.size()));
        TokenUsage usage = TokenUsage.of(random.nextInt(9), random.nextInt(9));
        durable.add(
            ClosedMonthsTest.correct(ledger, "c" + step, id, now, usage, random.nextInt(99) - 50));
        expected.add("c" + step);
      } else if (choice < 19) {
        YearMonth month = YearMonth.of(2026, 10).plusMonths(random.nextInt(2));
        durable.add(
            ClosedMonthsTest.close(
                ledger, month, closed.merge(month.toString(), true, (was, on) -> !was), now));
      }
      if (random.nextInt(6) == 0) {
        settled();
      }
    }

    private void settle(Live one) throws Exception {
      live.remove(one);
      TokenUsage usage = TokenUsage.of(random.nextInt(100), random.nextInt(100));
      durable.add(
          one.attempt().settle(Samples.settled(one.reserved(), usage, random.nextInt(1_000_000))));
      settled.add(one.reserved().id().exchange());
      expected.add(one.reserved().id().exchange() + "#1");
    }

    private void settled() throws Exception {
      get(CompletableFuture.allOf(durable.toArray(CompletableFuture[]::new)));
      durable.clear();
    }

    /** Takes what is durable by now. */
    private void follow() throws Exception {
      settled();
      for (List<Event> next = following.next(7); !next.isEmpty(); next = following.next(7)) {
        next.forEach(event -> followed.add(event.id()));
      }
    }

    private void check() {
      List<Event> events = all(folder, Position.START, 1 + random.nextInt(40));
      assertThat(events).as(why).extracting(Event::id).isEqualTo(expected);
      for (int i = 0; i < 25; i++) {
        int at = random.nextInt(events.size());
        assertThat(all(folder, events.get(at).after(), 1 + random.nextInt(9)))
            .as("%s after %d", why, at)
            .extracting(Event::id)
            .isEqualTo(expected.subList(at + 1, expected.size()));
      }
      Map<String, Booking> told = new TreeMap<>();
      events.forEach(event -> told.put(event.subject(), event.line()));
      List<Booking> books = new ArrayList<>();
      try (LedgerReader reader = LedgerReader.open(folder)) {
        reader.bookings(Instant.MIN, Instant.MAX, books::add);
      }
      assertThat(told.values())
          .as("%s: the last of each line is the line", why)
          .containsExactlyInAnyOrderElementsOf(books);
    }
  }
}
