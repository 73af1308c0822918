package io.stipend.metering.ledger;

import io.stipend.metering.ChargeBasis;
import io.stipend.metering.ChargeLine;
import io.stipend.metering.Units;
import io.stipend.metering.UsageSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A line of the books as a scan shows it: what a {@link Booking} says, without the objects of one.
 * It is the same object for every line, and says what it does only while it is shown; texts are
 * looked up when they are asked for. Names are those of the usage export.
 */
public interface BookedLine {
  /** What decides the line's month, in milliseconds since 1970. */
  long startedAt();

  /** The end, in milliseconds since 1970; equals the start for what stands in a later month. */
  long finishedAt();

  /** Whether it is a correction. */
  boolean correction();

  /** Id of the exchange. */
  String exchangeId();

  /** Number of the attempt within it, from 1. */
  int attempt();

  /** Id of the principal. */
  String person();

  /** Its team; null if none. */
  @Nullable String team();

  /** The team's cost center; null if none. */
  @Nullable String costCenter();

  /** The key's project; null if none. */
  @Nullable String project();

  /** Public id of the gateway key. */
  String keyId();

  /** The agent session; null if unknown. */
  @Nullable String sessionId();

  /** The client's product; null if unknown. */
  @Nullable String client();

  /** Id of the wire format. */
  String dialect();

  /** Name of the upstream provider. */
  String provider();

  /** The model after aliases were resolved. */
  String modelRequested();

  /** The model that the provider named, else the requested one. */
  String modelServed();

  /** The tier that was served; null if unknown. */
  @Nullable String serviceTier();

  /** Uncached input tokens that the line counts; signed, as all of these. */
  long input();

  /** Input tokens read from a cache. */
  long cacheRead();

  /** Input tokens written to a cache. */
  long cacheWrite();

  /** The part of these with a lifetime of an hour. */
  long cacheWrite1h();

  /** Tokens that were generated. */
  long output();

  /** The part of these that was reasoning. */
  long reasoning();

  /** The cost in nano-units. */
  long nanos();

  /** How the usage came to be known. */
  UsageSource usageSource();

  /** The attempt's outcome, or {@link Booking#CORRECTION}. */
  String outcome();

  /** The provider's status; 0 if none came. */
  int httpStatus();

  /** The currency of the cost. */
  String currency();

  /** The rate card that priced what the line counts. */
  String priceVersion();

  /** The provider's own id; null if none came. */
  @Nullable String providerRequestId();

  /** Anything to look at; empty if nothing. */
  String flags();

  /** The agent within the session; null if none is named. */
  @Nullable String agentId();

  /** The agent that started that one; null if none is named. */
  @Nullable String parentAgentId();

  /** What the attempt used that is not a token. */
  Units units();

  /** How the lines of the attempt's cost are found, as it stands today. */
  ChargeBasis basis();

  /** What its cost is made of, as {@link Booking#lines}. */
  List<ChargeLine> lines();

  /** The same as an object that stays what it is. */
  Booking booking();
}
