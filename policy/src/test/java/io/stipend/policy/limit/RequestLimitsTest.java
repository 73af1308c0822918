package io.stipend.policy.limit;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.policy.config.LimitRule;
import io.stipend.policy.limit.Rates.Rate;
import io.stipend.policy.limit.RequestLimits.Kind;
import io.stipend.policy.limit.RequestLimits.Limited;
import io.stipend.policy.limit.RequestLimits.Taken;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RequestLimitsTest {
  private static final int SEEDS = Boolean.getBoolean("stipend.tests.full") ? 2_000 : 60;
  private static final int THREADS = 64;

  /** What shares an entry comes back together, at most a second late. */
  private static final long KEPT_NANOS = 61_000_000_000L;

  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final AtomicLong nanos = new AtomicLong(-5_000_000_000_000L);
  private final RequestLimits limits = new RequestLimits(nanos::get);

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  private Lease taken(long tokens, LimitRule... rules) {
    RequestLimits.Result result = limits.take(List.of(rules), tokens, NOW);
    assertThat(result).isInstanceOf(Taken.class);
    return ((Taken) result).lease();
  }

  private Limited limited(long tokens, LimitRule... rules) {
    RequestLimits.Result result = limits.take(List.of(rules), tokens, NOW);
    assertThat(result).isInstanceOf(Limited.class);
    return (Limited) result;
  }

  @Test
  void withoutLimitsNothingIsHeld() {
    assertThat(taken(1_000)).isSameAs(Lease.NONE);
  }

  @Test
  void soManyRequestsPassInAMinuteAndNoMore() {
    LimitRule rule = new LimitRule("person/ada", 3, 0, 0);
    for (int i = 0; i < 3; i++) {
      taken(0, rule).close();
    }
    pass(Duration.ofSeconds(45));
    Limited limited = limited(0, rule);
    assertThat(limited.kind()).isEqualTo(Kind.REQUESTS);
    assertThat(limited.scope()).isEqualTo("person/ada");
    assertThat(limited.limit()).isEqualTo(3);
    assertThat(limited.retryAfter()).isEqualTo(Duration.ofSeconds(15));
    pass(Duration.ofSeconds(15));
    taken(0, rule).close();
  }

  @Test
  void soManyExchangesAreUnderWayAtOnceAndClosingTwiceIsClosingOnce() {
    LimitRule rule = new LimitRule("team/payments", 0, 0, 2);
    Lease first = taken(0, rule);
    Lease second = taken(0, rule);
    assertThat(limited(0, rule).kind()).isEqualTo(Kind.CONCURRENT);
    assertThat(limited(0, rule).retryAfter()).isEqualTo(Duration.ofSeconds(1));
    first.close();
    first.close();
    taken(0, rule);
    assertThat(limits.open("team/payments")).isEqualTo(2);
    assertThat(limited(0, rule).limit()).isEqualTo(2);
    second.close();
    assertThat(limits.open("team/payments")).isEqualTo(1);
  }

  @Test
  void anExchangeThatOneScopeRefusesTakesFromNone() {
    LimitRule person = new LimitRule("person/ada", 2, 1_000, 0);
    LimitRule team = new LimitRule("team/payments", 0, 0, 1);
    Lease held = taken(400, person, team);
    for (int i = 0; i < 10; i++) {
      assertThat(limited(400, person, team).scope()).isEqualTo("team/payments");
    }
    held.close();
    taken(400, person, team).close();
    assertThat(limited(400, person, team).kind()).isEqualTo(Kind.REQUESTS);
  }

  @Test
  void inNoSixtySecondsMoreRequestsPassThanTheLimitWhateverTheirRhythm() {
    for (long seed = 1; seed <= SEEDS; seed++) {
      Random random = new Random(seed);
      int limit = 1 + random.nextInt(random.nextBoolean() ? 5 : 100);
      LimitRule rule = new LimitRule("person/" + seed, limit, 0, 0);
      Deque<Long> passed = new ArrayDeque<>();
      int total = 0;
      for (int i = 0; i < 2_000; i++) {
        nanos.addAndGet(pause(random, limit));
        long now = nanos.get();
        while (!passed.isEmpty() && now - passed.getFirst() >= KEPT_NANOS) {
          passed.removeFirst();
        }
        String at = "seed " + seed + ", request " + i + ", limit " + limit;
        long inMinute = passed.stream().filter(t -> now - t < MINUTE.toNanos()).count();
        if (limits.take(List.of(rule), 0, NOW) instanceof Taken) {
          assertThat(inMinute).as(at).isLessThan(limit);
          passed.addLast(now);
          total++;
        } else {
          assertThat(passed.size()).as("%s: in 61 s", at).isGreaterThanOrEqualTo(limit);
        }
      }
      assertThat(total).as("seed %d", seed).isGreaterThanOrEqualTo(limit);
    }
  }

  /** Short ones, long ones, and those that end near the turn of a minute. */
  private long pause(Random random, int limit) {
    return switch (random.nextInt(10)) {
      case 0 -> MINUTE.toNanos() - random.nextInt(3);
      case 1 -> random.nextLong(MINUTE.toNanos());
      case 2, 3 -> random.nextLong(MINUTE.toNanos() / limit);
      case 4 -> 1_000_000_000L + random.nextInt(3) - 1;
      default -> random.nextInt(2_000_000);
    };
  }

  @Test
  void aBurstAtTheEndOfAMinuteIsHeldAgainstTheNextMinute() {
    LimitRule rule = new LimitRule("person/ada", 60, 0, 0);
    taken(0, rule).close();
    pass(Duration.ofMillis(59_900));
    for (int i = 0; i < 59; i++) {
      taken(0, rule).close();
    }
    assertThat(limited(0, rule).retryAfter()).isEqualTo(Duration.ofSeconds(1));
    pass(Duration.ofMillis(100));
    taken(0, rule).close();
    assertThat(limited(0, rule).retryAfter()).isEqualTo(MINUTE);
    pass(Duration.ofMillis(59_899));
    assertThat(limited(0, rule).kind()).isEqualTo(Kind.REQUESTS);
    pass(Duration.ofMillis(1));
    for (int i = 0; i < 59; i++) {
      taken(0, rule).close();
    }
    assertThat(limited(0, rule).kind()).isEqualTo(Kind.REQUESTS);
  }

  @Test
  void whoWaitsAsLongAsTheAnswerSaysIsLetIn() {
    Random random = new Random(7);
    LimitRule person = new LimitRule("person/ada", 7, 10_000, 0);
    LimitRule team = new LimitRule("team/payments", 9, 12_000, 0);
    int refused = 0;
    for (int i = 0; i < 5_000; i++) {
      nanos.addAndGet(random.nextLong(5_000_000_000L));
      long tokens = random.nextInt(4_000);
      List<LimitRule> rules = random.nextBoolean() ? List.of(team) : List.of(person, team);
      if (limits.take(rules, tokens, NOW) instanceof Limited limited) {
        assertThat(limited.retryAfter()).isBetween(Duration.ofSeconds(1), MINUTE);
        pass(limited.retryAfter());
        assertThat(limits.take(rules, tokens, NOW)).as("seed 7, %d", i).isInstanceOf(Taken.class);
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(500);
  }

  @Test
  void refusedRequestsKeepNoMinuteAlive() {
    LimitRule rule = new LimitRule("person/ada", 3, 5_000, 0);
    for (int i = 0; i < 3; i++) {
      taken(1_000, rule).close();
    }
    for (int second = 0; second < 59; second++) {
      pass(Duration.ofSeconds(1));
      for (int i = 0; i < 20; i++) {
        assertThat(limited(1_000, rule).retryAfter()).isEqualTo(Duration.ofSeconds(59 - second));
      }
    }
    pass(Duration.ofSeconds(1));
    for (int i = 0; i < 3; i++) {
      taken(1_000, rule).close();
    }
  }

  @Test
  void tokensAreTakenByEstimateAndPutRightAtTheEnd() {
    LimitRule rule = new LimitRule("person/bob", 0, 6_000, 0);
    Lease lease = taken(6_000, rule);
    pass(Duration.ofSeconds(20));
    Limited limited = limited(100, rule);
    assertThat(limited.kind()).isEqualTo(Kind.TOKENS);
    assertThat(limited.asked()).isEqualTo(100);
    assertThat(limited.retryAfter()).isEqualTo(Duration.ofSeconds(40));
    lease.used(1_000);
    lease.close();
    lease.close();
    taken(5_000, rule);
    assertThat(limited(1, rule).kind()).isEqualTo(Kind.TOKENS);
    pass(Duration.ofSeconds(40));
    taken(1_000, rule);
    assertThat(limited(1, rule).retryAfter()).isEqualTo(Duration.ofSeconds(20));
  }

  @Test
  void anExchangeThatWasNotSentGivesAllItsTokensBack() {
    LimitRule rule = new LimitRule("person/bob", 0, 6_000, 1);
    for (int i = 0; i < 100; i++) {
      Lease lease = taken(6_000, rule);
      lease.used(0);
      lease.close();
    }
    assertThat(((Taken) limits.take(List.of(rule), 1, NOW)).lease().rates().tokens().remaining())
        .isEqualTo(5_999);
  }

  @Test
  void whatWasUsedBeyondAnEstimateIsTakenWhenItIsKnown() {
    LimitRule rule = new LimitRule("person/bob", 0, 6_000, 0);
    Lease lease = taken(1_000, rule);
    pass(Duration.ofSeconds(59));
    lease.used(9_000);
    lease.close();
    pass(Duration.ofSeconds(2));
    assertThat(limited(1, rule).retryAfter()).isEqualTo(Duration.ofSeconds(58));
    assertThat(limited(1, rule).rates().tokens().remaining()).isZero();
    pass(Duration.ofSeconds(58));
    taken(6_000, rule);
  }

  @Test
  void whatReturnsAfterItsMinuteFreesNothingOfTheNext() {
    LimitRule rule = new LimitRule("person/bob", 0, 6_000, 0);
    Lease slow = taken(6_000, rule);
    pass(MINUTE);
    taken(6_000, rule);
    slow.used(0);
    slow.close();
    assertThat(limited(1, rule).kind()).isEqualTo(Kind.TOKENS);
  }

  @Test
  void tokensOfAnyNumberAreCountedWithoutOverflow() {
    LimitRule rule = new LimitRule("person/bob", 0, 10_000_000_000L, 0);
    for (int i = 0; i < 100; i++) {
      Lease lease = taken(0, rule);
      lease.used(Long.MAX_VALUE);
      lease.close();
    }
    assertThat(limited(1, rule).kind()).isEqualTo(Kind.TOKENS);
    assertThat(limited(Long.MAX_VALUE / 2, rule).retryAfter()).isEqualTo(MINUTE);
    pass(MINUTE);
    taken(10_000_000_000L, rule);
  }

  @Test
  void anExchangeThatCanNeverFitIsRefused() {
    LimitRule rule = new LimitRule("person/bob", 0, 6_000, 0);
    assertThat(limited(6_001, rule).retryAfter()).isEqualTo(MINUTE);
    taken(6_000, rule);
  }

  @Test
  void theAnswerSaysHowTheTightestLimitsStand() {
    LimitRule person = new LimitRule("person/ada", 10, 9_000, 0);
    LimitRule team = new LimitRule("team/payments", 4, 0, 0);
    taken(1_000, person).close();
    pass(Duration.ofSeconds(10));
    Rates rates = taken(2_000, person, team).rates();
    assertThat(rates.requests()).isEqualTo(rate(4, 3, 60));
    assertThat(rates.tokens()).isEqualTo(rate(9_000, 6_000, 60));
    pass(Duration.ofSeconds(15));
    Limited limited = limited(6_001, person, team);
    assertThat(limited.rates().tokens()).isEqualTo(rate(9_000, 6_000, 45));
    assertThat(limited.rates().requests()).isEqualTo(rate(4, 3, 45));
    assertThat(taken(1, new LimitRule("person/eve", 0, 0, 1)).rates()).isEqualTo(Rates.UNLIMITED);
  }

  private static Rate rate(long limit, long remaining, long seconds) {
    return new Rate(limit, remaining, Duration.ofSeconds(seconds), NOW.plusSeconds(seconds));
  }

  @Test
  void ofSeveralThatRefuseTheSlowestIsNamedAndAllHaveRoomWhenTheWaitIsOver() {
    LimitRule person = new LimitRule("person/ada", 1, 0, 0);
    LimitRule team = new LimitRule("team/payments", 1, 1_000, 0);
    taken(0, person).close();
    pass(Duration.ofSeconds(20));
    taken(0, team).close();
    pass(Duration.ofSeconds(10));
    taken(1_000, new LimitRule("team/payments", 2, 1_000, 0)).close();
    Limited limited = limited(1, person, team);
    assertThat(limited.kind()).isEqualTo(Kind.REQUESTS);
    assertThat(limited.scope()).isEqualTo("team/payments");
    assertThat(limited.rates().requests().remaining()).isZero();
    assertThat(limited.retryAfter()).isEqualTo(MINUTE);
    pass(limited.retryAfter());
    taken(1, person, team);
  }

  @Test
  void aChangedLimitForgetsNothingThatWasUsed() {
    LimitRule before = new LimitRule("person/ada", 10, 10_000, 4);
    Lease lease = taken(4_000, before);
    taken(4_000, before);
    LimitRule after = new LimitRule("person/ada", 3, 9_000, 3);
    assertThat(limited(1_001, after).kind()).isEqualTo(Kind.TOKENS);
    taken(1_000, after);
    assertThat(limited(0, after).kind()).isEqualTo(Kind.REQUESTS);
    assertThat(limits.open("person/ada")).isEqualTo(3);
    lease.used(0);
    lease.close();
    assertThat(limits.open("person/ada")).isEqualTo(2);
    pass(Duration.ofMinutes(1));
    taken(0, after);
    assertThat(limited(0, after).kind()).isEqualTo(Kind.CONCURRENT);
  }

  @Test
  void aLimitThatIsAddedKnowsTheLastMinute() {
    taken(4_000, new LimitRule("person/ada", 0, 0, 9)).close();
    assertThat(limited(0, new LimitRule("person/ada", 1, 0, 0)).kind()).isEqualTo(Kind.REQUESTS);
    assertThat(limited(1_001, new LimitRule("person/ada", 0, 5_000, 0)).kind())
        .isEqualTo(Kind.TOKENS);
    taken(1_000, new LimitRule("person/ada", 2, 5_000, 0));
    LimitRule raised = new LimitRule("person/ada", 4, 0, 0);
    taken(0, raised);
    taken(0, raised);
    assertThat(limited(0, raised).limit()).isEqualTo(4);
  }

  @Test
  void manyThreadsNeverPassMoreThanTheLimits() throws Exception {
    LimitRule person = new LimitRule("person/ada", 20_000, 0, 5);
    LimitRule team = new LimitRule("team/payments", 0, 2_020_000, 3);
    AtomicInteger open = new AtomicInteger();
    AtomicInteger passed = new AtomicInteger();
    CountDownLatch start = new CountDownLatch(1);
    ExecutorService pool = Executors.newFixedThreadPool(THREADS);
    List<Future<?>> futures = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      futures.add(
          pool.submit(
              () -> {
                start.await();
                for (int i = 0; i < 500; i++) {
                  if (limits.take(List.of(person, team), 100, NOW) instanceof Taken taken) {
                    passed.incrementAndGet();
                    assertThat(open.incrementAndGet()).isBetween(1, 3);
                    open.decrementAndGet();
                    taken.lease().close();
                  }
                }
                return null;
              }));
    }
    start.countDown();
    for (Future<?> future : futures) {
      future.get();
    }
    pool.shutdown();
    assertThat(passed).hasValueLessThanOrEqualTo(20_000).hasPositiveValue();
    assertThat(limits.open("team/payments")).isZero();
    int left = 2_020_000 - 100 * passed.get();
    assertThat(limited(left + 1, team).kind()).isEqualTo(Kind.TOKENS);
    taken(left, team);
    for (int i = passed.get(); i < 20_000; i++) {
      taken(0, person).close();
    }
    assertThat(limited(0, person).kind()).isEqualTo(Kind.REQUESTS);
  }

  @Test
  void theFirstKindIsNamedEvenWhereALaterOneTakesLonger() {
    LimitRule rule = new LimitRule("person/ada", 1, 6_000, 1);
    Lease lease = taken(0, rule);
    pass(Duration.ofSeconds(40));
    lease.used(6_000);
    lease.close();
    Limited limited = limited(100, rule);
    assertThat(limited.kind()).isEqualTo(Kind.REQUESTS);
    assertThat(limited.asked()).isEqualTo(1);
    assertThat(limited.retryAfter()).as("until both pass").isEqualTo(MINUTE);
  }

  @Test
  void theRatesOfARefusalAreThoseOfTheScopeThatItNames() {
    LimitRule person = new LimitRule("person/ada", 0, 1_000, 0);
    LimitRule team = new LimitRule("team/payments", 0, 1_000, 0);
    taken(950, team).close();
    pass(Duration.ofSeconds(10));
    taken(900, person).close();
    Limited limited = limited(200, person, team);
    assertThat(limited.scope()).isEqualTo("person/ada");
    assertThat(limited.rates().tokens()).isEqualTo(rate(1_000, 100, 60));
  }

  @Test
  void nothingIsForgottenBeforeItsMinuteIsOver() {
    LimitRule once = new LimitRule("key/once", 1, 0, 0);
    taken(0, once).close();
    pass(MINUTE.minusNanos(1));
    for (int i = 0; i < 10; i++) {
      taken(0, new LimitRule("key/other", 0, 0, 1)).close();
    }
    assertThat(limited(0, once).retryAfter()).isEqualTo(Duration.ofSeconds(1));
    pass(Duration.ofNanos(1));
    taken(0, once);
  }

  @Test
  void whatEndsLateIsRememberedForAMinuteFromThenAndKeepsNoOthersRemembered() {
    LimitRule slow = new LimitRule("key/slow", 0, 6_000, 0);
    LimitRule busy = new LimitRule("team/payments", 0, 0, 9);
    Lease open = taken(1_000, slow);
    taken(0, busy).close();
    for (int i = 0; i < 50; i++) {
      taken(0, new LimitRule("key/" + i, 5, 0, 0)).close();
    }
    pass(MINUTE.plusSeconds(1));
    open.used(7_000);
    open.close();
    for (int i = 0; i < 50; i++) {
      taken(0, busy).close();
    }
    assertThat(limits.remembered()).isEqualTo(2);
    assertThat(limited(1, slow).retryAfter()).isEqualTo(MINUTE);
  }

  @Test
  void whatIsIdleForAMinuteIsForgottenAndWhatIsOpenIsNot() {
    LimitRule slow = new LimitRule("key/slow", 1, 6_000, 2);
    Lease open = taken(1_000, slow);
    for (int second = 0; second < 300; second++) {
      for (int i = 0; i < 100; i++) {
        LimitRule once = new LimitRule("key/" + second + "-" + i, 5, 5_000, 5);
        taken(10, once).close();
      }
      pass(Duration.ofSeconds(1));
      assertThat(limits.remembered()).isLessThanOrEqualTo(6_102);
    }
    assertThat(limits.open("key/slow")).isEqualTo(1);
    open.used(7_000);
    open.close();
    assertThat(limited(1, slow).kind()).as("the excess was not forgotten").isEqualTo(Kind.TOKENS);
    pass(MINUTE);
    for (int i = 0; i < 7_000; i++) {
      taken(0, new LimitRule("team/payments", 0, 0, 1)).close();
    }
    assertThat(limits.remembered()).isEqualTo(1);
    assertThat(limits.open("key/slow")).isZero();
  }
}
