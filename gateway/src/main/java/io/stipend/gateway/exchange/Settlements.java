package io.stipend.gateway.exchange;

import io.stipend.gateway.dialect.AnswerReader;
import io.stipend.metering.Charge;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import io.stipend.metering.UsageSource;
import io.stipend.metering.price.Rating;
import io.stipend.metering.tokens.TokenBound;
import io.stipend.metering.tokens.TokenCounter;
import io.stipend.policy.budget.Reservation.Settlement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * What a sent attempt is charged, by how it ended: by the provider's report, else by an estimate
 * that no bill exceeds as long as less than a step was under way to the gateway. The estimate is
 * never above what the attempt exposed, unless more than that is known to have come, and never
 * above the input and the cap.
 */
final class Settlements {
  private static final int FIRST_ERROR_STATUS = 400;

  /**
   * No provider is known to generate more output tokens in a second for one call: what did not show
   * is at most this by the time that the call took. An assumption, stated in the documentation.
   */
  static final long UNSEEN_PER_SECOND = 1_000;

  private static final long MILLIS_PER_SECOND = 1_000;

  /** Bytes of JSON that one output token has at least, where nothing better is known. */
  private static final long BYTES_PER_TOKEN = 3;

  /** Text of an answer is kept whole up to here; a longer one is estimated from its bytes. */
  private static final long KEPT_TEXT_BYTES = 256 * 1_024;

  /** Marks a row that was charged all that it held, as its answer is generated later. */
  static final String BACKGROUND = "background";

  /** Marks a row that was charged what its last event said, though more may have been under way. */
  static final String PARTIAL = "partial_usage";

  private Settlements() {}

  /**
   * What is known when an attempt has ended.
   *
   * @param outcome how
   * @param status the provider's status; 0 if none came
   * @param reader what was read of the answer; null if nothing came
   * @param bodyBytes bytes of the answer's body
   * @param progress output tokens that its text comes to, from above, by what was learned
   * @param heldOutput output tokens that a stream held
   * @param streaming whether the answer came as events; where none came, whether it was to
   * @param whole whether the provider brought it to its end
   * @param millis from its first byte sent to its end
   * @param expectation what was expected
   * @param rating its prices
   * @param requestedTier the tier that was asked for; null if none
   * @param model the requested model
   * @param counter exact token counter of the model; null if none
   * @param providerRequestId the provider's own id; null if none came
   * @param continuous whether each event of the stream says what was used by then
   */
  record Ended(
      Outcome outcome,
      int status,
      @Nullable AnswerReader reader,
      long bodyBytes,
      long progress,
      long heldOutput,
      boolean streaming,
      boolean whole,
      long millis,
      Expectation expectation,
      Rating rating,
      @Nullable String requestedTier,
      String model,
      @Nullable TokenCounter counter,
      @Nullable String providerRequestId,
      boolean continuous) {}

  /** The provider's report, if it is the last word; null if the charge must be found otherwise. */
  static @Nullable UsageReport reported(Ended ended) {
    AnswerReader reader = ended.reader();
    if (reader == null || !(reader.complete() || ended.outcome() == Outcome.COMPLETED)) {
      return null;
    }
    UsageReport report = reader.overtaken() || ofOneChoice(ended, reader) ? null : reader.usage();
    if (report != null && ended.expectation().background() && report.total().output() == 0) {
      // What has only been queued says nothing, or says zeros.
      return null;
    }
    return report != null && measured(report, ended) && believable(report, ended) ? report : null;
  }

  /** Whether it tells of what has a price: a model without a price of tokens is not free for it. */
  private static boolean measured(UsageReport report, Ended ended) {
    return ended.rating().pricesTokens() || !report.units().isNone();
  }

  /**
   * What a stream that broke off had used by its last event: vLLM ends with its connection, and
   * says so much with each event. Null where anything came after it.
   */
  private static @Nullable UsageReport running(Ended ended) {
    AnswerReader reader = ended.reader();
    UsageReport last =
        reader == null
                || !ended.continuous()
                || !ended.streaming()
                || reader.overtaken()
                || ofOneChoice(ended, reader)
            ? null
            : reader.usage();
    return last == null || last.absurd() ? null : last;
  }

  /**
   * Whether a usage may leave choices out: vLLM says with each chunk what the choice in it used.
   */
  private static boolean ofOneChoice(Ended ended, AnswerReader reader) {
    Expectation expectation = ended.expectation();
    boolean several = expectation.cap() > expectation.capPerChoice();
    return several && ended.continuous() && reader.usageOfChoice();
  }

