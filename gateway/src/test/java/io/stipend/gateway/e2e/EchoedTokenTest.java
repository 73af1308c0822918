package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.testing.TestGateway;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cloud whose errors repeat the token that a request came with: no quota file holds that. */
class EchoedTokenTest {
  private static final String ASK =
      "{\"generationConfig\":{\"maxOutputTokens\":5},\"contents\":[{\"parts\":[{\"text\":\"a\"}]}]}";
  private static final String TOKEN = "ya29.fake-token-1";

  @TempDir Path folder;
  private FakeProvider tokens;
  private HttpServer cloud;
  private volatile String came = "";

  @BeforeEach
  void start() throws IOException {
    tokens = FakeProvider.start(0);
    cloud = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    cloud.createContext("/", this::refuse);
    cloud.start();
  }

  @AfterEach
  void stop() {
    cloud.stop(0);
    tokens.close();
  }

  private void refuse(HttpExchange exchange) throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      came = exchange.getRequestHeaders().getFirst("authorization");
      byte[] body =
          ("{\"error\":{\"code\":403,\"status\":\"PERMISSION_DENIED\",\"message\":\"not for "
                  + came
                  + "\"}}")
              .getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("content-type", "application/json");
      exchange.getResponseHeaders().set("x-debug", came);
      exchange.sendResponseHeaders(403, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @Test
  void itIsHiddenInTheBodyAndInTheHeaders() throws Exception {
    Path account = Files.writeString(folder.resolve("account.json"), tokens.serviceAccount());
    try (TestGateway gateway =
        TestGateway.start(
            """
            providers:
              cloud:
                url: "http://127.0.0.1:%d"
                dialect: vertex
                project: p
                location: global
                credentials: "file:%s"
            allowances: { engineer: { amount: 4 USD, every: year } }
            people: { ada: { allowance: engineer } }
            """
                .formatted(cloud.getAddress().getPort(), account))) {
      HttpResponse<String> answer =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(
                          URI.create(
                              gateway.url()
                                  + "/v1/projects/a/locations/b/publishers/google/models/"
                                  + "gemini-2.0-flash:generateContent"))
                      .header("authorization", "Bearer " + gateway.key("ada"))
                      .POST(HttpRequest.BodyPublishers.ofString(ASK))
                      .build(),
                  HttpResponse.BodyHandlers.ofString());

      assertThat(came).isEqualTo("Bearer " + TOKEN);
      assertThat(answer.statusCode()).isEqualTo(403);
      assertThat(answer.body())
          .contains("not for Bearer " + "*".repeat(TOKEN.length()))
          .doesNotContain(TOKEN);
      assertThat(answer.headers().map().toString()).doesNotContain(TOKEN);
    }
  }
}
