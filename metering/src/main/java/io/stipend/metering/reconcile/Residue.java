package io.stipend.metering.reconcile;

import static io.stipend.metering.reconcile.BillMeter.CACHE_READ;
import static io.stipend.metering.reconcile.BillMeter.CACHE_WRITE_1H;
import static io.stipend.metering.reconcile.BillMeter.CACHE_WRITE_5M;
import static io.stipend.metering.reconcile.BillMeter.INPUT;
import static io.stipend.metering.reconcile.BillMeter.OUTPUT;

import io.stipend.metering.UsageSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Reasons whose part of a difference is whatever is left of it: tokens that stand under another
 * kind, what was never read, guesses that were wrong, and traffic that was not seen. Each needs
 * something that shows it; what is left then is unexplained.
 */
final class Residue {
  private final RowPricing pricing;

  Residue(RowPricing pricing) {
    this.pricing = pricing;
  }

  /**
   * Findings that make up all that is left.
   *
   * @param findings their tokens sum up to it
   * @param rank how little shows them; lower is better: 0 nothing was left, 1 read from the
   *     figures, 2 a guess that was wrong, 3 not seen, 4 unexplained
   */
  record Named(List<Finding> findings, int rank) {}

  /**
   * What of a group's attempts is asked again and again.
   *
   * @param guesses whose figures are no report of the provider's
   * @param reasoning tokens of all
   */
  record Shown(List<GatewayRow> guesses, long reasoning) {
    static Shown of(Group group) {
      return new Shown(
          group.rows().stream().filter(GatewayRow::isGuess).toList(),
          group.rows().stream().mapToLong(row -> row.row().usage().reasoning()).sum());
    }
  }

  /**
   * Names what is left of a group.
   *
   * @param shown by its attempts
   * @param left the tokens
   * @param found guesses that other reasons speak of, which speak for nothing else
   * @param knownRequests requests more that other reasons speak of
   */
  Named name(Group group, Shown shown, MeterSums left, Set<String> found, long knownRequests) {
    if (left.isZero()) {
      return new Named(List.of(), 0);
    }
    Long more = group.moreRequests();
    boolean unseen = more != null && more - knownRequests > 0;
    if (group.rows().isEmpty()) {
      return left.isNegativeNowhere() ? unseen(group, left) : unexplained(group, left);
    }
    List<Finding> shifts = shifts(group, left);
    if (!shifts.isEmpty()) {
      return new Named(shifts, 1);
    }
    if (!unseen) {
      Finding gap = gap(group, shown, left);
      if (gap != null) {
        return new Named(List.of(gap), 1);
      }
    }
    List<Finding> guesses = guesses(shown, left, found, unseen);
    if (!guesses.isEmpty()) {
      return new Named(guesses, 2);
    }
    return unseen && left.isNegativeNowhere() ? unseen(group, left) : unexplained(group, left);
  }

  /** Input tokens that stand under another kind of input. */
  private List<Finding> shifts(Group group, MeterSums left) {
    List<Finding> findings = new ArrayList<>();
    if (left.input() != 0 || left.of(OUTPUT) != 0 || left.of(CACHE_READ) < 0) {
      return findings;
    }
    long read = left.of(CACHE_READ);
    MeterSums writes = left;
    if (read > 0) {
      if (left.of(INPUT) > -read) {
        return findings;
      }
      MeterSums unread = MeterSums.of(INPUT, -read).with(CACHE_READ, read);
      findings.add(
          shift(
              group,
              Reason.PARSER_GAP,
              unread,
              INPUT,
              "the provider has as input read from the cache what stands here as input"));
      writes = left.minus(unread);
    }
    if (!writes.isZero()) {
      BillMeter from = writes.of(CACHE_WRITE_1H) < 0 ? CACHE_WRITE_1H : CACHE_WRITE_5M;
      from = writes.of(from) < 0 ? from : INPUT;
      findings.add(
          shift(
              group,
              Reason.CACHE_WRITE_SPLIT,
              writes,
              from,
              "the same tokens, written to the cache for another time or not taken for written"));
    }
    return findings;
  }

