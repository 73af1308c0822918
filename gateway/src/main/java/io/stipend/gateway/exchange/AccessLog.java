package io.stipend.gateway.exchange;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The access line: one per exchange, at level DEBUG of the logger {@code io.stipend.access}. */
public final class AccessLog {
  private static final Logger LOG = LoggerFactory.getLogger("io.stipend.access");

  private AccessLog() {}

  /** Writes the line of one exchange. */
  public static void write(ExchangeRecord exchange) {
    if (LOG.isDebugEnabled()) {
      LOG.debug(
          "{} {} person={} model={} status={} outcome={} tokens={} nanos={} ms={}",
          exchange.id(),
          exchange.path(),
          exchange.person(),
          exchange.model(),
          exchange.status(),
          exchange.outcome(),
          exchange.tokens(),
          exchange.nanos(),
          exchange.took().toMillis());
    }
  }
}