  /** The settlement; counting text costs up to a few milliseconds per 10 KB. */
  static Settlement of(Ended ended, Instant now) {
    AnswerReader reader = ended.reader();
    UsageReport reported = reported(ended);
    if (reported != null && promptless(reported)) {
      return settlement(ended, withInput(reported, ended), UsageSource.COUNTED, now);
    }
    if (reported != null) {
      return settlement(ended, asAsked(reported, ended), UsageSource.REPORTED, now);
    }
    if (ended.status() >= FIRST_ERROR_STATUS) {
      return settlement(
          ended, UsageReport.of(TokenUsage.ZERO), Charge.ZERO, UsageSource.REPORTED, now);
    }
    if (ended.expectation().background()) {
      return whole(ended, now);
    }
    UsageReport running = running(ended);
    if (running != null) {
      Settlement partial = settlement(ended, asAsked(running, ended), UsageSource.REPORTED, now);
      return partial.flagged(PARTIAL);
    }
    boolean broke =
        reader == null
            || ended.outcome() == Outcome.UPSTREAM_RESET
            || ended.outcome() == Outcome.UPSTREAM_TIMEOUT
            || ended.outcome() == Outcome.UPSTREAM_PROTOCOL
            || ended.outcome() == Outcome.LEDGER_FAILED
            || ended.outcome() == Outcome.GATEWAY_FAULT;
    Expectation expectation = ended.expectation();
    boolean allSeen =
        ended.whole() ? !expectation.unseen() : expectation.visibleStream() && ended.streaming();
    long output = output(ended);
    if (broke || !allSeen) {
      output = Math.max(expectation.expectedOutput(), output);
      return settlement(ended, assumed(ended, output, broke), UsageSource.ASSUMED, now);
    }
    return settlement(ended, assumed(ended, output, false), UsageSource.COUNTED, now);
  }

  /** Whether it tells of output that nothing was asked for: no prompt is empty. */
  private static boolean promptless(UsageReport report) {
    TokenUsage usage = report.total();
    return usage.inputTotal() == 0 && usage.output() > 0 && report.units().isNone();
  }

  /** The report with the input as it was estimated. */
  private static UsageReport withInput(UsageReport report, Ended ended) {
    UsageReport asked = asAsked(report, ended);
    List<UsageReport.Part> parts = new ArrayList<>(asked.parts());
    UsageReport.Part first = parts.get(0);
    TokenUsage usage = first.usage().plus(TokenUsage.of(ended.expectation().input(), 0));
    parts.set(0, new UsageReport.Part(first.model(), usage, first.media(), first.units()));
    return new UsageReport(parts, asked.modelServed(), asked.serviceTier(), true, asked.variant());
  }

  /** All that was held: what is generated later tells nobody, and no more than this can come. */
  private static Settlement whole(Ended ended, Instant now) {
    Expectation expectation = ended.expectation();
    UsageReport all = assumed(ended, expectation.cap(), true);
    Charge charge = expectation.estimate().hold();
    return settlement(ended, all, charge, UsageSource.ASSUMED, now).flagged(BACKGROUND);
  }

  /**
   * Whether a report can be charged as it stands. One that was clamped or contradicts itself is not
   * where it leaves out what was generated or exceeds what the provider was allowed to generate:
   * then the attempt is settled as if nothing had been reported.
   */
  private static boolean believable(UsageReport report, Ended ended) {
    if (!report.absurd()) {
      return true;
    }
    TokenUsage usage = report.total();
    boolean inputKnown = usage.inputTotal() > 0 && usage.inputTotal() < TokenUsage.MAX_COUNT;
    boolean nothingCame = ended.progress() == 0 && ended.outcome() != Outcome.COMPLETED;
    boolean generates = ended.expectation().cap() > 0;
    boolean outputKnown = usage.output() > 0 || nothingCame || !generates;
    return inputKnown && outputKnown && usage.output() <= ended.expectation().cap();
  }

  /**
   * Output tokens that nobody reported, from above: what came, all that may have been thought
   * unseen, and what may have been under way when the answer broke off.
   */
  private static long output(Ended ended) {
    Expectation expectation = ended.expectation();
    if (expectation.opaque()) {
      return expectation.cap();
    }
    long known = knownOutput(ended);
    // What comes in one piece though a stream was asked for was never in check by its hold.
    long most =
        ended.streaming() ? expectation.exposedOutput(ended.heldOutput()) : expectation.cap();
    long came = Math.max(known, seenOutput(ended));
    if (ended.outcome() == Outcome.CUT) {
      // The budget has none left that this would free: then the bill is covered if the bound holds.
      came = Math.max(came, ended.heldOutput());
    }
    long all = came + hiddenOutput(ended) + underWay(ended);
    return Math.min(expectation.cap(), Math.max(known, Math.min(most, all)));
  }

  /** Output tokens that may have been generated unseen: the thinking budget, else by the time. */
  private static long hiddenOutput(Ended ended) {
    Expectation expectation = ended.expectation();
    boolean stated = expectation.hidden() < expectation.cap();
    return stated ? expectation.hidden() : Math.min(expectation.hidden(), inItsTime(ended));
  }

  /** More output tokens than any provider generates in the time that this attempt took. */
  private static long inItsTime(Ended ended) {
    return Expectation.STEP + ended.millis() * UNSEEN_PER_SECOND / MILLIS_PER_SECOND;
  }

  /** Output tokens that came for certain: the provider said so, or each has an event of its own. */
  private static long knownOutput(Ended ended) {
    AnswerReader reader = ended.reader();
    if (reader == null) {
      return 0;
    }
    UsageReport partial = reader.usage();
    long said = partial == null || partial.absurd() ? 0 : partial.total().output();
    return Math.max(reader.textEvents(), said);
  }

