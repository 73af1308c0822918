package io.stipend.gateway.exchange;

import io.netty.buffer.ByteBuf;
import io.stipend.gateway.server.RequestHandler.Inbound;
import io.stipend.policy.Refusal;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A request whose credential is still being looked at, because keys are fetched for it: its body
 * waits at the client, and what else comes of it meanwhile is kept for whatever it becomes. On its
 * client's event loop.
 */
final class Introducing implements Inbound {
  private @Nullable Inbound next;
  private @Nullable ByteBuf body;
  private @Nullable Refusal badBody;
  private int badStatus;
  private final CompletableFuture<Void> looked = new CompletableFuture<>();
  private boolean gone;

  /** The credential was looked at; nothing is begun for a client that has gone. */
  void done(Supplier<Inbound> begin) {
    if (gone) {
      return;
    }
    Inbound begun = begin.get();
    next = begun;
    ByteBuf whole = body;
    body = null;
    if (whole != null) {
      begun.body(whole);
    } else if (badBody != null) {
      begun.badBody(badStatus, badBody);
    }
    looked.complete(null);
  }

  @Override
  public void body(ByteBuf whole) {
    if (next != null) {
      next.body(whole);
    } else {
      body = whole;
    }
  }

  @Override
  public void badBody(int status, Refusal refusal) {
    if (next != null) {
      next.badBody(status, refusal);
    } else {
      badStatus = status;
      badBody = refusal;
    }
  }

  @Override
  public CompletableFuture<?> awaited() {
    return looked;
  }

  @Override
  public void writable() {
    if (next != null) {
      next.writable();
    }
  }

  @Override
  public void gone() {
    gone = true;
    if (next != null) {
      next.gone();
    } else if (body != null) {
      body.release();
      body = null;
    }
  }
}
