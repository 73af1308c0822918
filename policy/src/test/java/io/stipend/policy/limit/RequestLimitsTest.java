package io.stipend.policy.limit;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.policy.config.LimitRule;
import io.stipend.policy.limit.RequestLimits.Kind;
import io.stipend.policy.limit.RequestLimits.Limited;
import io.stipend.policy.limit.RequestLimits.Taken;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RequestLimitsTest {
  private final AtomicLong nanos = new AtomicLong(-5_000_000_000_000L);
  private final RequestLimits limits = new RequestLimits(nanos::get);

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  private Lease taken(long tokens, LimitRule... rules) {
    RequestLimits.Result result = limits.take(List.of(rules), tokens);
    assertThat(result).isInstanceOf(Taken.class);
    return ((Taken) result).lease();
  }

  private Limited limited(long tokens, LimitRule... rules) {
    RequestLimits.Result result = limits.take(List.of(rules), tokens);
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
  void tokensAreTakenByEstimateAndPutRightAtTheEnd() {
    LimitRule rule = new LimitRule("person/bob", 0, 6_000, 0);
    Lease lease = taken(6_000, rule);
    Limited limited = limited(100, rule);
    assertThat(limited.kind()).isEqualTo(Kind.TOKENS);
    assertThat(limited.asked()).isEqualTo(100);
    assertThat(limited.retryAfter()).isEqualTo(Duration.ofSeconds(1));
    lease.used(1_000);
    lease.close();
    taken(5_000, rule).close();
    assertThat(limited(1, rule).kind()).isEqualTo(Kind.TOKENS);
    pass(Duration.ofSeconds(30));
    taken(3_000, rule);
    assertThat(limited(1, rule).retryAfter()).isEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void whatWasUsedBeyondAnEstimateIsOwed() {
    LimitRule rule = new LimitRule("person/bob", 0, 6_000, 0);
    Lease lease = taken(1_000, rule);
    lease.used(9_000);
    lease.close();
    assertThat(limited(100, rule).retryAfter()).isEqualTo(Duration.ofSeconds(31));
    pass(Duration.ofSeconds(31));
    taken(100, rule);
  }

  @Test
  void anExchangeThatCanNeverFitIsRefused() {
    LimitRule rule = new LimitRule("person/bob", 0, 6_000, 0);
    assertThat(limited(6_001, rule).retryAfter()).isEqualTo(Duration.ofMinutes(1));
    taken(6_000, rule);
  }

  @Test
  void tokensFillExactlyHoweverOftenOneLooks() {
    LimitRule rule = new LimitRule("person/bob", 0, 60_000, 0);
    taken(60_000, rule);
    for (int i = 0; i < 9_999; i++) {
      pass(Duration.ofNanos(100_000));
      limits.take(List.of(rule), 1_001);
    }
    assertThat(limited(1_000, rule).kind()).isEqualTo(Kind.TOKENS);
    pass(Duration.ofNanos(100_000));
    taken(1_000, rule);
    assertThat(limited(1, rule).kind()).isEqualTo(Kind.TOKENS);
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
  void manyThreadsNeverPassMoreThanTheLimits() throws Exception {
    LimitRule person = new LimitRule("person/ada", 500, 0, 5);
    LimitRule team = new LimitRule("team/payments", 0, 0, 3);
    AtomicInteger open = new AtomicInteger();
    AtomicInteger passed = new AtomicInteger();
    CountDownLatch start = new CountDownLatch(1);
    ExecutorService pool = Executors.newFixedThreadPool(8);
    List<Future<?>> futures = new ArrayList<>();
    for (int t = 0; t < 8; t++) {
      futures.add(
          pool.submit(
              () -> {
                start.await();
                for (int i = 0; i < 2_000; i++) {
                  if (limits.take(List.of(person, team), 0) instanceof Taken taken) {
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
    assertThat(passed).hasValue(500);
    assertThat(limits.open("team/payments")).isZero();
  }
}
