package io.stipend.gateway.cli;

import io.stipend.gateway.demo.Demo;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code demo}: a gateway to try, with a made-up provider behind it. */
@Command(
    name = "demo",
    description = {
      "Run a gateway with three people in front of a made-up provider, all on this machine.",
      "Prints a curl command and SDK settings to paste, and runs until Ctrl-C."
    })
final class DemoCommand implements Callable<Integer> {
  private static final int DEFAULT_PORT = 8080;

  private static final int MAX_PORT = 65_535;

  private final Terminal terminal;

  @Option(
      names = "--run",
      description = "Play a scripted session until an allowance runs out, then end.")
  boolean run;

  @Option(
      names = "--port",
      description = "Port of the gateway; 0 for a free one. Default: 8080, with --run a free one.")
  @Nullable Integer port;

  DemoCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    // Read once, when the first logger is made: the session is to be read, not the access lines.
    System.setProperty("stipend.log.level", "WARN");
    int listen = port != null ? port : run ? 0 : DEFAULT_PORT;
    if (listen < 0 || listen > MAX_PORT) {
      throw new CommandFailure(
          Exit.USAGE, "--port: " + listen + " (expected: 0.." + MAX_PORT + ")");
    }
    try (Demo demo = Demo.start(listen)) {
      if (run) {
        demo.play(terminal.out());
        return Exit.DONE;
      }
      terminal.line(demo.settings());
      untilSignal(demo);
      return Exit.DONE;
    }
  }

  private static void untilSignal(Demo demo) throws InterruptedException {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  demo.close();
                  Runtime.getRuntime().halt(Exit.DONE);
                },
                "stipend-drain"));
    new CountDownLatch(1).await();
  }
}
