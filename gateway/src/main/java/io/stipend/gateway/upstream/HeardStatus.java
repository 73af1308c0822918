package io.stipend.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.function.IntConsumer;

/**
 * Tells the status of an answer to one more.
 *
 * @param listener hears all
 * @param status hears it before
 */
record HeardStatus(AttemptListener listener, IntConsumer status) implements AttemptListener {
  @Override
  public void sending() {
    listener.sending();
  }

  @Override
  public void head(int came, HttpHeaders headers) {
    status.accept(came);
    listener.head(came, headers);
  }

  @Override
  public void data(ByteBuf part) {
    listener.data(part);
  }

  @Override
  public void readComplete() {
    listener.readComplete();
  }

  @Override
  public void end() {
    listener.end();
  }

  @Override
  public void failed(UpstreamFailure failure) {
    listener.failed(failure);
  }
}
