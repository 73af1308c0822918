package io.stipend.gateway.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.stipend.gateway.server.RawClient;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * nginx and HAProxy judge, where they are installed: of what is smuggled or malformed the gateway
 * lets through no more than they do. {@link AttacksTest} shows how much that is.
 */
class ForeignProxiesTest {
  private static final Set<Section> JUDGED =
      EnumSet.of(
          Section.S1,
          Section.S2,
          Section.S3,
          Section.S4,
          Section.S5,
          Section.S6,
          Section.S8,
          Section.S9,
          Section.S10,
          Section.S11);
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  /** All rows, to count how much they let through where the gateway lets through nothing. */
  private static final boolean COUNTED = Boolean.getBoolean("stipend.tests.full");

  private static final int QUIET_MILLIS = COUNTED ? 100 : 30;

  /** What the gateway admits and one of them does not, and why it may. By name of the row. */
  private static final Map<ForeignProxy.Kind, Map<String, String>> EXCEPTIONS =
      Map.of(ForeignProxy.Kind.NGINX, Map.of(), ForeignProxy.Kind.HAPROXY, Map.of());

  @TempDir Path folder;

  private static Stream<Attack> judged() {
    return Attacks.all().stream()
        .filter(attack -> JUDGED.contains(attack.section()))
        .filter(attack -> COUNTED || attack.expected().requests() > 0);
  }

  @ParameterizedTest
  @EnumSource
  void theGatewayLetsThroughNoMoreThanTheyDo(ForeignProxy.Kind kind) throws Exception {
    assumeTrue(kind.program().isPresent(), kind + " is not installed: nothing is compared");
    List<String> stricter = new ArrayList<>();
    int passed = 0;
    int admitted = 0;
    try (ForeignProxy proxy = new ForeignProxy(kind, folder)) {
      for (Attack attack : judged().toList()) {
        int ours = attack.expected().requests();
        long theirs = let(proxy, attack, ours);
        admitted += ours;
        passed += (int) theirs;
        if (theirs < ours) {
          stricter.add(attack.name());
        }
      }
    }
    if (COUNTED) {
      System.out.printf("%s lets through %d requests, the gateway %d%n", kind, passed, admitted);
    }
    assertThat(admitted).isGreaterThan(20);
    assertThat(stricter).containsExactlyInAnyOrderElementsOf(EXCEPTIONS.get(kind).keySet());
  }

  /** Requests of this attack that come to the provider behind the proxy. */
  private static long let(ForeignProxy proxy, Attack attack, int awaited) throws IOException {
    long before = proxy.provider.requests();
    try (RawClient client = new RawClient(proxy.address())) {
      client.socket().setSoTimeout(QUIET_MILLIS);
      try {
        client.send(attack.bytes());
        while (client.readOne() >= 0) {
          // All that it says, until it says no more.
        }
      } catch (SocketTimeoutException e) {
        // It waits for more, or keeps the connection.
      } catch (IOException e) {
        // It has reset the connection.
      }
      try {
        Awaitility.await()
            .atMost(PATIENCE)
            .pollDelay(Duration.ZERO)
            .until(() -> proxy.provider.requests() - before >= awaited);
      } catch (ConditionTimeoutException e) {
        // The count tells.
      }
      return proxy.provider.requests() - before;
    }
  }
}
