package io.stipend.gateway.cli;

import picocli.CommandLine.Option;

/** {@code --json}, on every command that prints data. */
final class JsonOption {
  @Option(names = "--json", description = "Print JSON instead of text.")
  boolean on;
}
