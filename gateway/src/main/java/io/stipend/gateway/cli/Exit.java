package io.stipend.gateway.cli;

/** The exit codes of every command. */
final class Exit {
  /** Done. */
  static final int DONE = 0;

  /** What was checked or looked for is not as it should be. */
  static final int FAILED = 1;

  /** Wrong usage: the command line is not what the command takes. */
  static final int USAGE = 2;

  /** The program, the disk or the gateway failed. */
  static final int INTERNAL = 70;

  private Exit() {}
}
