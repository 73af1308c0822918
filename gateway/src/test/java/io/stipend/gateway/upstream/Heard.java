package io.stipend.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A listener that remembers, and asserts the order that the face promises. */
class Heard implements AttemptListener {
  final CompletableFuture<String> over = new CompletableFuture<>();
  final CompletableFuture<Integer> status = new CompletableFuture<>();
  final CompletableFuture<Void> sent = new CompletableFuture<>();
  final List<String> events = new CopyOnWriteArrayList<>();
  final AtomicLong bytes = new AtomicLong();
  final StringBuffer body = new StringBuffer();
  volatile Attempt attempt;
  volatile ByteBuf requestBody;
  volatile HttpHeaders headers;

  @Override
  public void sending() {
    add("sending");
    sent.complete(null);
  }

  @Override
  public void head(int code, HttpHeaders with) {
    headers = with;
    add("head " + code);
    status.complete(code);
  }

  @Override
  public void data(ByteBuf part) {
    bytes.addAndGet(part.readableBytes());
    if (body.length() < 1_000_000) {
      body.append(part.toString(StandardCharsets.ISO_8859_1));
    }
    part.release();
    if (!events.get(events.size() - 1).equals("data")) {
      add("data");
    }
  }

  @Override
  public void readComplete() {
    if (over.isDone()) {
      add("late readComplete");
    }
  }

  @Override
  public void end() {
    add("end");
    over.complete("end");
  }

  @Override
  public void failed(UpstreamFailure failure) {
    add("failed " + failure);
    over.complete(failure.name());
  }

  private void add(String event) {
    events.add(event);
  }

  /** {@code end} or the failure's name. */
  String outcome() throws Exception {
    return over.get(10, TimeUnit.SECONDS);
  }

  /** The body of an answer that came whole. */
  String text() throws Exception {
    assertThat(outcome()).as("events %s", events).isEqualTo("end");
    return body.toString();
  }
}
