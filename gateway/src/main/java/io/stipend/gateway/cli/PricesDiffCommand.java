package io.stipend.gateway.cli;

import io.stipend.gateway.admin.Table;
import io.stipend.metering.price.PriceBook;
import io.stipend.metering.price.PriceDiff;
import io.stipend.metering.price.PriceSide;
import io.stipend.metering.price.RateCards;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code prices diff}. */
@Command(
    name = "diff",
    description = {
      "Show what differs between two files, or two dates, of rate cards.",
      "With one file: between the cards in force and it. The ratio is the new price over "
          + "the old one."
    })
final class PricesDiffCommand implements Callable<Integer> {
  private static final Pattern DATE = Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}(T.*)?");

  private final Terminal terminal;
  private final Workspace workspace;

  @Parameters(
      arity = "1..2",
      paramLabel = "A [B]",
      description = {
        "Two files, or two dates. One file: what would change for the models that it names "
            + "if the quota file named it last."
      })
  List<String> sides = List.of();

  @Option(names = "--at", paramLabel = "TIME", description = "When; a date is UTC. Default: now.")
  @Nullable String at;

  @Mixin JsonOption json = new JsonOption();

  PricesDiffCommand(Terminal terminal, Workspace workspace) {
    this.terminal = terminal;
    this.workspace = workspace;
  }

  @Override
  public Integer call() {
    PriceDiff diff = diff();
    if (json.on) {
      terminal.json(diff.changes());
    } else if (diff.changes().isEmpty()) {
      terminal.line("No price differs.");
    } else {
      terminal.text(table(diff));
      terminal.line(diff.summary());
    }
    return Exit.DONE;
  }

  private PriceDiff diff() {
    PricesCommand.InForce inForce = PricesCommand.inForce(workspace);
    Instant when = PricesCommand.instant(at, workspace);
    boolean dates = DATE.matcher(sides.get(0)).matches();
    if (sides.size() == 2 && dates != DATE.matcher(sides.get(1)).matches()) {
      throw new CommandFailure(Exit.USAGE, sides + " (expected: two files or two dates)");
    }
    if (dates) {
      Instant first = PricesCommand.instant(sides.get(0), workspace);
      Instant second = sides.size() == 2 ? PricesCommand.instant(sides.get(1), workspace) : when;
      PriceBook book = new PriceBook(inForce.cards());
      PriceSide before = book.at(first, inForce.vendorOf());
      return PriceDiff.of(before, book.at(second, inForce.vendorOf()), before.named(), false);
    }
    PriceSide now = new PriceBook(inForce.cards()).at(when, inForce.vendorOf());
    PriceSide first = side(sides.get(0), inForce.cards(), when);
    if (sides.size() == 1) {
      RateCards with = inForce.cards().plus(PricesCommand.file(Path.of(sides.get(0))));
      PriceSide then = new PriceBook(with).at(when, inForce.vendorOf());
      return PriceDiff.of(now, then, first.named(), true);
    }
    PriceSide second = side(sides.get(1), inForce.cards(), when);
    Set<PriceSide.Named> all = new TreeSet<>(first.named());
    all.addAll(second.named());
    return PriceDiff.of(first, second, all, true);
  }

  private static PriceSide side(String file, RateCards inForce, Instant when) {
    RateCards cards = PricesCommand.file(Path.of(file));
    return new PriceBook(cards.with(inForce.exchange(), inForce.currency()))
        .at(when, UnaryOperator.identity());
  }

  static Table table(PriceDiff diff) {
    Table table =
        new Table("CHANGE", "OF", "MODEL", "FROM", "PRICE", "BEFORE", "AFTER", "RATIO", "FOR");
    for (PriceDiff.Change change : diff.changes()) {
      table.row(
          change.what().name().toLowerCase(Locale.ROOT),
          change.scope(),
          change.model(),
          PricesListCommand.day(change.from()),
          change.item(),
          PricesListCommand.text(change.before()),
          PricesListCommand.text(change.after()),
          PricesListCommand.text(change.ratio()),
          change.unit());
    }
    return table;
  }
}
