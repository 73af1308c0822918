package io.stipend.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class GateTest {
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final List<String> heard = new ArrayList<>();
  private final Gate gate =
      new Gate(channel.eventLoop(), () -> heard.add("opened"), () -> heard.add("failed"));

  @Test
  void isOpenWhileNothingIsAwaited() {
    gate.await(CompletableFuture.completedFuture(null));
    assertThat(gate.open()).isTrue();
    assertThat(heard).isEmpty();
  }

  @Test
  void opensWhenTheLastOfSeveralWaitsEnds() {
    CompletableFuture<Void> first = new CompletableFuture<>();
    CompletableFuture<Void> second = new CompletableFuture<>();
    gate.await(first);
    gate.await(second);
    second.complete(null);
    channel.runPendingTasks();
    assertThat(gate.open()).isFalse();
    assertThat(heard).isEmpty();
    first.complete(null);
    assertThat(gate.open()).as("before the loop ran").isFalse();
    channel.runPendingTasks();
    assertThat(gate.open()).isTrue();
    assertThat(heard).containsExactly("opened");
  }

  @Test
  void staysClosedForEverAfterAFailure() {
    gate.await(CompletableFuture.failedFuture(new IllegalStateException("disk")));
    CompletableFuture<Void> later = new CompletableFuture<>();
    gate.await(later);
    later.complete(null);
    channel.runPendingTasks();
    assertThat(gate.open()).isFalse();
    assertThat(heard).containsExactly("failed");
  }
}
