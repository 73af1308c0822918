package io.stipend.gateway.exchange;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.gateway.server.Outbound;
import java.util.List;

/** A client that takes everything at once; what it gets is written down. */
abstract class LoggedClient implements Outbound {
  private final EventLoop loop;
  private final List<String> log;

  LoggedClient(EventLoop loop, List<String> log) {
    this.loop = loop;
    this.log = log;
  }

  @Override
  public final EventLoop eventLoop() {
    return loop;
  }

  @Override
  public final void start(int status, HttpHeaders headers) {
    log.add("start " + status);
  }

  @Override
  public final void write(ByteBuf part) {
    part.release();
  }

  @Override
  public final void flush() {}

  @Override
  public final void end() {
    log.add("end");
  }

  @Override
  public final void abort() {
    log.add("abort");
  }

  @Override
  public final boolean writable() {
    return true;
  }
}
