package io.stipend.gateway.upstream;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * What Netty's decoder and the rules on top of it made of the same bytes, before a parser of our
 * own took their place: that one may refuse more, never less.
 */
final class NettyReading extends ChannelInboundHandlerAdapter {
  private static final int MAX_INTERIM = 8;

  private final StringBuilder fields = new StringBuilder();
  private final StringBuilder body = new StringBuilder();
  private int interim;
  private int status;
  private boolean finalSeen;
  private boolean ambiguous;
  private String end;

  static AnswerReading.Result of(String bytes, boolean toHead, int... parts) {
    return new NettyReading().read(bytes, toHead, parts);
  }

  private AnswerReading.Result read(String bytes, boolean toHead, int... parts) {
    EmbeddedChannel channel = new EmbeddedChannel(decoder(toHead), this);
    int from = 0;
    for (int i = 0; from < bytes.length() && end == null; i++) {
      int length = Math.min(parts[i % parts.length], bytes.length() - from);
      String part = bytes.substring(from, from + length);
      channel.writeInbound(Unpooled.copiedBuffer(part, StandardCharsets.ISO_8859_1));
      from += length;
    }
    channel.finishAndReleaseAll();
    over("RESET");
    return new AnswerReading.Result(end, status, fields.toString(), body.toString());
  }

  private HttpResponseDecoder decoder(boolean toHead) {
    var config = new HttpDecoderConfig().setMaxHeaderSize(AnswerReading.MAX_HEADER_BYTES);
    return new HttpResponseDecoder(config.setMaxInitialLineLength(4_096)) {
      @Override
      protected boolean isContentAlwaysEmpty(HttpMessage message) {
        return toHead || super.isContentAlwaysEmpty(message);
      }

      @Override
      protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
        ambiguous = true;
        super.handleTransferEncodingChunkedWithContentLength(message);
      }
    };
  }

  private void over(String how) {
    if (end == null) {
      end = how;
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    try {
      if (end == null) {
        heard((HttpObject) message);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void heard(HttpObject message) {
    Throwable fault = message.decoderResult().cause();
    if (fault != null) {
      over(fault instanceof PrematureChannelClosureException ? "RESET" : "PROTOCOL");
    } else if (message instanceof HttpResponse response) {
      head(response);
    } else {
      body.append(((HttpContent) message).content().toString(StandardCharsets.ISO_8859_1));
      if (message instanceof LastHttpContent && finalSeen) {
        over("END");
      }
    }
  }

  private void head(HttpResponse response) {
    int code = response.status().code();
    HttpVersion version = response.protocolVersion();
    boolean http1 = version.equals(HttpVersion.HTTP_1_1) || version.equals(HttpVersion.HTTP_1_0);
    boolean interimToo = code < 200 && code != 101 && ++interim <= MAX_INTERIM;
    boolean redirect = code >= 300 && code < 400;
    boolean ranged = code >= 100 && code <= 599 && (code >= 200 || interimToo) && !redirect;
    if (ambiguous || !http1 || !ranged) {
      over("PROTOCOL");
    } else if (code >= 200) {
      if (!plainFraming(response) || !readable(code, response.headers())) {
        over("PROTOCOL");
        return;
      }
      finalSeen = true;
      status = code;
      for (Map.Entry<String, String> field : response.headers()) {
        if (!field.getKey().equalsIgnoreCase("transfer-encoding")) {
          fields.append(field.getKey()).append(": ").append(field.getValue()).append('\n');
        }
      }
    }
  }

  private static boolean plainFraming(HttpResponse response) {
    HttpHeaders headers = response.headers();
    return !headers.contains("transfer-encoding")
        || (response.protocolVersion().equals(HttpVersion.HTTP_1_1)
            && headers.getAll("transfer-encoding").size() == 1
            && headers.get("transfer-encoding").equalsIgnoreCase("chunked"));
  }

  private static boolean readable(int code, HttpHeaders headers) {
    String coding = headers.get("content-encoding");
    String length = headers.get("content-length");
    return coding == null
        || coding.equalsIgnoreCase("identity")
        || (code >= 400 && length != null && Long.parseLong(length) <= 64 * 1_024);
  }
}
