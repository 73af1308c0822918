package io.stipend.gateway.cli;

import io.stipend.metering.ledger.Progress;
import java.io.PrintWriter;

/** How far a long command is, on one line of a terminal; nothing where none is looked at. */
final class ProgressLine implements Progress, AutoCloseable {
  private final PrintWriter err;
  private final boolean shown;
  private final String what;
  private long percent = -1;
  private String said = "";
  private int width;

  private ProgressLine(PrintWriter err, boolean shown, String what) {
    this.err = err;
    this.shown = shown;
    this.what = what;
  }

  /** From Java 22 on this is shown in a file too, where it does no harm: it is standard error. */
  @SuppressWarnings("SystemConsoleNull")
  static ProgressLine of(Terminal terminal, String what) {
    return new ProgressLine(terminal.err(), System.console() != null, what);
  }

  /** The same for a terminal that is surely looked at. */
  static ProgressLine shown(Terminal terminal, String what) {
    return new ProgressLine(terminal.err(), true, what);
  }

  @Override
  public void at(long done, long of) {
    at(done, of, "");
  }

  /**
   * The same.
   *
   * @param more what else there is to say, such as a number of rows
   */
  void at(long done, long of, String more) {
    long now = of <= 0 ? 100 : Math.multiplyExact(done, 100L) / of;
    if (shown && (now != percent || !more.equals(said))) {
      percent = now;
      said = more;
      String line = what + ": " + now + " %" + (more.isEmpty() ? "" : ", " + more);
      err.print("\r" + line + " ".repeat(Math.max(0, width - line.length())));
      err.flush();
      width = line.length();
    }
  }

  /** Takes the line away, so that the result stands alone. */
  @Override
  public void close() {
    if (percent >= 0) {
      err.print("\r" + " ".repeat(width) + "\r");
      err.flush();
    }
  }
}
