package io.stipend.gateway.cli;

import io.stipend.gateway.BrokenQuotaFileException;
import io.stipend.gateway.Gateway;
import io.stipend.gateway.Version;
import io.stipend.policy.config.GatewayConfig;
import io.stipend.policy.config.HostPort;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code serve}: runs the gateway until a signal ends it. */
@Command(
    name = "serve",
    description = {
      "Run the gateway. Prints one line when both listeners are ready.",
      "SIGTERM and Ctrl-C drain: exchanges under way end and are settled, then it ends with 0."
    })
final class ServeCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workspace workspace;

  ServeCommand(Terminal terminal, Workspace workspace) {
    this.terminal = terminal;
    this.workspace = workspace;
  }

  @Override
  public Integer call() {
    Gateway gateway;
    try {
      gateway = Gateway.start(workspace.config(), System.getenv(), InstantSource.system());
    } catch (BrokenQuotaFileException e) {
      throw Workspace.broken(e.problems());
    }
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(gateway), "stipend-drain"));
    GatewayConfig config = gateway.config();
    Path data = config.data();
    terminal.line(
        "stipend "
            + Version.text()
            + " ready: data "
            + (config.tls() != null ? "https://" : "http://")
            + text(gateway.address())
            + ", admin http://"
            + text(gateway.adminAddress()));
    gateway.failed().join();
    terminal.note(
        "stipend: the disk of the ledger failed ("
            + data
            + "); nothing more is taken. Check the disk and its room, then start again: what was"
            + " recorded is recovered.");
    return Exit.INTERNAL;
  }

  static String text(InetSocketAddress address) {
    return new HostPort(address.getAddress().getHostAddress(), address.getPort()).toString();
  }

  /**
   * Ends the process itself: one that a signal ends would report the signal, whatever was drained.
   */
  private void stop(Gateway gateway) {
    int code = Exit.DONE;
    try {
      gateway.close();
    } catch (RuntimeException e) {
      terminal.note("stipend: the drain failed: " + e.getMessage());
      code = Exit.INTERNAL;
    }
    if (gateway.failed().isDone()) {
      code = Exit.INTERNAL;
    }
    Runtime.getRuntime().halt(code);
  }
}
