package io.stipend.gateway.exchange;

import io.stipend.metering.Charge;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.policy.budget.Reservation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A reservation whose disk is as fast, and whose budget as large, as the test says. */
final class Funds implements Reservation {
  final CompletableFuture<Void> durable = new CompletableFuture<>();
  final List<CompletableFuture<Void>> extensions = new ArrayList<>();
  final List<String> log;
  int hurried;
  boolean failing;
  long extensionsLeft = Long.MAX_VALUE;

  Funds(List<String> log) {
    this.log = log;
  }

  @Override
  public AttemptId id() {
    return new AttemptId("ex_1", 1);
  }

  @Override
  public Instant at() {
    return Parts.NOW;
  }

  @Override
  public Charge held() {
    return Charge.ZERO;
  }

  @Override
  public CompletableFuture<Void> durable() {
    return durable;
  }

  @Override
  public void hurry() {
    hurried++;
  }

  @Override
  public void sent() {
    log.add("sent");
  }

  @Override
  public CompletableFuture<Void> extend(Charge more, long output, Charge seen, Instant now) {
    if (extensionsLeft-- <= 0) {
      log.add("short");
      return null;
    }
    extensions.add(new CompletableFuture<>());
    return extensions.get(extensions.size() - 1);
  }

  @Override
  public CompletableFuture<Void> settle(Settlement settlement) {
    if (failing) {
      throw new IllegalStateException("planted");
    }
    log.add("settled");
    return durable;
  }

  @Override
  public CompletableFuture<Void> release(String outcome, Instant now) {
    log.add("released " + outcome);
    return durable;
  }
}
