package io.stipend.gateway.server;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What Netty's decoder, in its strictest setting, makes of the same bytes: the judge. */
final class NettyReading {
  final List<HttpRequest> requests = new ArrayList<>();
  final List<String> bodies = new ArrayList<>();
  boolean fault;

  private NettyReading() {}

  static NettyReading of(String latin1) {
    ServerLimits limits = ServerLimits.DEFAULTS;
    EmbeddedChannel channel =
        new EmbeddedChannel(
            new HttpRequestDecoder(
                new HttpDecoderConfig()
                    .setMaxInitialLineLength(limits.lineBytes())
                    .setMaxHeaderSize(limits.headerBytes())
                    .setValidateHeaders(true)
                    .setAllowDuplicateContentLengths(false)
                    .setStrictLineParsing(true)
                    .setUseRfc9112TransferEncoding(true)));
    NettyReading reading = new NettyReading();
    channel.writeInbound(Unpooled.copiedBuffer(latin1, StandardCharsets.ISO_8859_1));
    StringBuilder body = new StringBuilder();
    for (HttpObject part = channel.readInbound(); part != null; part = channel.readInbound()) {
      reading.fault |= part.decoderResult().isFailure();
      if (part instanceof HttpRequest request) {
        reading.requests.add(request);
        body.setLength(0);
      }
      if (part instanceof HttpContent content) {
        body.append(content.content().toString(StandardCharsets.ISO_8859_1));
      }
      if (part instanceof LastHttpContent) {
        reading.bodies.add(body.toString());
      }
      ReferenceCountUtil.release(part);
    }
    channel.finishAndReleaseAll();
    return reading;
  }

  List<Map.Entry<String, String>> fields(int request) {
    return lower(requests.get(request).headers());
  }

  /** All fields in order, names in lower case. */
  static List<Map.Entry<String, String>> lower(HttpHeaders headers) {
    List<Map.Entry<String, String>> all = new ArrayList<>();
    headers
        .iteratorAsString()
        .forEachRemaining(
            field -> all.add(Map.entry(field.getKey().toLowerCase(Locale.ROOT), field.getValue())));
    return all;
  }
}
