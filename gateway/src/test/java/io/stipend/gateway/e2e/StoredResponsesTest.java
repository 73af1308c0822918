package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.metering.ledger.UsageRow;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A response that its provider keeps: reached by who made it, where it was made, at no charge. */
class StoredResponsesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final String PATH = "/v1/responses";
  private static final String BODY = "{'model':'gpt-4o-mini','input':'Say it.'%s}";

  private Books books;
  private String ada;
  private String bob;

  @BeforeEach
  void start() {
    books =
        Books.of(
            """
            calendar: { timezone: Europe/Berlin, currency: USD }
            providers:
              first: { url: "http://127.0.0.1:9", dialect: openai, models: ["other-*"] }
              openai: { url: "%1$s", key: "provider-key" }
              azure: { url: "%1$s", key: "azure-key", prices: openai }
            models: { allow: ["gpt-4o-mini"] }
            allowances: { engineer: { amount: 400 USD, every: year } }
            people: { ada: { allowance: engineer }, bob: { allowance: engineer } }
            """);
    ada = books.gateway.key("ada");
    bob = books.gateway.key("bob");
  }

  @AfterEach
  void stop() {
    books.close();
  }

  private HttpResponse<String> send(String method, String path, String key) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(books.gateway.url() + path))
            .header("Authorization", "Bearer " + key)
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build();
    return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private String made(String path, String fields) throws Exception {
    HttpResponse<String> answer =
        books.admitted(path, ada, BODY.formatted(fields), "x-fake-output-tokens", "30");
    int from = answer.body().indexOf("resp_");
    return answer.body().substring(from, answer.body().indexOf('"', from));
  }

  @ParameterizedTest
  @CsvSource({"/v1/responses,false", "/v1/responses,true", "/openai/v1/responses,false"})
  void whoMadeItReadsItAgainAndIsChargedOnce(String path, boolean stream) throws Exception {
    String id = made(path, ",'stream':" + stream);
    List<UsageRow> rows = books.agreed();
    HttpResponse<String> again = send("GET", path + "/" + id, ada);
    assertThat(again.statusCode()).as(again.body()).isEqualTo(200);
    JsonNode response = JSON.readTree(again.body());
    assertThat(response.get("id").asText()).isEqualTo(id);
    assertThat(response.at("/usage/output_tokens").asLong()).isEqualTo(30);
    assertThat(again.headers().firstValue("stipend-exchange-id")).isPresent();
    HttpResponse<String> rest = send("GET", path + "/" + id + "?stream=true&starting_after=3", ada);
    assertThat(rest.body()).startsWith("event: ").contains("response.completed", "\"usage\":{");
    assertThat(rest.body()).doesNotContain("\"sequence_number\":3,").contains("_number\":4,");
    assertThat(send("GET", path + "/" + id + "/input_items?limit=5", ada).body())
        .isEqualTo("{\"object\":\"list\",\"data\":[]}");
    assertThat(send("POST", path + "/" + id + "/cancel", ada).statusCode()).isEqualTo(200);
    assertThat(send("DELETE", path + "/" + id, ada).body()).contains("\"deleted\":true");
    HttpResponse<String> gone = send("GET", path + "/" + id, ada);
    assertThat(gone.statusCode()).isEqualTo(404);
    assertThat(gone.body()).contains("not found");
    assertThat(books.gateway.rows()).isEqualTo(rows);
    assertThat(books.gateway.balance("ada").held()).isEqualTo("0");
    assertThat(books.provider.billed()).hasSize(1);
  }

  @Test
  void nobodyElseReachesIt() throws Exception {
    String id = made(PATH, "");
    long before = books.provider.requests();
    for (String one :
        List.of("GET ", "GET /input_items", "POST /cancel", "DELETE ", "GET ?stream=true")) {
      String[] call = one.split(" ", 2);
      HttpResponse<String> answer = send(call[0], PATH + "/" + id + call[1], bob);
      assertThat(answer.statusCode()).as(one).isEqualTo(404);
      assertThat(JSON.readTree(answer.body()).at("/error/code").asText())
          .isEqualTo("response_not_found");
      assertThat(answer.body()).contains("since it started").doesNotContain("ada");
      assertThat(answer.headers().firstValue("x-should-retry")).contains("false");
    }
    assertThat(send("GET", PATH + "/" + id, "wrong").statusCode()).isEqualTo(401);
    assertThat(books.provider.requests()).isEqualTo(before);
    assertThat(books.gateway.refusals("bob")).isEqualTo(5);
    // Another key of the same person is the same person.
    assertThat(send("GET", PATH + "/" + id, books.gateway.key("ada")).statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {PATH, PATH + "/compact", PATH + "/input_tokens"})
  void nobodyElseGoesOnFromIt(String path) throws Exception {
    String id = made(PATH, "");
    long before = books.provider.requests();
    String body = BODY.formatted(",'previous_response_id':'" + id + "'");
    HttpResponse<String> answer = books.post(path, bob, body);
    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(answer.body()).contains("response_not_found");
    assertThat(books.provider.requests()).isEqualTo(before);
    books.admitted(path, ada, body);
    // What was made elsewhere, or long ago, is the provider's to know.
    books.admitted(path, bob, body.replace(id, "resp_elsewhere"));
  }

  @Test
  void whatIsNotKnownHereIsNotAskedFor() throws Exception {
    String id = made(PATH, "");
    String forgotten = made(PATH, ",'store':false");
    long before = books.provider.requests();
    assertThat(send("GET", PATH + "/" + forgotten, ada).statusCode()).isEqualTo(404);
    assertThat(send("GET", PATH + "/resp_unknown", ada).statusCode()).isEqualTo(404);
    // Made at OpenAI: Azure has none of it.
    assertThat(send("GET", "/openai" + PATH + "/" + id, ada).statusCode()).isEqualTo(404);
    books.gateway.restart();
    HttpResponse<String> late = send("GET", PATH + "/" + id, ada);
    assertThat(late.statusCode()).isEqualTo(404);
    assertThat(late.body()).contains("since it started");
    assertThat(books.provider.requests()).isEqualTo(before);
  }

  @Test
  void aListOfThemIsNotServed() throws Exception {
    HttpResponse<String> answer = send("GET", PATH, ada);
    assertThat(answer.statusCode()).isEqualTo(405);
    assertThat(answer.headers().firstValue("allow")).contains("POST");
    assertThat(books.provider.requests()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /v1/responses/",
        "GET /v1/responses/resp_1/",
        "GET /v1/responses/resp_1/x",
        "GET /v1/responses/resp.1",
        "GET /v1/chat/completions/chatcmpl-1",
        "DELETE /v1/chat/completions/chatcmpl-1",
      })
  void otherRoutesAreNone(String line) throws Exception {
    String[] call = line.split(" ");
    HttpResponse<String> answer = send(call[0], call[1], ada);
    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(answer.body()).contains("unknown_url");
    assertThat(books.provider.requests()).isZero();
  }
}
