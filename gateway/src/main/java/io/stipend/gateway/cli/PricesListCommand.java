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
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
      "Show what each model costs that the quota file can reach.",
      "Money is for a million tokens; LIST IN and LIST OUT are what the vendor asks where a"
          + " contract decides. prices show tells all prices of a model, and where each was read."
    })
final class PricesListCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workspace workspace;

  @Option(names = "--at", paramLabel = "TIME", description = "When; a date is UTC. Default: now.")
  @Nullable String at;

  @Option(
      names = "--provider",
      paramLabel = "NAME",
      description = "Only this provider of the quota file.")
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
    } else if (lines.isEmpty()) {
      terminal.line("No model has a price at " + when + ".");
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
    SparseTable table =
        new SparseTable(
            Set.of("PER UNIT", "LIST IN", "LIST OUT", "TO"),
            "PROVIDER",
            "MODEL",
            "INPUT",
            "CACHED",
            "OUTPUT",
            "LIST IN",
            "LIST OUT",
            "CARD",
            "KIND",
            "FROM",
            "TO",
            "PER UNIT");
    for (Line line : lines) {
      PriceEntry decides = line.decides();
      PriceEntry list = line.list();
      table.row(
          line.provider(),
          line.model(),
          text(decides.price("input")),
          text(decides.price("cache_read")),
          text(decides.price("output")),
          list == null ? "" : text(list.price("input")),
          list == null ? "" : text(list.price("output")),
          decides.card(),
          decides.kind(),
          day(decides.validFrom()),
          day(decides.validTo()),
          units(decides));
    }
    return table.table();
  }

  private static String units(PriceEntry entry) {
    Map<String, List<PriceItem>> meters =
        entry.prices().stream()
            .filter(item -> !item.unit().equals(PriceItem.MILLION))
            .collect(
                Collectors.groupingBy(PriceItem::meter, LinkedHashMap::new, Collectors.toList()));
    return meters.entrySet().stream()
        .map(meter -> meter.getKey() + " " + span(meter.getValue()))
        .collect(Collectors.joining(", "));
  }

  /** One price, or the lowest and the highest of the variants. */
  private static String span(List<PriceItem> items) {
    PriceItem low = Collections.min(items, Comparator.comparing(PriceItem::price));
    PriceItem high = Collections.max(items, Comparator.comparing(PriceItem::price));
    return low.price().compareTo(high.price()) == 0
        ? low.text()
        : low.text() + " to " + high.text();
  }

  static String text(@Nullable BigDecimal price) {
    return price == null ? "" : price.toPlainString();
  }

  /** A day of UTC, which all dates of cards begin. */
  static String day(@Nullable String instant) {
    return instant == null ? "" : instant.substring(0, Math.min(10, instant.length()));
  }
}