  private Finding shift(
      Group group, Reason reason, MeterSums tokens, BillMeter from, String evidence) {
    long moved = -tokens.of(from);
    List<GatewayRow> having =
        group.rows().stream().filter(row -> row.tokens().of(from) > 0).toList();
    List<GatewayRow> exact = having.stream().filter(row -> row.tokens().of(from) == moved).toList();
    List<GatewayRow> rows = exact.size() == 1 ? exact : having.size() == 1 ? having : List.of();
    return finding(group, reason, tokens, rows, evidence);
  }

  /** What the gateway did not read at all, or left out by a rule. */
  private @Nullable Finding gap(Group group, Shown shown, MeterSums left) {
    if (!left.isNegativeNowhere()) {
      return null;
    }
    boolean neverRead = true;
    for (BillMeter meter : BillMeter.TOKENS) {
      neverRead &= left.of(meter) == 0 || group.tokens().of(meter) == 0;
    }
    if (neverRead) {
      List<GatewayRow> rows = group.rows().size() == 1 ? group.rows() : List.of();
      return finding(group, Reason.PARSER_GAP, left, rows, "the ledger has none of these at all");
    }
    if (shown.reasoning() > 0 && left.equals(MeterSums.of(OUTPUT, shown.reasoning()))) {
      List<GatewayRow> rows =
          group.rows().stream().filter(row -> row.row().usage().reasoning() > 0).toList();
      return finding(
          group,
          Reason.PARSER_GAP,
          left,
          rows.size() == 1 ? rows : List.of(),
          "the output is too low by exactly its reasoning");
    }
    return null;
  }

  /** Guesses that were wrong: those of one kind if they can hold it, else all. */
  private List<Finding> guesses(Shown shown, MeterSums left, Set<String> found, boolean unseen) {
    List<GatewayRow> all =
        shown.guesses().stream().filter(row -> !found.contains(row.attempt())).toList();
    List<Predicate<GatewayRow>> kinds = new ArrayList<>();
    for (boolean assumed : new boolean[] {true, false}) {
      for (Reason reason :
          List.of(Reason.STREAM_CUT, Reason.CLIENT_DISCONNECT, Reason.PARSER_GAP)) {
        kinds.add(
            row ->
                (row.row().usageSource() == UsageSource.ASSUMED) == assumed
                    && row.guess() == reason);
      }
    }
    List<List<GatewayRow>> pools = new ArrayList<>();
    pools.add(all.stream().filter(row -> row.row().usageSource() == UsageSource.ASSUMED).toList());
    pools.add(all);
    // One kind alone is believed where there is no other.
    for (List<GatewayRow> pool : pools) {
      if (!pool.isEmpty() && canHold(pool, left, unseen)) {
        return split(left, pool, kinds);
      }
    }
    return List.of();
  }

  /** Whether these can be wrong by so much: by no more than they are themselves. */
  private static boolean canHold(List<GatewayRow> pool, MeterSums left, boolean unseen) {
    MeterSums booked = MeterSums.ZERO;
    for (GatewayRow row : pool) {
      booked = booked.plus(row.tokens());
    }
    boolean raises = left.input() > 0 || left.of(OUTPUT) > 0;
    return booked.plus(left).isNegativeNowhere()
        && left.input() <= booked.input()
        && left.of(OUTPUT) <= booked.of(OUTPUT)
        && !(raises && unseen);
  }

