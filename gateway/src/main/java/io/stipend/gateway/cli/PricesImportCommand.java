package io.stipend.gateway.cli;

import io.stipend.metering.price.PriceDiff;
import io.stipend.metering.price.catalog.CatalogImport;
import io.stipend.metering.price.catalog.CatalogImport.Format;
import io.stipend.metering.price.catalog.CatalogImport.Found;
import io.stipend.metering.price.catalog.CatalogImport.Request;
import io.stipend.metering.price.catalog.CatalogImport.Result;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code prices import}. */
@Command(
    name = "import",
    description = {
      "Read a public catalogue of prices, and show what would change.",
      "What looks wrong is put aside. With --out, the rest is written as rate cards to be "
          + "approved. Nothing is fetched, and nothing is in force before the quota file names "
          + "that file."
    })
final class PricesImportCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workspace workspace;

  @Parameters(paramLabel = "FILE", description = "The catalogue's JSON file.")
  Path file = Path.of("");

  @Option(
      names = "--from",
      required = true,
      paramLabel = "WHOSE",
      description = "litellm or genai-prices.")
  String from = "";

  @Option(
      names = "--provider",
      paramLabel = "NAME",
      description = "Only the models of this one. Default: all.")
  @Nullable String provider;

  @Option(names = "--out", paramLabel = "CARDS", description = "The file of rate cards to write.")
  @Nullable Path out;

  @Option(names = "--force", description = "Write it over an old one.")
  boolean force;

  @Option(
      names = "--valid-from",
      paramLabel = "DATE",
      description = "First day of the prices, UTC. Default: today.")
  @Nullable String validFrom;

  @Option(
      names = "--checked-on",
      paramLabel = "DATE",
      description = "When the catalogue was read. Default: today.")
  @Nullable String checkedOn;

  @Mixin JsonOption json = new JsonOption();

  PricesImportCommand(Terminal terminal, Workspace workspace) {
    this.terminal = terminal;
    this.workspace = workspace;
  }

  /** The shape of {@code --json}. */
  record Report(
      int entries,
      int models,
      List<Found> quarantined,
      List<Found> leftOut,
      List<Found> notMapped,
      Map<String, Integer> unknownKeys,
      List<PriceDiff.Change> changes,
      @Nullable String written) {}

  @Override
  public Integer call() throws IOException {
    OutFile.check("--out", out);
    if (out != null && !force && Files.exists(out)) {
      throw new CommandFailure(
          Exit.USAGE, "--out: " + out + " exists (expected: a new file, or --force)");
    }
    Result result = result();
    if (out != null) {
      write(out, result.text());
    }
    if (json.on) {
      terminal.json(
          new Report(
              result.entries(),
              result.models(),
              result.quarantined(),
              result.leftOut(),
              result.notMapped(),
              result.unknownKeys(),
              result.diff().changes(),
              out == null ? null : out.toString()));
    } else {
      print(result);
    }
    return Exit.DONE;
  }

  private Result result() {
    LocalDate today = workspace.now().atOffset(ZoneOffset.UTC).toLocalDate();
    LocalDate checked = date("--checked-on", checkedOn, today);
    Request request =
        new Request(
            file,
            format(),
            provider,
            from.toLowerCase(Locale.ROOT) + "-" + checked,
            from.toLowerCase(Locale.ROOT) + ", " + file.getFileName(),
            checked,
            date("--valid-from", validFrom, today));
    PricesCommand.InForce inForce = PricesCommand.inForce(workspace);
    try {
      return CatalogImport.run(request, inForce.cards(), inForce.vendorOf(), workspace.now());
    } catch (NoSuchFileException | FileNotFoundException e) {
      throw new CommandFailure(Exit.FAILED, file + ": no such file");
    } catch (IOException e) {
      throw new CommandFailure(Exit.FAILED, file + ": " + e.getMessage());
    }
  }

  private Format format() {
    return switch (from.toLowerCase(Locale.ROOT)) {
      case "litellm" -> Format.LITELLM;
      case "genai-prices" -> Format.GENAI_PRICES;
      default ->
          throw new CommandFailure(
              Exit.USAGE, "--from: " + from + " (expected: litellm or genai-prices)");
    };
  }

  private static LocalDate date(String option, @Nullable String typed, LocalDate otherwise) {
    try {
      return typed == null ? otherwise : LocalDate.parse(typed);
    } catch (DateTimeException e) {
      throw new CommandFailure(
          Exit.USAGE, option + ": " + typed + " (expected: a date such as 2026-11-30)");
    }
  }

  /** Whole or not at all, and over nobody's file. */
  private void write(Path target, String text) throws IOException {
    Path part = target.resolveSibling(target.getFileName() + ".part");
    Files.write(part, text.getBytes(StandardCharsets.UTF_8));
    if (force) {
      Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
    } else {
      try {
        Files.write(target, Files.readAllBytes(part), StandardOpenOption.CREATE_NEW);
      } finally {
        Files.delete(part);
      }
    }
  }

  private void print(Result result) {
    if (!result.diff().changes().isEmpty()) {
      terminal.text(PricesDiffCommand.table(result.diff()));
    }
    found("Quarantined", result.quarantined());
    found("Left out", result.leftOut());
    found("Not in the cards", result.notMapped());
    if (!result.unknownKeys().isEmpty()) {
      terminal.line("Unknown keys: " + result.unknownKeys());
    }
    terminal.line(
        "%d entries: %d priced, %d quarantined, %d left out; %s"
            .formatted(
                result.entries(),
                result.models(),
                result.quarantined().size(),
                result.leftOut().size(),
                result.diff().summary()));
    terminal.line(
        out == null
            ? "Nothing was written (--out FILE writes the cards)."
            : out + " is written; read it, then name it under rate_cards.");
  }

  private void found(String title, List<Found> found) {
    if (!found.isEmpty()) {
      terminal.line(title + ":");
      found.forEach(one -> terminal.line("  " + one.model() + ": " + one.reason()));
    }
  }
}
