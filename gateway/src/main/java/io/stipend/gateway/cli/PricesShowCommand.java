package io.stipend.gateway.cli;

import io.stipend.gateway.admin.Table;
import io.stipend.metering.Suggestion;
import io.stipend.metering.price.PriceBook;
import io.stipend.metering.price.PriceEntry;
import io.stipend.metering.price.PriceItem;
import io.stipend.metering.price.RateCards;
import io.stipend.policy.config.ProviderConfig;
import io.stipend.policy.config.QuotaFile;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code prices show}. */
@Command(
    name = "show",
    description = {
      "Show all that any card says of a model.",
      "Tiers, sizes of request, units, past and future prices; which entry decides, and "
          + "which ones it hides."
    })
final class PricesShowCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workspace workspace;

  @Parameters(paramLabel = "MODEL", description = "A name or an alias; provider/name for one.")
  String model = "";

  @Option(names = "--at", paramLabel = "TIME", description = "When; a date is UTC. Default: now.")
  @Nullable String at;

  @Option(
      names = "--recorded",
      description = "By the cards that were in force then, as the ledger has them.")
  boolean recorded;

  @Mixin JsonOption json = new JsonOption();

  PricesShowCommand(Terminal terminal, Workspace workspace) {
    this.terminal = terminal;
    this.workspace = workspace;
  }

  /** The shape of {@code --json}: one for each provider that has prices of the model. */
  record Shown(
      String provider,
      String model,
      String at,
      @Nullable PriceEntry decides,
      @Nullable PriceEntry list,
      List<PriceBook.Standing> entries) {}

  @Override
  public Integer call() {
    QuotaFile file = workspace.quota();
    Instant when = PricesCommand.instant(at, workspace);
    RateCards cards = recorded ? PricesCommand.recorded(workspace, when) : file.rateCards();
    List<Shown> shown = shown(file, cards, when);
    if (shown.isEmpty()) {
      TreeSet<String> known = new TreeSet<>(file.aliases().keySet());
      file.providers().forEach(p -> known.addAll(cards.models(p.name(), p.prices(), when)));
      throw new CommandFailure(
          Exit.FAILED,
          "model: "
              + PlainLine.escape(model)
              + " has no price at any provider of "
              + file.file()
              + Suggestion.hint(model, known));
    }
    if (json.on) {
      terminal.json(shown);
    } else {
      shown.forEach(this::print);
    }
    return Exit.DONE;
  }

  private List<Shown> shown(QuotaFile file, RateCards cards, Instant when) {
    String name = file.aliases().getOrDefault(model, model);
    PriceBook book = new PriceBook(cards);
    List<Shown> shown = new ArrayList<>();
    for (ProviderConfig provider : file.providers()) {
      String prefix = provider.name() + "/";
      String plain = name.startsWith(prefix) ? name.substring(prefix.length()) : name;
      List<PriceBook.Standing> entries =
          book.standings(provider.name(), provider.prices(), plain, when);
      if (!entries.isEmpty()) {
        PriceBook.Quote quote = book.quote(provider.name(), provider.prices(), plain, when);
        shown.add(
            new Shown(
                provider.name(),
                plain,
                when.toString(),
                quote == null ? null : quote.decides(),
                quote == null ? null : quote.list(),
                entries));
      }
    }
    return shown;
  }

  private void print(Shown shown) {
    terminal.line(shown.provider() + "/" + shown.model() + " at " + shown.at());
    PriceEntry decides = shown.decides();
    if (decides == null) {
      terminal.line("No price is in force: calls are refused.");
    } else {
      Table prices = new Table("TIER", "METER", "INPUT OVER", "VARIANT", decides.currency(), "FOR");
      for (PriceItem item : decides.prices()) {
        prices.row(
            item.tier().isEmpty() ? "default" : item.tier(),
            item.meter(),
            item.inputOver() == 0 ? "" : Long.toString(item.inputOver()),
            item.variant(),
            item.text(),
            item.unit());
      }
      terminal.text(prices);
    }
    Table entries =
        new Table(
            "STATUS", "CARD", "OF", "KIND", "CURRENCY", "INPUT", "OUTPUT", "FROM", "TO", "WHERE");
    for (PriceBook.Standing standing : shown.entries()) {
      PriceEntry e = standing.entry();
      entries.row(
          standing.status().name().toLowerCase(Locale.ROOT).replace('_', ' '),
          e.card(),
          e.scope(),
          e.kind(),
          e.currency(),
          PricesListCommand.text(e.price("input")),
          PricesListCommand.text(e.price("output")),
          PricesListCommand.day(e.validFrom()),
          PricesListCommand.day(e.validTo()),
          e.file() + ":" + e.line());
    }
    terminal.text(entries);
    shown.entries().stream()
        .map(PriceBook.Standing::entry)
        .map(e -> e.card() + ": " + e.source() + ", checked on " + e.checkedOn())
        .distinct()
        .forEach(terminal::line);
    terminal.line("");
  }
}