  /** Divides what is left among guesses, by what each has booked. */
  private List<Finding> split(
      MeterSums left, List<GatewayRow> pool, List<Predicate<GatewayRow>> kinds) {
    MeterSums[] parts = new MeterSums[pool.size()];
    java.util.Arrays.fill(parts, MeterSums.ZERO);
    for (BillMeter meter : BillMeter.TOKENS) {
      boolean byInput = BillMeter.INPUTS.contains(meter) && left.of(meter) > 0;
      List<Long> weights =
          pool.stream()
              .map(row -> byInput ? row.tokens().input() : row.tokens().of(meter))
              .toList();
      List<Long> shares = Shares.of(left.of(meter), weights);
      for (int i = 0; i < parts.length; i++) {
        parts[i] = parts[i].with(meter, shares.get(i));
      }
    }
    boolean raises = left.input() > 0 || left.of(OUTPUT) > 0;
    List<Finding> findings = new ArrayList<>();
    for (Predicate<GatewayRow> kind : kinds) {
      MeterSums tokens = MeterSums.ZERO;
      MeterSums nanos = MeterSums.ZERO;
      List<Mend> mends = new ArrayList<>();
      for (int i = 0; i < parts.length; i++) {
        if (kind.test(pool.get(i)) && !parts[i].isZero()) {
          MeterSums cost = pricing.more(pool.get(i), parts[i]);
          tokens = tokens.plus(parts[i]);
          nanos = nanos.plus(cost);
          // Nobody is charged more for what several may have used.
          if (pool.size() == 1 || !raises) {
            mends.add(new Mend(pool.get(i), parts[i], cost));
          }
        }
      }
      if (!tokens.isZero()) {
        Reason reason = pool.stream().filter(kind).findFirst().orElseThrow().guess();
        String evidence =
            Effects.named(pool)
                + (pool.size() == 1 ? " is" : " are")
                + " no report of the provider's"
                + (pool.size() == 1 ? "" : "; divided by what each has booked");
        findings.add(Finding.of(reason, tokens, nanos, mends, evidence));
      }
    }
    return findings;
  }

  private Named unseen(Group group, MeterSums left) {
    String evidence =
        group.rows().isEmpty() && group.tokens().isZero()
            ? "the gateway sent nothing of this"
            : "the provider counts more requests than the gateway had answers";
    return new Named(
        List.of(Finding.ofDay(Reason.UNATTRIBUTED, left, billed(group, left), evidence)), 3);
  }

  private static Named unexplained(Group group, MeterSums left) {
    return new Named(
        List.of(
            Finding.ofDay(
                Reason.UNEXPLAINED, left, billed(group, left), Reason.UNEXPLAINED.sentence())),
        4);
  }

  /** What the provider charges for these, at its own mean price of the meter. */
  private static MeterSums billed(Group group, MeterSums tokens) {
    MeterSums nanos = MeterSums.ZERO;
    for (BillMeter meter : BillMeter.TOKENS) {
      Long cost = group.cost(meter);
      long price = cost == null ? 0 : cost;
      nanos = nanos.with(meter, Shares.of(price, tokens.of(meter), group.billed().of(meter)));
    }
    return nanos;
  }

  private Finding finding(
      Group group, Reason reason, MeterSums tokens, List<GatewayRow> rows, String evidence) {
    if (rows.size() == 1 && tokens.addedTo(rows.get(0).row().usage()) != null) {
      GatewayRow row = rows.get(0);
      MeterSums nanos = pricing.more(row, tokens);
      return Finding.of(
          reason,
          tokens,
          nanos,
          List.of(new Mend(row, tokens, nanos)),
          evidence + "; " + row.attempt());
    }
    return Finding.ofDay(reason, tokens, priced(group, tokens), evidence);
  }

  /** What tokens cost at the prices of the smallest attempt that could hold all of them. */
  private MeterSums priced(Group group, MeterSums tokens) {
    List<GatewayRow> rows = group.rows().stream().filter(row -> !row.tokens().isZero()).toList();
    List<GatewayRow> holding =
        rows.stream().filter(row -> row.tokens().plus(tokens).isNegativeNowhere()).toList();
    GatewayRow any =
        (holding.isEmpty() ? rows : holding)
            .stream().min(Comparator.comparing(row -> row.tokens().input())).orElse(null);
    RowPricing.Option own = any == null ? null : pricing.own(any.row(), any.tokens());
    return own == null ? MeterSums.ZERO : own.nanos(tokens);
  }
}
