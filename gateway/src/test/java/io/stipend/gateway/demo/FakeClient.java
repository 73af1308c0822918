package io.stipend.gateway.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/** A plain client of the made-up provider. */
final class FakeClient {
  static final String CHAT = "/v1/chat/completions";
  static final String MESSAGES = "/v1/messages";
  static final String RESPONSES = "/v1/responses";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final FakeProvider provider;

  FakeClient(FakeProvider provider) {
    this.provider = provider;
  }

  HttpRequest request(String path, String body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(provider.url() + path))
            .timeout(Duration.ofSeconds(20))
            .header("Authorization", "Bearer key-1")
            .POST(HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return request.build();
  }

  HttpResponse<String> post(String path, String body, String... headers) throws Exception {
    return http.send(request(path, body, headers), HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(provider.url() + path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  HttpClient http() {
    return http;
  }

  /** A connection that sent its request and reads nothing by itself. */
  Socket open(String path, String body, String... headers) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), provider.port());
    StringBuilder head = new StringBuilder("POST " + path + " HTTP/1.1\r\nHost: localhost\r\n");
    for (int i = 0; i < headers.length; i += 2) {
      head.append(headers[i]).append(": ").append(headers[i + 1]).append("\r\n");
    }
    head.append("Content-Length: ").append(body.length()).append("\r\n\r\n").append(body);
    OutputStream out = socket.getOutputStream();
    out.write(head.toString().getBytes(StandardCharsets.US_ASCII));
    out.flush();
    return socket;
  }

  static JsonNode json(String text) throws IOException {
    return JSON.readTree(text);
  }

  /** The data of each event, the marker of the end included. */
  static List<String> data(String stream) {
    return stream.lines().filter(l -> l.startsWith("data: ")).map(l -> l.substring(6)).toList();
  }

  /** The name of each event. */
  static List<String> names(String stream) {
    return stream.lines().filter(l -> l.startsWith("event: ")).map(l -> l.substring(7)).toList();
  }
}
