package io.stipend.gateway.cli;

import io.stipend.gateway.admin.TimeText;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.RateRecord;
import io.stipend.metering.ledger.RatesChanged;
import io.stipend.metering.price.ExchangeRates;
import io.stipend.metering.price.RateCardException;
import io.stipend.metering.price.RateCards;
import io.stipend.metering.report.RecordedRates;
import io.stipend.policy.config.QuotaFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code prices}: what models cost, and what would change. */
@Command(
    name = "prices",
    description = {"Show what models cost, compare and check rate cards, import catalogues."})
final class PricesCommand {
  private PricesCommand() {}

  static CommandLine line(Terminal terminal, Workspace workspace) {
    return new CommandLine(new PricesCommand())
        .addSubcommand("list", new PricesListCommand(terminal, workspace))
        .addSubcommand("show", new PricesShowCommand(terminal, workspace))
        .addSubcommand("diff", new PricesDiffCommand(terminal, workspace))
        .addSubcommand("check", new PricesCheckCommand(terminal, workspace))
        .addSubcommand("import", new PricesImportCommand(terminal, workspace));
  }

  /** An instant as it is typed; a date is its first moment in UTC, as in rate cards. */
  static Instant instant(@Nullable String typed, Workspace workspace) {
    return typed == null ? workspace.now() : TimeText.instant(typed, ZoneOffset.UTC);
  }

  /**
   * The prices in force, and whose they are.
   *
   * @param vendorOf the vendor whose cards price what none of a provider's own does
   */
  record InForce(RateCards cards, UnaryOperator<String> vendorOf) {}

  /** Those of the quota file; without one, those that ship with Stipend. */
  static InForce inForce(Workspace workspace) {
    if (!Files.exists(workspace.config())) {
      return new InForce(builtin(), UnaryOperator.identity());
    }
    QuotaFile file = workspace.quota();
    return new InForce(file.rateCards(), file::vendorOf);
  }

  /** The same; where the quota file has problems, those that ship with Stipend. */
  static InForce inForceIfValid(Terminal terminal, Workspace workspace) {
    try {
      return inForce(workspace);
    } catch (CommandFailure e) {
      terminal.note(workspace.config() + " cannot be used; compared with the built-in cards alone");
      return new InForce(builtin(), UnaryOperator.identity());
    }
  }

  private static RateCards builtin() {
    return load(List.of(RateCards.Source.builtin())).with(ExchangeRates.NONE, "USD");
  }

  /** Cards of a file that nobody has put into force. */
  static RateCards file(Path path) {
    return load(List.of(RateCards.Source.file(path)));
  }

  private static RateCards load(List<RateCards.Source> sources) {
    try {
      return RateCards.load(sources);
    } catch (RateCardException e) {
      throw new CommandFailure(
          Exit.FAILED,
          "the rate card cannot be used\n"
              + e.problems().stream()
                  .map(RateCardException.Problem::toString)
                  .collect(Collectors.joining("\n")));
    }
  }

  /** The cards that were in force at an instant, as the ledger has them. */
  static RateCards recorded(Workspace workspace, Instant at) {
    String currency = workspace.quota().currency().name();
    try (LedgerReader reader = workspace.reader()) {
      RateRecord record = RateRecord.of(reader);
      RatesChanged entry = record.at(at);
      if (entry == null) {
        throw new CommandFailure(
            Exit.FAILED, "no rate cards were recorded until " + at + " (expected: a later time)");
      }
      return RecordedRates.cards(record, entry, currency);
    }
  }
}
