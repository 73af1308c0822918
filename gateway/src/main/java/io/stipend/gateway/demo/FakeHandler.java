package io.stipend.gateway.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.stipend.gateway.demo.FakeProvider.End;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One connection of the made-up provider: routes, checks, and the reply that is under way. */
final class FakeHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
  private static final String CHAT = "/v1/chat/completions";
  private static final String MESSAGES = "/v1/messages";
  private static final String COUNT_MESSAGES = "/v1/messages/count_tokens";
  private static final String RESPONSES = "/v1/responses";
  private static final String COMPACT = "/v1/responses/compact";
  private static final String COUNT_RESPONSES = "/v1/responses/input_tokens";
  private static final String COMPLETIONS = "/v1/completions";
  private static final String EMBEDDINGS = "/v1/embeddings";
  private static final String MODERATIONS = "/v1/moderations";
  private static final String MODELS = "/v1/models";
  private static final String TALLY = "/fake/tally";

  private final FakeTally tally;
  private final FakeTokens tokens;
  private final FakeScript defaults;
  private final InstantSource clock;
  private final FakeSegments segments;
  private FakeTally.@Nullable Row row;
  private @Nullable FakeStream stream;
  private @Nullable FakeAnswer answer;
  private boolean background;
  private boolean keepAlive = true;

  FakeHandler(
      FakeTally tally,
      FakeTokens tokens,
      FakeScript defaults,
      InstantSource clock,
      FakeSegments segments) {
    this.tally = tally;
    this.tokens = tokens;
    this.defaults = defaults;
    this.clock = clock;
    this.segments = segments;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
    if (row != null) {
      // A second request before the first one's end: no client of a provider pipelines.
      ctx.close();
      return;
    }
    keepAlive = HttpUtil.isKeepAlive(request);
    QueryStringDecoder target = new QueryStringDecoder(request.uri());
    String path = target.path();
    if (path.equals(TALLY)) {
      send(ctx, 200, "", FakeJson.tally(tally.requests(), tally.billed()));
      return;
    }
    if (path.equals(FakeTokens.PATH)) {
      trade(ctx, request);
      return;
    }
    String id = tally.request();
    try {
      VertexRoute vertex = VertexRoute.of(path, target.parameters().getOrDefault("alt", List.of()));
      if (vertex != null && request.method().equals(HttpMethod.POST)) {
        vertex(ctx, request, path, vertex, id);
        return;
      }
      BedrockRoute bedrock = BedrockRoute.of(target.rawPath());
      if (bedrock != null && request.method().equals(HttpMethod.POST)) {
        BedrockRoute.verify(request);
        long created = clock.instant().getEpochSecond();
        FakeScript script = script(request, FakeFlavour.OPENAI);
        reply(ctx, request, bedrock.call(body(request), id, created, script), path);
        return;
      }
      GeminiRoute gemini = GeminiRoute.of(path, target.parameters().getOrDefault("alt", List.of()));
      if (gemini != null && request.method().equals(HttpMethod.POST)) {
        gemini(ctx, request, path, gemini, id);
      } else {
        AzureRoute azure = AzureRoute.of(path, target.parameters(), request.headers());
        String plain = azure == null ? path : azure.path();
        FakeStored stored = FakeStored.of(tally, request.method(), plain, target.parameters());
        if (stored != null) {
          send(ctx, 200, id, stored.body(), stored.events());
        } else {
          route(ctx, request, path, azure, id);
        }
      }
    } catch (FakeProblem problem) {
      error(ctx, path, id, problem);
    }
  }

  private FakeScript script(FullHttpRequest request, FakeFlavour usual) {
    FakeScript script = defaults.with(request.headers(), usual);
    if (script.status() != 0) {
      throw new FakeProblem(script.status(), "scripted status " + script.status());
    }
    segments.segmentBytes(script.segmentBytes());
    return script;
  }

  private void trade(ChannelHandlerContext ctx, FullHttpRequest request) {
    String form = request.content().toString(StandardCharsets.UTF_8);
    String host = request.headers().get(HttpHeaderNames.HOST, "");
    try {
      var fields = new QueryStringDecoder(form, false).parameters();
      send(ctx, 200, "", tokens.trade(fields, "http://" + host));
    } catch (FakeProblem problem) {
      send(ctx, problem.status(), "", FakeJson.bedrockError(String.valueOf(problem.getMessage())));
    }
  }

  private void vertex(
      ChannelHandlerContext ctx,
      FullHttpRequest request,
      String path,
      VertexRoute route,
      String id) {
    route.check(tokens, request.headers());
    if (route.isGoogle()) {
      gemini(ctx, request, path, route.gemini(), id);
    } else {
      FakeScript script = script(request, FakeFlavour.OPENAI);
      long created = clock.instant().getEpochSecond();
      reply(ctx, request, route.messages(body(request), id, created, script), path);
    }
  }

  private void gemini(
      ChannelHandlerContext ctx,
      FullHttpRequest request,
      String path,
      GeminiRoute route,
      String id) {
    FakeScript script = script(request, FakeFlavour.OPENAI);
    if (route.generates()) {
      long created = clock.instant().getEpochSecond();
      reply(ctx, request, FakeCall.gemini(body(request), route, id, created, script), path);
    } else if (route.embeds()) {
      long created = clock.instant().getEpochSecond();
      FakeCall call = FakeCall.geminiEmbeddings(body(request), route, id, created, script);
      reply(ctx, request, call, path);
    } else if (route.counts()) {
      send(ctx, 200, id, "{\"totalTokens\":" + FakeCall.inputTokens(body(request), script) + "}");
    } else {
      throw new FakeProblem(404, "no such method: " + path);
    }
  }

  private void route(
      ChannelHandlerContext ctx,
      FullHttpRequest request,
      String asked,
      @Nullable AzureRoute azure,
      String id) {
    boolean post = request.method().equals(HttpMethod.POST);
    FakeScript script = script(request, azure == null ? FakeFlavour.OPENAI : FakeFlavour.AZURE);
    String path = azure == null ? asked : azure.path();
    long created = clock.instant().getEpochSecond();
    if (post && path.equals(CHAT)) {
      reply(ctx, request, FakeCall.chat(body(request, azure), id, created, script), asked);
    } else if (post && path.equals(MESSAGES)) {
      reply(ctx, request, FakeCall.messages(body(request), id, created, script), asked);
    } else if (post && path.equals(RESPONSES)) {
      responses(ctx, request, asked, FakeCall.responses(body(request), id, created, script));
    } else if (post && path.equals(COMPACT)) {
      reply(ctx, request, FakeCall.compact(body(request), id, created, script), asked);
    } else if (post && path.equals(COUNT_MESSAGES)) {
      long input = FakeCall.inputTokens(body(request), script);
      send(ctx, 200, id, "{\"input_tokens\":" + input + "}");
    } else if (post && path.equals(COUNT_RESPONSES)) {
      long input = FakeCall.inputTokens(body(request), script);
      send(ctx, 200, id, "{\"object\":\"response.input_tokens\",\"input_tokens\":" + input + "}");
    } else if (post && path.equals(COMPLETIONS)) {
      reply(
          ctx, request, FakePrompts.completions(body(request, azure), id, created, script), asked);
    } else if (post && path.equals(EMBEDDINGS)) {
      reply(ctx, request, FakePrompts.embeddings(body(request, azure), id, created, script), asked);
    } else if (post && path.equals(MODERATIONS)) {
      send(ctx, 200, id, ModerationsJson.answer(body(request), id));
    } else if (post && FakeMedia.serves(path)) {
      reply(ctx, request, FakeMedia.call(request, path, id, created, script), path);
    } else if (path.equals(MODELS) && request.method().equals(HttpMethod.GET)) {
      boolean messages = request.headers().contains("anthropic-version");
      send(ctx, 200, id, messages ? FakeJson.messagesModels() : FakeJson.chatModels());
    } else {
      throw new FakeProblem(404, "no such route: " + request.method() + " " + path);
    }
  }

  /** What is asked for in the background is generated in full, whatever becomes of the client. */
  private void responses(
      ChannelHandlerContext ctx, FullHttpRequest request, String path, FakeCall call) {
    JsonNode body = body(request);
    if (body.path("store").asBoolean(true)) {
      tally.keep(call);
    }
    background = body.path("background").asBoolean(false);
    if (!background || call.stream() || !call.script().flavour().details()) {
      reply(ctx, request, call, path);
      return;
    }
    FakeTally.Row later = tally.open(call, path, key(request.headers()));
    later.generatedInFull();
    later.end(End.COMPLETED);
    send(ctx, 200, call.id(), ResponsesJson.queued(call));
  }

  private static JsonNode body(FullHttpRequest request, @Nullable AzureRoute azure) {
    return azure == null ? body(request) : azure.served(body(request));
  }

  private static JsonNode body(FullHttpRequest request) {
    return FakeJson.read(ByteBufUtil.getBytes(request.content()));
  }

  private void reply(
      ChannelHandlerContext ctx, FullHttpRequest request, FakeCall call, String path) {
    row = tally.open(call, path, key(request.headers()));
    if (call.script().delayMillis() == 0) {
      begin(ctx, call);
    } else {
      ctx.executor()
          .schedule(() -> begin(ctx, call), call.script().delayMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void begin(ChannelHandlerContext ctx, FakeCall call) {
    FakeTally.Row current = row;
    if (current == null || !ctx.channel().isActive()) {
      return;
    }
    HttpResponse head = head(200, call.id());
    if (call.stream()) {
      boolean list = call.wire() == FakeCall.Wire.GEMINI_LIST;
      String type = list ? "application/json; charset=UTF-8" : "text/event-stream; charset=utf-8";
      type = call.wire().isBinary() ? "application/vnd.amazon.eventstream" : type;
      head.headers().set(HttpHeaderNames.CONTENT_TYPE, type);
      HttpUtil.setTransferEncodingChunked(head, true);
      stream = new FakeStream(ctx, call, current, () -> done(ctx));
      stream.start(head);
    } else {
      boolean sound = call.wire() == FakeCall.Wire.SPEECH;
      head.headers().set(HttpHeaderNames.CONTENT_TYPE, sound ? "audio/mpeg" : "application/json");
      answer = new FakeAnswer(ctx, call, current, () -> done(ctx));
      answer.start(head);
    }
  }

  private void done(ChannelHandlerContext ctx) {
    row = null;
    stream = null;
    answer = null;
    if (!keepAlive) {
      ctx.close();
    }
  }

  private static String key(HttpHeaders headers) {
    String bearer = headers.get(HttpHeaderNames.AUTHORIZATION, "");
    return bearer.startsWith("Bearer ")
        ? bearer.substring("Bearer ".length())
        : headers.get("x-api-key", headers.get("x-goog-api-key", headers.get("api-key", "")));
  }

  private void error(ChannelHandlerContext ctx, String path, String id, FakeProblem problem) {
    String message = String.valueOf(problem.getMessage());
    String json =
        path.startsWith("/model/")
            ? FakeJson.bedrockError(message)
            : path.startsWith(MESSAGES)
                ? FakeJson.messagesError(problem.status(), message, id)
                : GeminiRoute.of(path, List.of()) != null || VertexRoute.of(path, List.of()) != null
                    ? GeminiJson.error(problem.status(), message)
                    : FakeJson.chatError(problem.status(), message);
    send(ctx, problem.status(), id, json);
  }

  private void send(ChannelHandlerContext ctx, int status, String id, String json) {
    send(ctx, status, id, json, false);
  }

  private void send(ChannelHandlerContext ctx, int status, String id, String json, boolean events) {
    DefaultFullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(status),
            ByteBufUtil.writeUtf8(ctx.alloc(), json));
    response.headers().set(head(status, id).headers());
    response
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, events ? "text/event-stream" : "application/json");
    HttpUtil.setContentLength(response, response.content().readableBytes());
    var written = ctx.writeAndFlush(response);
    if (!keepAlive) {
      written.addListener(ChannelFutureListener.CLOSE);
    }
  }

  private HttpResponse head(int status, String id) {
    HttpResponse head =
        new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status));
    if (!id.isEmpty()) {
      // One API names its request id with a prefix, the other without.
      head.headers().set("x-request-id", id).set("request-id", id).set("x-amzn-requestid", id);
    }
    if (!keepAlive) {
      head.headers().set(HttpHeaderNames.CONNECTION, "close");
    }
    return head;
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (stream != null && ctx.channel().isWritable()) {
      stream.pump();
    }
    ctx.fireChannelWritabilityChanged();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (stream != null) {
      stream.stop();
    }
    if (answer != null) {
      answer.stop();
    }
    if (row != null) {
      if (background) {
        row.generatedInFull();
      }
      row.end(End.CLIENT_GONE);
      row = null;
    }
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    // A reset by the client: channelInactive follows and says so in the tally.
    ctx.close();
  }
}
