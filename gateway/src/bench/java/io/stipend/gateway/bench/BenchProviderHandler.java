package io.stipend.gateway.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One connection of the provider: one request after the other, each answered as it asks. */
final class BenchProviderHandler extends ByteToMessageDecoder {
  private static final byte[] HEAD_END = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] LENGTH = "\ncontent-length:".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] CHUNKED = "\ntransfer-encoding:".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] LAST_CHUNK = "\r\n0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] MARK = BenchRequest.MARK.getBytes(StandardCharsets.US_ASCII);
  private static final int MARK_WITHIN = 256;
  private static final int JSON_BYTES = 2_048;

  static final String CHUNK =
      "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1,"
          + "\"model\":\"gpt-5-mini\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"},"
          + "\"finish_reason\":null}]}\n\n";
  private static final String USAGE =
      "\"usage\":{\"prompt_tokens\":400,\"completion_tokens\":100,\"total_tokens\":500}";
  static final String STREAM_END =
      CHUNK.replace("{\"content\":\" word\"}", "{}").replace("null", "\"stop\"")
          + "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1,"
          + "\"model\":\"gpt-5-mini\",\"choices\":[],"
          + USAGE
          + "}\n\ndata: [DONE]\n\n";

  private static final ByteBuf JSON =
      fixed(
          "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: req_bench\r\n"
              + "content-length: "
              + JSON_BYTES
              + "\r\n\r\n"
              + json());
  private static final ByteBuf STREAM_HEAD =
      fixed(
          "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-request-id: req_bench\r\n"
              + "transfer-encoding: chunked\r\n\r\n");
  private static final ByteBuf EVENT = fixed(chunk(CHUNK));
  private static final ByteBuf LAST = fixed(chunk(STREAM_END) + "0\r\n\r\n");

  private int eventsLeft;
  private int paceMicros;

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    int start = in.readerIndex();
    int headEnd = find(in, HEAD_END, start, in.writerIndex());
    if (headEnd < 0) {
      return;
    }
    int body = headEnd + HEAD_END.length;
    int end;
    int length = find(in, LENGTH, start, headEnd);
    if (length >= 0) {
      end = body + (int) number(in, skipBlanks(in, length + LENGTH.length));
    } else if (find(in, CHUNKED, start, headEnd) >= 0) {
      int last = find(in, LAST_CHUNK, body, in.writerIndex());
      end = last < 0 ? Integer.MAX_VALUE : last + LAST_CHUNK.length;
    } else {
      end = body;
    }
    if (end > in.writerIndex()) {
      return;
    }
    int mark = find(in, MARK, body, Math.min(end, body + MARK_WITHIN));
    int events = 0;
    int think = 0;
    paceMicros = 0;
    if (mark >= 0) {
      int at = mark + MARK.length;
      events = (int) number(in, at);
      at = in.indexOf(at, end, (byte) '/') + 1;
      think = (int) number(in, at);
      at = in.indexOf(at, end, (byte) '/') + 1;
      paceMicros = (int) number(in, at);
    }
    in.readerIndex(end);
    eventsLeft = events;
    if (think == 0) {
      answer(ctx);
    } else {
      ctx.executor().schedule(() -> answer(ctx), think, TimeUnit.MICROSECONDS);
    }
  }

  private void answer(ChannelHandlerContext ctx) {
    if (eventsLeft == 0) {
      ctx.writeAndFlush(JSON.duplicate(), ctx.voidPromise());
      return;
    }
    ctx.write(STREAM_HEAD.duplicate(), ctx.voidPromise());
    event(ctx);
  }

  /** One event, one segment: as providers send them, however fast. */
  private void event(ChannelHandlerContext ctx) {
    if (!ctx.channel().isActive()) {
      return;
    }
    boolean last = --eventsLeft == 0;
    ctx.writeAndFlush((last ? LAST : EVENT).duplicate(), ctx.voidPromise());
    if (last) {
      return;
    }
    if (paceMicros > 0) {
      ctx.executor().schedule(() -> event(ctx), paceMicros, TimeUnit.MICROSECONDS);
    } else {
      ctx.executor().execute(() -> event(ctx));
    }
  }

  private static int find(ByteBuf in, byte[] lower, int from, int to) {
    int most = to - lower.length;
    for (int i = in.indexOf(from, to, lower[0]); i >= 0 && i <= most; ) {
      int j = 1;
      while (j < lower.length && (lower(in.getByte(i + j)) == lower[j])) {
        j++;
      }
      if (j == lower.length) {
        return i;
      }
      i = in.indexOf(i + 1, to, lower[0]);
    }
    return -1;
  }

  private static byte lower(byte b) {
    return b >= 'A' && b <= 'Z' ? (byte) (b + 0x20) : b;
  }

  private static int skipBlanks(ByteBuf in, int from) {
    int at = from;
    while (in.getByte(at) == ' ') {
      at++;
    }
    return at;
  }

  private static long number(ByteBuf in, int from) {
    long value = 0;
    for (int at = from; in.getByte(at) >= '0' && in.getByte(at) <= '9'; at++) {
      value = value * 10 + in.getByte(at) - '0';
    }
    return value;
  }

  /** A plain answer of 2 KiB. */
  static String json() {
    StringBuilder json =
        new StringBuilder(
            "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"created\":1,"
                + "\"model\":\"gpt-5-mini\",\"choices\":[{\"index\":0,\"message\":{"
                + "\"role\":\"assistant\",\"content\":\"");
    String end = "\"},\"finish_reason\":\"stop\"}]," + USAGE + "}";
    while (json.length() < JSON_BYTES - end.length()) {
      json.append('x');
    }
    return json.append(end).toString();
  }

  private static String chunk(String data) {
    return Integer.toHexString(data.length()) + "\r\n" + data + "\r\n";
  }

  private static ByteBuf fixed(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    return Unpooled.unreleasableBuffer(
        Unpooled.directBuffer(bytes.length).writeBytes(bytes).asReadOnly());
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }
}
