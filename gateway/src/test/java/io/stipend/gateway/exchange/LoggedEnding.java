package io.stipend.gateway.exchange;

import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;

/** Writes down how an attempt ended; the client is to see every answer. */
final class LoggedEnding implements Relay.Ending {
  private final List<String> log;

  LoggedEnding(List<String> log) {
    this.log = log;
  }

  @Override
  public void sending() {}

  @Override
  public boolean withholds(int status, HttpHeaders headers) {
    return false;
  }

  @Override
  public HttpHeaders answerHead(int status, HttpHeaders headers) {
    return headers;
  }

  @Override
  public void ended(Outcome outcome) {
    log.add(outcome.label());
  }
}
