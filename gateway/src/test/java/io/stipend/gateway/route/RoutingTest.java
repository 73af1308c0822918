package io.stipend.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.policy.Permit;
import io.stipend.policy.Route;
import io.stipend.policy.config.GatewayConfig.Retry;
import io.stipend.policy.config.ProviderConfig;
import io.stipend.policy.config.ProviderConfig.StreamUsage;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class RoutingTest {
  private static final Retry RETRY =
      new Retry(3, 20, false, Duration.ofSeconds(5), 50, Duration.ofMillis(200));

  private long nanos = 1;
  private final Routing routing = new Routing(RETRY, () -> nanos);

  private static Route route(String upstream, int rank, long weight) {
    ProviderConfig provider =
        new ProviderConfig(
            upstream,
            URI.create("http://127.0.0.1:1"),
            null,
            "openai",
            List.of(),
            "openai",
            StreamUsage.LAST,
            null,
            "",
            0,
            List.of());
    return new Route(provider, "m", null, rank, weight);
  }

  private static Permit permit(Route... routes) {
    Route first = routes[0];
    return new Permit(null, first.provider(), "m", null, List.of(), null, 0, List.of(routes));
  }

  private Pick pick(Permit permit, List<Route> tried, String session) {
    return (Pick) routing.choose(permit.routes(), tried, session);
  }

  @Test
  void callsAreSharedByWeight() {
    Permit permit = permit(route("a", 0, 3), route("b", 0, 1));
    Map<String, Integer> counts = new HashMap<>();
    for (int call = 0; call < 4_000; call++) {
      Pick pick = pick(permit, List.of(), null);
      counts.merge(pick.route().provider().name(), 1, Integer::sum);
      pick.good();
    }
    // Five standard deviations of 4,000 draws at 3 in 4.
    assertThat(counts.get("a")).isBetween(3_000 - 137, 3_000 + 137);
  }

  @Test
  void aSessionStaysAndSessionsAreSharedByWeight() {
    Permit permit = permit(route("a", 0, 3), route("b", 0, 1));
    Map<String, Integer> counts = new HashMap<>();
    for (int session = 0; session < 4_000; session++) {
      String name = "session-" + session;
      List<String> upstreams =
          IntStream.range(0, 3)
              .mapToObj(call -> pick(permit, List.of(), name).route().provider().name())
              .distinct()
              .toList();
      assertThat(upstreams).hasSize(1);
      counts.merge(upstreams.get(0), 1, Integer::sum);
    }
    assertThat(counts.get("a")).isBetween(3_000 - 137, 3_000 + 137);
  }

  @Test
  void aSessionThatLosesItsUpstreamLeavesTheOthersWhereTheyAre() {
    Route a = route("a", 0, 1);
    Route b = route("b", 0, 1);
    Route c = route("c", 0, 1);
    for (int session = 0; session < 200; session++) {
      Route of = pick(permit(a, b, c), List.of(), "s" + session).route();
      Route without = pick(permit(a, b), List.of(), "s" + session).route();
      assertThat(without).isEqualTo(of == c ? without : of);
    }
  }

  @Test
  void aHigherRankIsTakenOnlyWhereNoneOfALowerIsLeft() {
    Route a = route("a", 0, 1);
    Route b = route("b", 1, 1_000);
    Permit permit = permit(b, a);
    for (int call = 0; call < 50; call++) {
      assertThat(pick(permit, List.of(), null).route()).isEqualTo(a);
    }
    assertThat(pick(permit, List.of(a), null).route()).isEqualTo(b);
    assertThat(routing.choose(permit.routes(), List.of(a, b), null)).isNull();
  }

  @Test
  void aPauseIsKeptToItsEndAndTheLongerOfTwoCounts() {
    Route a = route("a", 0, 1);
    Route b = route("b", 1, 1);
    Permit permit = permit(a, b);
    routing.pause(a, Duration.ofSeconds(30));
    routing.pause(a, Duration.ofSeconds(3));
    assertThat(pick(permit, List.of(), null).route()).isEqualTo(b);
    routing.pause(b, Duration.ofSeconds(40));
    assertThat(routing.choose(permit.routes(), List.of(), null))
        .isEqualTo(new Routing.Resting(Duration.ofSeconds(30)));
    nanos += Duration.ofSeconds(30).toNanos();
    assertThat(pick(permit, List.of(), null).route()).isEqualTo(a);
  }

  @Test
  void aPauseThatNobodyAskedForOnlyDiverts() {
    Route a = route("a", 0, 1);
    Route b = route("b", 1, 1);
    Permit permit = permit(a, b);
    routing.pause(a, null);
    assertThat(pick(permit, List.of(), null).route()).isEqualTo(b);
    assertThat(pick(permit, List.of(b), null).route()).isEqualTo(a);
    routing.pause(b, null);
    assertThat(pick(permit, List.of(), null).route()).isEqualTo(a);
    // What was asked for is not shortened by what was not.
    routing.pause(a, Duration.ofSeconds(9));
    routing.pause(a, null);
    assertThat(routing.choose(permit.routes(), List.of(b), null))
        .isEqualTo(new Routing.Resting(Duration.ofSeconds(9)));
  }

  @Test
  void anUpstreamThatFailsHalfOfItsCallsRestsAndIsThenTried() {
    Route a = route("a", 0, 1);
    Route b = route("b", 1, 1);
    Permit permit = permit(a, b);
    for (int call = 0; call < 10; call++) {
      Pick pick = pick(permit, List.of(), null);
      assertThat(pick.route()).isEqualTo(a);
      if (call % 2 == 0) {
        pick.bad("reset");
      } else {
        pick.good();
      }
      pick.bad("told twice counts once");
    }
    assertThat(routing.states()).containsEntry("a", "open");
    Awaitility.await().until(() -> pick(permit, List.of(), null).route().equals(a));
    assertThat(routing.states()).containsEntry("a", "half_open");
    // Three probes, of which one is under way.
    routing.again(a).good();
    routing.again(a).good();
    assertThat(pick(permit, List.of(), null).route()).isEqualTo(b);
  }

  @Test
  void anUpstreamThatIsTriedIsWellWhenItAnswersHoweverLongThatTakes() {
    Routing patient =
        new Routing(
            new Retry(3, 20, false, Duration.ofSeconds(5), 50, Duration.ofMillis(300)),
            () -> nanos);
    Route a = route("a", 0, 1);
    Permit permit = permit(a, route("b", 1, 1));
    for (int call = 0; call < 10; call++) {
      patient.again(a).bad("reset");
    }
    Awaitility.await()
        .until(
            () -> {
              Pick pick = (Pick) patient.choose(permit.routes(), List.of(), null);
              pick.answers();
              return pick.route().equals(a);
            });
    for (int probe = 0; probe < 2; probe++) {
      ((Pick) patient.choose(permit.routes(), List.of(), null)).answers();
    }
    assertThat(patient.states()).containsEntry("a", "closed");
    // Of one that is well all is judged by the end.
    for (int call = 0; call < 20; call++) {
      Pick pick = patient.again(a);
      pick.answers();
      pick.bad("reset");
    }
    assertThat(patient.states()).containsEntry("a", "open");
  }

  @Test
  void aBreakerDivertsButNeverRefuses() {
    Routing slow =
        new Routing(
            new Retry(3, 20, false, Duration.ofSeconds(5), 50, Duration.ofHours(1)), () -> nanos);
    Route a = route("a", 0, 1);
    Route b = route("b", 1, 1);
    for (Route dead : List.of(a, b)) {
      for (int call = 0; call < 10; call++) {
        slow.again(dead).bad("reset");
      }
    }
    assertThat(slow.states()).containsEntry("a", "open").containsEntry("b", "open");
    Pick pick = (Pick) slow.choose(List.of(a, b), List.of(), null);
    assertThat(pick.route()).isEqualTo(a);
    pick.unjudged();
  }

  @Test
  void aTryNeverMadeGivesItsProbeBack() {
    Route a = route("a", 0, 1);
    Route b = route("b", 1, 1);
    Permit permit = permit(a, b);
    for (int call = 0; call < 10; call++) {
      routing.again(a).bad("reset");
    }
    for (int round = 0; round < 20; round++) {
      Awaitility.await()
          .until(
              () -> {
                Pick pick = pick(permit, List.of(), null);
                pick.unjudged();
                return pick.route().equals(a);
              });
    }
  }

  @Test
  void triesAreAShareOfTheExchangesAndWhatWasSavedUp() {
    RetryBudget budget = new RetryBudget(20);
    for (int call = 0; call < RetryBudget.SAVED; call++) {
      assertThat(budget.take()).isTrue();
    }
    assertThat(budget.has()).isFalse();
    assertThat(budget.take()).isFalse();
    for (int exchange = 0; exchange < 5; exchange++) {
      budget.exchange();
    }
    assertThat(budget.take()).isTrue();
    assertThat(budget.take()).isFalse();
    RetryBudget none = new RetryBudget(0);
    none.exchange();
    assertThat(none.take()).isFalse();
  }
}
