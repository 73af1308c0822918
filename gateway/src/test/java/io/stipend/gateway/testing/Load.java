package io.stipend.gateway.testing;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * A load generator for measurements by hand and for benchmarks. Closed loop: {@code --connections
 * 64 --seconds 10}. Open loop, latency from the scheduled time, so that a stall counts for all whom
 * it delayed: {@code --rate 3000}. Streams: a URL or body that is answered by server-sent events;
 * each connection holds one stream at a time, and events are counted.
 *
 * <p>Run it from the class path of the tests, for example with {@code --pid} of the process under
 * test, whose CPU time per answer is then shown too.
 */
@Command(name = "load", description = "Puts load on one URL and prints how it was answered.")
public final class Load implements Callable<Integer> {
  private static final Duration GRACE = Duration.ofSeconds(5);

  @Parameters(paramLabel = "URL", description = "Plain http.")
  private URI url;

  @Option(names = "--connections", defaultValue = "64", description = "At once, over all threads.")
  private int connections;

  @Option(names = "--threads", defaultValue = "1", description = "Of the generator.")
  private int threads;

  @Option(names = "--seconds", defaultValue = "10", description = "How long to measure.")
  private int seconds;

  @Option(names = "--warm-up", defaultValue = "3", description = "Seconds before it.")
  private int warmUp;

  @Option(names = "--rate", defaultValue = "0", description = "Per second; 0: closed loop.")
  private double rate;

  @Option(names = "--header", description = "Such as 'authorization: Bearer k'; repeatable.")
  private List<String> headers = new ArrayList<>();

  @Option(names = "--body", description = "Sent by POST.")
  private String body = "";

  @Option(names = "--body-file", description = "The same from a file.")
  private Path bodyFile;

  @Option(names = "--pid", split = ",", description = "Whose CPU time to show.")
  private List<Long> pids = new ArrayList<>();

  /** Runs the command line. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Load()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    LoadPlan plan =
        new LoadPlan(
            url, headers, body(), threads, connections, rate, Duration.ofSeconds(seconds), GRACE);
    if (warmUp > 0) {
      run(plan.during(Duration.ofSeconds(warmUp)));
    }
    ProcessCost before = ProcessCost.of(pids);
    LoadResult result = run(plan);
    ProcessCost after = ProcessCost.of(pids);
    System.out.print(result.text());
    if (!pids.isEmpty()) {
      long micros = after.cpuMicros() - before.cpuMicros();
      System.out.printf(
          Locale.ROOT,
          "cpu %.1f µs per answer%s  resident %,d MiB%n",
          micros / (double) Math.max(1, result.completed()),
          result.events == 0
              ? ""
              : String.format(Locale.ROOT, ", %.1f per event", micros / (double) result.events),
          after.residentKib() / 1_024);
    }
    return result.completed() > 0 && result.resets == 0 ? 0 : 1;
  }

  private byte[] body() throws IOException {
    return bodyFile == null ? body.getBytes(StandardCharsets.UTF_8) : Files.readAllBytes(bodyFile);
  }

  /** Connects, runs the plan, and adds up what its threads saw. */
  public static LoadResult run(LoadPlan plan) throws Exception {
    var group =
        new MultiThreadIoEventLoopGroup(
            plan.threads(),
            Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    List<LoadLoop> loops = new ArrayList<>();
    try {
      int left = plan.connections();
      for (int i = plan.threads(); i > 0; i--) {
        loops.add(new LoadLoop(group.next(), plan, left / i));
        left -= left / i;
      }
      CompletableFuture.allOf(
              loops.stream().map(LoadLoop::connect).toArray(CompletableFuture[]::new))
          .get(30, TimeUnit.SECONDS);
      long start = System.nanoTime();
      long end = start + plan.time().toNanos();
      var running =
          loops.stream().map(loop -> loop.run(start, end, plan.rate() / loops.size())).toList();
      LoadResult sum = new LoadResult();
      for (CompletableFuture<LoadResult> one : running) {
        sum.add(one.get(plan.time().plus(plan.grace()).toSeconds() + 30, TimeUnit.SECONDS));
      }
      return sum;
    } finally {
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(5, TimeUnit.SECONDS);
      loops.forEach(LoadLoop::release);
    }
  }
}
