package io.stipend.policy.plan;

import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerEntry.LoanKind;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.Progress;
import io.stipend.metering.ledger.UsageRow;
import io.stipend.policy.config.ModelCatalog;
import io.stipend.policy.config.ProviderConfig;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.plan.PlanReport.Names;
import io.stipend.policy.plan.PlanReport.TeamLine;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Runs the recorded calls again under two quota files, the one in force and another one, and tells
 * the difference. Reads the record and enters nothing, so a gateway may run meanwhile. Its memory
 * grows with people and their accounts, not with calls.
 *
 * <p>What it cannot know it leaves out: calls that were refused in the past are not in the record;
 * a call is held at what it cost, not at what was expected of it; rates, concurrency and freezes do
 * not count; and nobody changes what they do because they are refused.
 */
public final class Plan {
  private final QuotaFile file;
  private final QuotaFile other;
  private final Rerun now;
  private final Rerun next;
  private final Tallies tallies;
  private final Instant from;
  private final Instant to;
  private final Instant start;
  private final Progress progress;

  private Plan(QuotaFile file, QuotaFile other, Instant from, Instant to, Progress progress) {
    this.file = file;
    this.other = other;
    this.now = new Rerun(file);
    this.next = new Rerun(other);
    this.tallies = new Tallies(other.currency());
    this.from = from;
    this.to = to;
    this.start = Window.start(from, file, other);
    this.progress = progress;
  }

  /**
   * Runs.
   *
   * @param file the quota file in force
   * @param other the one that may take its place
   * @param record the ledger; null if nothing was recorded yet
   * @param to the end of what is counted: now
   * @param span how far back is counted
   * @param progress is told which part of the time has been run, in milliseconds
   */
  public static PlanReport of(
      QuotaFile file,
      QuotaFile other,
      @Nullable LedgerReader record,
      Instant to,
      Duration span,
      Progress progress) {
    Instant from = to.minus(span);
    return new Plan(file, other, from, to, progress).run(record);
  }

  private PlanReport run(@Nullable LedgerReader record) {
    if (record != null) {
      Queue<LedgerEntry> moves = moves(record);
      record.usage(start, to, row -> rerun(row, moves));
    }
    MonthlyGrants before = new MonthlyGrants(file, to);
    MonthlyGrants after = new MonthlyGrants(other, to);
    List<TeamLine> teams = tallies.teams(before, after);
    return new PlanReport(
        from.toString(),
        to.toString(),
        start.toString(),
        tallies.calls(),
        tallies.people(),
        teams,
        Tallies.total(teams),
        tallies.models(),
        names(other, file),
        names(file, other),
        Math.max(now.skipped(), next.skipped()));
  }

  /** What people did to budgets, in the order of time. */
  private Queue<LedgerEntry> moves(LedgerReader record) {
    List<LedgerEntry> moves = new ArrayList<>();
    Stream.of(
            record.oneOffGrants().stream(),
            record.transfers().stream(),
            record.loans().stream().filter(loan -> loan.kind() == LoanKind.ADVANCE))
        .flatMap(entries -> entries)
        .filter(entry -> !entry.at().isBefore(start) && entry.at().isBefore(to))
        .forEach(moves::add);
    moves.sort(Comparator.comparing(LedgerEntry::at));
    return new ArrayDeque<>(moves);
  }

  private void rerun(UsageRow row, Queue<LedgerEntry> moves) {
    while (!moves.isEmpty() && !moves.element().at().isAfter(row.startedAt())) {
      LedgerEntry move = moves.remove();
      now.moved(move);
      next.moved(move);
    }
    Rerun.Answer before = now.call(row);
    Rerun.Answer after = next.call(row, before.rated());
    if (!row.startedAt().isBefore(from)) {
      tallies.count(row, before, after);
    }
    progress.at(
        Duration.between(start, row.startedAt()).toMillis(),
        Duration.between(start, to).toMillis());
  }

  /** What one file has and the other has not. */
  private Names names(QuotaFile has, QuotaFile hasNot) {
    return new Names(
        minus(has.principals().keySet(), hasNot.principals().keySet()),
        minus(has.teams().keySet(), hasNot.teams().keySet()),
        minus(models(has), models(hasNot)));
  }

  private static List<String> minus(Set<String> some, Collection<String> others) {
    return some.stream().filter(name -> !others.contains(name)).sorted().toList();
  }

  private Set<String> models(QuotaFile of) {
    ModelCatalog catalog = new ModelCatalog(of);
    Set<String> names = new TreeSet<>();
    for (ProviderConfig provider : catalog.providers()) {
      for (String model : catalog.priced(provider, to)) {
        if (of.models().allows(provider.name(), model)) {
          names.add(provider.name() + "/" + model);
        }
      }
    }
    return names;
  }
}
