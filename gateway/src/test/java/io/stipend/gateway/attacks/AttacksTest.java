package io.stipend.gateway.attacks;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.gateway.attacks.Expected.Speaks;
import io.stipend.gateway.server.RawClient;
import io.stipend.gateway.server.RawClient.Answer;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every attack of a client on one running gateway: its answer, what the provider gets, what the
 * ledger holds, and a good request after it.
 */
class AttacksTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int WARMING = 50;

  /** By so much may heap and direct memory grow over all attacks together. */
  private static final long MOST_GROWTH = 16L << 20;

  private static final int LEAST_ATTACKS = 250;

  private static Stand stand;
  private static RawClient other;
  private static long before;

  @BeforeAll
  static void start() throws IOException {
    stand = new Stand();
    assertThat(Attacks.all()).hasSizeGreaterThan(LEAST_ATTACKS);
    other = new RawClient(stand.address());
    for (int i = 0; i < WARMING; i++) {
      stand.serves(other);
    }
    stand.booked(0);
    before = Stand.memory();
  }

  @AfterAll
  static void nothingIsLeft() throws IOException {
    try (Stand closing = stand) {
      other.close();
      closing.booked(0);
      closing.idle();
      assertThat(Stand.memory() - before).as("growth of memory").isLessThan(MOST_GROWTH);
    }
  }

  static List<Attack> attacks() {
    return Attacks.all();
  }

  @BeforeEach
  void takeStock() {
    stand.recount();
  }

  @ParameterizedTest
  @MethodSource("attacks")
  void hasItsOneAnswerAndReachesTheProviderOnlyAsItMay(Attack attack) throws IOException {
    Expected expected = attack.expected();
    try (RawClient client = new RawClient(stand.address())) {
      try {
        client.send(stand.with(attack.bytes()));
        if (attack.ends()) {
          client.socket().shutdownOutput();
        }
      } catch (IOException e) {
        // What is refused before its end may be reset while it is still sent; the answer counts.
      }
      if (expected.status() != 0) {
        answered(client.answer(), expected);
      }
      seen(expected);
      if (expected.behind() != 0) {
        assertThat(client.answer().status()).isEqualTo(expected.behind());
      } else if (expected.keeps()) {
        stand.serves(client);
      }
      if (!expected.keeps() || expected.behind() != 0) {
        assertThat(client.ended()).as("one answer, then the end").isTrue();
        stand.serves(other);
      }
    }
    stand.booked(expected.requests());
  }

  private static void answered(Answer answer, Expected expected) throws IOException {
    assertThat(answer.status()).as(answer.body()).isEqualTo(expected.status());
    assertThat("close".equals(answer.headers().get("connection")))
        .as("whether the connection ends after: %s", answer)
        .isEqualTo(!expected.keeps());
    for (String secret : stand.secrets()) {
      assertThat(answer.toString()).doesNotContain(secret);
    }
    if (expected.status() >= 400) {
      assertThat(dialect(JSON.readTree(answer.body())))
          .as(answer.body())
          .isEqualTo(expected.speaks());
      assertThat(answer.headers()).containsKey("stipend-exchange-id");
      assertThat(answer.headers()).containsEntry("content-type", "application/json");
    }
  }

  private static Speaks dialect(JsonNode body) {
    JsonNode error = body.path("error");
    assertThat(error.path("message").asText()).isNotBlank();
    if (body.path("type").asText().equals("error")) {
      return Speaks.ANTHROPIC;
    }
    return error.path("status").isTextual() && error.path("code").isInt()
        ? Speaks.GEMINI
        : Speaks.OPENAI;
  }

  private static void seen(Expected expected) {
    List<String> seen = stand.tap.take();
    for (String bytes : seen) {
      for (String secret : stand.secrets()) {
        assertThat(bytes).as("a key at the provider").doesNotContain(secret);
      }
      assertThat(expected.unseen()).noneMatch(bytes::contains);
    }
    if (expected.body() == null) {
      assertThat(seen).as("what the provider got").isEmpty();
    } else {
      assertThat(seen).as("connections to the provider").hasSize(1);
      Seen.only(seen.get(0)).hasBody(expected.body());
    }
  }

  @Test
  void theTableHasNoRowTwice() {
    assertThat(Attacks.all()).extracting(Attack::bytes).doesNotHaveDuplicates();
    assertThat(Attacks.all()).extracting(Attack::name).allMatch(name -> !name.isBlank());
  }
}
