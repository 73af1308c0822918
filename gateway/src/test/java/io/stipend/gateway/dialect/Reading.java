package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.gateway.dialect.Dialect.ReaderLimits;
import io.stipend.metering.UsageReport;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** What came of reading one answer, cut into pieces; checks that no buffer leaks. */
record Reading(
    String client,
    UsageReport usage,
    UsageReport inputOnly,
    boolean complete,
    long textBytes,
    long textEvents,
    String text,
    String model) {
  static final ReaderLimits LIMITS = new ReaderLimits(64 * 1_024, 64);

  static AnswerReader reader(Dialect dialect, String request, boolean sse) {
    return dialect.reader(peeked(dialect, request), sse, LIMITS);
  }

  static Peeked peeked(Dialect dialect, String request) {
    ByteBuf body = Heads.utf8(request);
    Dialect.Peek peek = dialect.peek(Heads.to(dialect), body);
    body.release();
    assertThat(peek).isInstanceOf(Peeked.class);
    return (Peeked) peek;
  }

  /**
   * Reads the bytes cut at these offsets; whole ones from direct memory, as a socket gives them.
   */
  static Reading of(AnswerReader reader, byte[] bytes, int... cuts) {
    ByteArrayOutputStream client = new ByteArrayOutputStream();
    List<ByteBuf> all = new ArrayList<>();
    Consumer<ByteBuf> sink =
        part -> {
          byte[] seen = new byte[part.readableBytes()];
          part.readBytes(seen);
          client.writeBytes(seen);
          part.release();
        };
    int from = 0;
    for (int i = 0; i <= cuts.length; i++) {
      int to = i == cuts.length ? bytes.length : cuts[i];
      ByteBuf in =
          cuts.length == 0
              ? PooledByteBufAllocator.DEFAULT.directBuffer(to - from + 3)
              : Unpooled.buffer(to - from + 3);
      in.writeBytes(new byte[3]).skipBytes(3).writeBytes(bytes, from, to - from);
      all.add(in);
      reader.read(in, sink);
      from = to;
    }
    reader.end(sink);
    for (ByteBuf in : all) {
      if (in.refCnt() != 0) {
        throw new AssertionError("leaked: " + in);
      }
    }
    Reading reading =
        new Reading(
            client.toString(StandardCharsets.UTF_8),
            reader.usage(),
            reader.inputOnly(),
            reader.complete(),
            reader.textBytes(),
            reader.textEvents(),
            reader.text(),
            reader.modelServed());
    reader.close();
    return reading;
  }

  /** Offsets that cut so many bytes into single ones. */
  static int[] everyByte(int length) {
    int[] cuts = new int[length - 1];
    for (int i = 0; i < cuts.length; i++) {
      cuts[i] = i + 1;
    }
    return cuts;
  }
}
