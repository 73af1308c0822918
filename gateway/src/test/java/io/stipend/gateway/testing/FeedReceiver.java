package io.stipend.gateway.testing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Takes CloudEvents as a user's program would: it knows an event by its id, keeps the last of each
 * subject, and answers as it is told. It checks every signature.
 */
public final class FeedReceiver implements AutoCloseable {
  /** How it answers a request. */
  public enum Answer {
    /** Takes it. */
    TAKE,
    /** Takes it, and the answer never comes: it will come again. */
    TAKE_AND_HANG,
    /** Takes it and ends the connection: it will come again. */
    TAKE_AND_BREAK,
    /** 503. */
    FAIL,
    /** 302 to itself, at another path. */
    REDIRECT,
    /** Ends the connection. */
    BREAK
  }

  private static final JsonMapper JSON = new JsonMapper();

  private final Supplier<Answer> answers;
  private final String secret;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Map<String, JsonNode> events = new LinkedHashMap<>();
  private final Map<String, JsonNode> subjects = new LinkedHashMap<>();
  private final List<String> problems = new ArrayList<>();
  private final int port;
  private HttpServer server;
  private long received;

  /**
   * Listens on a free port.
   *
   * @param secret that everything must be signed with
   * @param answers is asked for each request
   */
  public FeedReceiver(String secret, Supplier<Answer> answers) throws IOException {
    this.secret = secret;
    this.answers = answers;
    server = listen(0);
    port = server.getAddress().getPort();
  }

  private HttpServer listen(int at) throws IOException {
    HttpServer made =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), at), 0);
    made.setExecutor(threads);
    made.createContext("/", this::handle);
    made.start();
    return made;
  }

  /** Is away for a moment, and comes back at the same place. */
  public void restart() throws IOException {
    server.stop(0);
    server = listen(port);
  }

  /** Where events go. */
  public String url() {
    return "http://127.0.0.1:" + port + "/usage";
  }

  private void handle(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    Answer answer = answers.get();
    if (!exchange.getRequestURI().getPath().equals("/usage")) {
      problem("asked for " + exchange.getRequestURI());
    }
    if (answer.name().startsWith("TAKE")) {
      take(exchange, new String(body, StandardCharsets.UTF_8));
    }
    switch (answer) {
      case TAKE -> exchange.sendResponseHeaders(204, -1);
      case FAIL -> exchange.sendResponseHeaders(503, -1);
      case REDIRECT -> {
        exchange.getResponseHeaders().set("location", "/elsewhere");
        exchange.sendResponseHeaders(302, -1);
      }
      case TAKE_AND_HANG -> hang();
      case BREAK, TAKE_AND_BREAK -> {}
    }
    exchange.close();
  }

  private void hang() {
    try {
      closed.await(1, TimeUnit.MINUTES);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void take(HttpExchange exchange, String body) throws IOException {
    String signature = exchange.getRequestHeaders().getFirst("stipend-signature");
    if (!signed(String.valueOf(signature), body)) {
      problem("signature " + signature);
    }
    String type = exchange.getRequestHeaders().getFirst("content-type");
    JsonNode sent = JSON.readTree(body);
    String expected =
        sent.isArray() ? "application/cloudevents-batch+json" : "application/cloudevents+json";
    if (!expected.equals(type)) {
      problem("content-type " + type);
    }
    for (JsonNode event : sent.isArray() ? sent : List.of(sent)) {
      received++;
      if (events.putIfAbsent(event.path("id").textValue(), event) == null) {
        subjects.put(event.path("subject").textValue(), event.path("data"));
      }
    }
  }

  private boolean signed(String signature, String body) {
    try {
      String time = signature.substring(2, signature.indexOf(','));
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      byte[] hash = mac.doFinal((time + "." + body).getBytes(StandardCharsets.UTF_8));
      return signature.equals("t=" + time + ",v1=" + HexFormat.of().formatHex(hash));
    } catch (GeneralSecurityException | IndexOutOfBoundsException e) {
      return false;
    }
  }

  private synchronized void problem(String what) {
    problems.add(what);
  }

  /** What was not as it must be. */
  public synchronized List<String> problems() {
    return List.copyOf(problems);
  }

  /** The ids of all events, each once, in the order of their first coming. */
  public synchronized List<String> ids() {
    return List.copyOf(events.keySet());
  }

  /** Events that came, those that came again included. */
  public synchronized long received() {
    return received;
  }

  /** An event by its id. */
  public synchronized JsonNode event(String id) {
    return events.get(id);
  }

  /** The cost of the last row of each subject, in all. */
  public synchronized BigDecimal cost() {
    return subjects.values().stream()
        .map(row -> new BigDecimal(row.path("cost").textValue()))
        .reduce(BigDecimal.ZERO, BigDecimal::add);
  }

  /** The last row of each subject, as text. */
  public synchronized List<String> rows() throws JsonProcessingException {
    List<String> rows = new ArrayList<>();
    for (JsonNode row : subjects.values()) {
      rows.add(JSON.writeValueAsString(row));
    }
    return rows;
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
