package io.stipend.gateway.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.policy.Refusal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A handler that answers by path and keeps what it saw: {@code /echo} gives the body back, {@code
 * /early} answers before it, {@code /hold} never answers, {@code /flood} streams without an end
 * while it may, {@code /events} streams three events, {@code /half} begins an answer and waits,
 * {@code /throw} and {@code /throw-late} are broken.
 */
final class EchoHandler implements RequestHandler {
  private static final int FLOOD_PART = 8 * 1_024;

  /** Every head that was given to it. */
  final List<RequestHead> heads = new CopyOnWriteArrayList<>();

  /** Every body that came whole, as path and content. */
  final List<String> bodies = new CopyOnWriteArrayList<>();

  /** Every refusal that it was told, of heads and of bodies. */
  final List<Refusal> refusals = new CopyOnWriteArrayList<>();

  /** The paths of requests that were malformed. */
  final List<RequestHead> malformed = new CopyOnWriteArrayList<>();

  /** How many clients left before their answer was complete. */
  final AtomicInteger gone = new AtomicInteger();

  /** Bytes that {@code /flood} wrote. */
  final AtomicLong flooded = new AtomicLong();

  /** How often {@code /flood} found that it must wait. */
  final AtomicInteger waited = new AtomicInteger();

  /** The answers that are held back. */
  final List<Outbound> held = new CopyOnWriteArrayList<>();

  /** Completes when the first request arrived. */
  final CompletableFuture<Void> first = new CompletableFuture<>();

  @Override
  public Inbound accept(RequestHead head, Outbound client) {
    heads.add(head);
    first.complete(null);
    if (head.path().equals("/early")) {
      answer(client, 401, "early");
    }
    if (head.path().equals("/throw")) {
      throw new IllegalStateException("broken on purpose");
    }
    return new Seen(head, client);
  }

  @Override
  public void malformed(RequestHead head, int status, Refusal refusal, Outbound client) {
    malformed.add(head);
    refusals.add(refusal);
    answer(client, status, refusal.message());
  }

  static void answer(Outbound client, int status, String body) {
    client.respond(status, headers(), text(body));
  }

  static HttpHeaders headers() {
    return new DefaultHttpHeaders().add("content-type", "text/plain");
  }

  static ByteBuf text(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
  }

  private final class Seen implements Inbound {
    private final RequestHead head;
    private final Outbound client;

    Seen(RequestHead head, Outbound client) {
      this.head = head;
      this.client = client;
    }

    @Override
    public void body(ByteBuf body) {
      String text = body.toString(StandardCharsets.ISO_8859_1);
      bodies.add(head.path() + " " + text);
      body.release();
      switch (head.path()) {
        case "/echo" -> answer(client, 200, text);
        case "/hold" -> held.add(client);
        case "/half" -> {
          client.start(200, headers());
          client.write(text("half"));
          client.flush();
          held.add(client);
        }
        case "/events" -> {
          client.start(200, headers());
          for (int i = 0; i < 3; i++) {
            client.write(text("data: " + i + "\n"));
            client.write(text("\n"));
            client.flush();
          }
          client.end();
        }
        case "/throw-late" -> {
          client.start(200, headers());
          client.write(text("half"));
          client.flush();
          throw new IllegalStateException("broken on purpose");
        }
        case "/flood" -> {
          client.start(200, headers());
          writable();
        }
        default -> answer(client, 404, "unknown");
      }
    }

    @Override
    public void badBody(int fault, Refusal refusal) {
      refusals.add(refusal);
      int own =
          switch (refusal.reason()) {
            case BODY_TOO_LARGE -> 413;
            case UNSUPPORTED_ENCODING -> 415;
            default -> 400;
          };
      answer(client, fault == 0 ? own : fault, refusal.message());
    }

    @Override
    public void writable() {
      if (!head.path().equals("/flood")) {
        return;
      }
      while (client.writable()) {
        client.write(Unpooled.wrappedBuffer(new byte[FLOOD_PART]));
        client.flush();
        flooded.addAndGet(FLOOD_PART);
      }
      waited.incrementAndGet();
    }

    @Override
    public void gone() {
      gone.incrementAndGet();
    }
  }
}
