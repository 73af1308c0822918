package io.stipend.gateway.cli;

import io.stipend.gateway.admin.Table;
import io.stipend.metering.price.PriceBook;
import io.stipend.metering.price.PriceEntry;
import io.stipend.metering.price.PriceItem;
import io.stipend.metering.price.RateCards;
import io.stipend.policy.config.ModelCatalog;
import io.stipend.policy.config.ProviderConfig;
import io.stipend.policy.config.QuotaFile;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code prices list}. */
@Command(
    name = "list",
    description = {
      "What each model that this quota file can reach costs, and which card says so.",
      "Money for a million tokens; LIST is what the vendor asks where a contract decides."
    })
final class PricesListCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workspace workspace;

  @Option(names = "--at", paramLabel = "TIME", description = "When; a date is UTC. Default: now.")
  @Nullable String at;

  @Option(names = "--provider", description = "Only this provider of the quota file.")
  @Nullable String provider;

  @Option(
      names = "--recorded",
      description = "By the cards that were in force then, as the ledger has them.")
  boolean recorded;

  @Mixin JsonOption json = new JsonOption();

  PricesListCommand(Terminal terminal, Workspace workspace) {
    this.terminal = terminal;
    this.workspace = workspace;
  }

  /** The shape of {@code --json}. */
  record Line(String provider, String model, PriceEntry decides, @Nullable PriceEntry list) {}

  @Override
  public Integer call() {
    QuotaFile file = workspace.quota();
    Instant when = PricesCommand.instant(at, workspace);
    RateCards cards = recorded ? PricesCommand.recorded(workspace, when) : file.rateCards();
    List<ProviderConfig> asked =
        file.providers().stream()
            .filter(p -> provider == null || p.name().equals(provider))
            .toList();
    if (asked.isEmpty()) {
      throw new CommandFailure(
          Exit.USAGE,
          "--provider: "
              + provider
              + " (expected: one of "
              + file.providers().stream().map(ProviderConfig::name).toList()
              + ")");
    }
    List<Line> lines = new ArrayList<>();
    for (ProviderConfig one : asked) {
      lines.addAll(lines(file, cards, one, when));
    }
    if (json.on) {
      terminal.json(lines);
    } else {
      terminal.text(table(lines));
    }
    return Exit.DONE;
  }

  private static List<Line> lines(
      QuotaFile file, RateCards cards, ProviderConfig provider, Instant when) {
    PriceBook book = new PriceBook(cards);
    List<Line> lines = new ArrayList<>();
    for (String model : new ModelCatalog(file.providers(), cards).priced(provider, when)) {
      PriceBook.Quote quote = book.quote(provider.name(), provider.prices(), model, when);
      if (quote != null && file.models().allows(provider.name(), model)) {
        lines.add(new Line(provider.name(), model, quote.decides(), quote.list()));
      }
    }
    return lines;
  }

  private static Table table(List<Line> lines) {
    Table table =
        new Table(
            "PROVIDER",
            "MODEL",
            "INPUT",
            "CACHED",
            "OUTPUT",
            "PER UNIT",
            "LIST IN",
            "LIST OUT",
            "CARD",
            "KIND",
            "FROM",
            "TO",
            "CHECKED",
            "SOURCE");
    for (Line line : lines) {
      PriceEntry decides = line.decides();
      PriceEntry list = line.list();
      table.row(
          line.provider(),
          line.model(),
          text(decides.price("input")),
          text(decides.price("cache_read")),
          text(decides.price("output")),
          units(decides),
          list == null ? "" : text(list.price("input")),
          list == null ? "" : text(list.price("output")),
          decides.card(),
          decides.kind(),
          day(decides.validFrom()),
          day(decides.validTo()),
          decides.checkedOn(),
          decides.source());
    }
    return table;
  }

  private static String units(PriceEntry entry) {
    return entry.prices().stream()
        .filter(item -> !item.unit().equals(PriceItem.MILLION))
        .map(item -> item.label() + " " + item.text())
        .collect(Collectors.joining(", "));
  }

  static String text(@Nullable BigDecimal price) {
    return price == null ? "" : price.toPlainString();
  }

  /** A day of UTC, which all dates of cards begin. */
  static String day(@Nullable String instant) {
    return instant == null ? "" : instant.substring(0, Math.min(10, instant.length()));
  }
}