  /** Output tokens that the text seen comes to, from above. */
  private static long seenOutput(Ended ended) {
    AnswerReader reader = ended.reader();
    if (reader == null) {
      return 0;
    }
    String text = reader.text();
    if (ended.counter() != null && !text.isEmpty() && reader.textBytes() <= KEPT_TEXT_BYTES) {
      return ended.counter().count(text);
    }
    if (reader.textBytes() == 0 && ended.whole()) {
      // A whole answer without usage: its JSON is longer than its text.
      long ofBody = (ended.bodyBytes() + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN;
      return Math.max(ended.progress(), ofBody);
    }
    return ended.progress();
  }

  /**
   * Output tokens that may have been generated and never came, or that were still being generated
   * when the connection was dropped: less than a step of a stream; of an answer that comes in one
   * piece as much as fits its time.
   */
  private static long underWay(Ended ended) {
    AnswerReader reader = ended.reader();
    boolean cutShort = reader != null && reader.cutShort();
    if (!cutShort && (ended.whole() || (reader != null && reader.complete()))) {
      return 0;
    }
    return ended.streaming()
        ? Expectation.STEP
        : Math.max(0, inItsTime(ended) - hiddenOutput(ended));
  }

  /** A cheap upper estimate of the output tokens seen so far: no event holds less than one. */
  static long progress(AnswerReader reader, String model, TokenBound written) {
    return Math.max(reader.textEvents(), written.estimate(model, reader.textBytes()));
  }

  /** The input as the stream began to report it, else the estimate, and this output. */
  private static UsageReport assumed(Ended ended, long output, boolean broke) {
    AnswerReader reader = ended.reader();
    UsageReport early = reader == null ? null : reader.inputOnly();
    early = early == null || early.absurd() ? null : early;
    TokenUsage in = early == null ? TokenUsage.of(ended.expectation().input(), 0) : early.total();
    TokenUsage usage =
        ended.rating().pricesTokens()
            ? new TokenUsage(
                in.input(), in.cacheRead(), in.cacheWrite(), in.cacheWrite1h(), output, 0)
            : TokenUsage.ZERO;
    String tier = early == null ? null : early.serviceTier();
    MediaTokens media = ended.expectation().most().media().most(usage);
    return new UsageReport(
        List.of(new UsageReport.Part(null, usage, media, units(ended, broke))),
        reader == null ? null : reader.modelServed(),
        tier == null ? ended.requestedTier() : tier,
        reader != null && reader.usage() != null && reader.usage().absurd(),
        ended.expectation().most().variant());
  }

  /**
   * What was used beside tokens and nobody reported, from above: the uses of tools that showed, all
   * that there can be where more may have come than was seen, and all content.
   */
  private static Units units(Ended ended, boolean broke) {
    AnswerReader reader = ended.reader();
    Units seen = reader == null ? Units.NONE : reader.units();
    Units most = ended.expectation().most().units();
    // Of a body that came in part only, more was done by its provider than its beginning says.
    boolean inSight = !broke && (ended.whole() || ended.streaming());
    Units units = Units.NONE;
    for (Meter meter : Meter.values()) {
      boolean shown = meter.isTool() && inSight;
      long count = shown ? seen.of(meter) : Math.max(seen.of(meter), most.of(meter));
      units = units.plus(Units.of(meter, count));
    }
    return units;
  }

  /** The report with what the request asked for, where the answer did not say what it got. */
  private static UsageReport asAsked(UsageReport report, Ended ended) {
    String tier = report.serviceTier();
    String variant = report.variant();
    return new UsageReport(
        report.parts(),
        report.modelServed(),
        tier == null ? ended.requestedTier() : tier,
        report.absurd(),
        variant == null ? ended.expectation().most().variant() : variant);
  }

  private static Settlement settlement(
      Ended ended, UsageReport report, UsageSource source, Instant now) {
    Charge charge = ended.rating().charge(report);
    if (source == UsageSource.ASSUMED) {
      // Tokens are those of the row, so that a token budget agrees with the export.
      long nanos = Math.max(charge.nanos(), ended.expectation().expected().nanos());
      charge = new Charge(nanos, charge.tokens());
    }
    return settlement(ended, report, charge, source, now);
  }

  private static Settlement settlement(
      Ended ended, UsageReport report, Charge charge, UsageSource source, Instant now) {
    String served = report.modelServed();
    StringJoiner flags = new StringJoiner(",");
    if (source == UsageSource.ASSUMED) {
      flags.add("assumed");
    }
    if (report.absurd()) {
      flags.add("absurd_usage");
    }
    if (ended.rating().unpriced(report.units()) != null) {
      flags.add("unpriced_units");
    }
    return new Settlement(
        now,
        charge,
        report.total(),
        source,
        ended.outcome().label(),
        ended.status(),
        served == null ? ended.model() : served,
        report.serviceTier(),
        ended.providerRequestId(),
        flags.toString(),
        report.units(),
        ended.rating().basis(report).ifExact(report.total(), charge.nanos()));
  }
}
