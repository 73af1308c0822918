package io.stipend.gateway.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What a gate made of bytes, without a connection around it. */
final class ReadRequests implements RequestGate.Receiver {
  /** Lends its allocator and its settings; nothing is sent through it. */
  private static final EmbeddedChannel CHANNEL = new EmbeddedChannel();

  final List<ReadHead> heads = new ArrayList<>();
  final List<String> bodies = new ArrayList<>();
  final List<MalformedRequest> faults = new ArrayList<>();

  /** Whether the last request came whole. */
  boolean complete;

  /** Bytes that were left behind it. */
  int heldBytes;

  private final RequestGate gate;
  private final boolean all;

  /**
   * @param all whether to let the next request pass when one is whole
   */
  private ReadRequests(boolean all) {
    this.all = all;
    this.gate = new RequestGate(ServerLimits.DEFAULTS, CHANNEL, this);
  }

  /** The first request of some bytes, which come in segments of this length. */
  static ReadRequests first(String latin1, int segment) {
    ReadRequests read = new ReadRequests(false);
    for (int from = 0; from < latin1.length(); from += segment) {
      read.feed(latin1.substring(from, Math.min(latin1.length(), from + segment)));
    }
    read.close();
    return read;
  }

  /** All requests of some segments, one let through after the other. */
  static ReadRequests all(List<String> segments) {
    ReadRequests read = new ReadRequests(true);
    segments.forEach(read::feed);
    read.close();
    return read;
  }

  private void feed(String latin1) {
    gate.read(Unpooled.copiedBuffer(latin1, StandardCharsets.ISO_8859_1));
  }

  private void close() {
    complete = gate.complete();
    heldBytes = gate.heldBytes();
    gate.discard();
  }

  /** Names in lower case and values, in order. */
  List<Map.Entry<String, String>> fields(int request) {
    return NettyReading.lower(heads.get(request).fields());
  }

  @Override
  public void headBegun() {}

  @Override
  public void begin(ReadHead read) {
    heads.add(read);
  }

  @Override
  public boolean bodyWanted() {
    return true;
  }

  @Override
  public void bodyTooLarge(String problem) {
    throw new IllegalStateException("no body is that large here");
  }

  @Override
  public void requestOver(ByteBuf body) {
    bodies.add(body.toString(StandardCharsets.ISO_8859_1));
    body.release();
    if (all) {
      gate.next();
    }
  }

  @Override
  public void malformed(MalformedRequest fault, String path) {
    faults.add(fault);
  }

  @Override
  public void failed(RuntimeException e) {
    throw e;
  }
}
