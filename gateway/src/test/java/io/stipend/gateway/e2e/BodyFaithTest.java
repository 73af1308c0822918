package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.server.RawClient;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.gateway.upstream.RawProvider;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The body that a provider gets is the body that the client sent, but for what policy must set. */
class BodyFaithTest {
  private static final int BODIES = Boolean.getBoolean("stipend.tests.full") ? 5_000 : 500;
  private static final String ASKED = "\"stream_options\":{\"include_usage\":true},";
  private static final String ANSWER =
      "{\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,\"input_tokens\":1,"
          + "\"output_tokens\":1}}";
  private static final String[] NUMBERS = {
    "0",
    "-0",
    "0.1000000000000000055511151231257827",
    "1e400",
    "-1E-400",
    "1.0",
    "123456789012345678901234567890",
    "9007199254740993",
    "2.50e+2"
  };
  private static final String[] TEXTS = {
    "Grüße",
    "👋🏽",
    "\\ud83d\\udc4b",
    "\\u0041\\/\\b\\f\\n\\r\\t\\\"\\\\",
    "\u2028\u2029",
    "é",
    "e\u0301",
    "漢字",
    "a  b",
    "data: [DONE]\\n\\n",
    "\\u0000",
    "\u007f",
    "{\\\"model\\\":\\\"x\\\"}",
    "]}",
    ""
  };

  private final Random random;
  private final long seed;

  BodyFaithTest() {
    seed = System.nanoTime();
    random = new Random(seed);
  }

  @ParameterizedTest
  @EnumSource(Wire.class)
  void everyByteOfABodyReachesTheProvider(Wire wire) throws Exception {
    BlockingQueue<String> got = new LinkedBlockingQueue<>();
    RawProvider.Script script =
        connection -> {
          for (String head = connection.head(); head != null; head = connection.head()) {
            got.add(connection.readBody(head));
            connection.write(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
                    + ANSWER.length()
                    + "\r\n\r\n"
                    + ANSWER);
          }
        };
    try (RawProvider provider = new RawProvider(script);
        TestGateway gateway = StreamFlushTest.gateway(provider.port());
        RawClient client = new RawClient(gateway.gateway().address())) {
      String key = gateway.key("ada");
      for (int i = 0; i < BODIES; i++) {
        boolean stream = random.nextInt(4) == 0;
        String body = body(wire, stream);
        client.send(wire.request(key, body));
        RawClient.Answer answer = client.answer();
        assertThat(answer.status()).as("%s; seed %d; body %s", answer, seed, body).isEqualTo(200);
        String reached =
            new String(
                got.poll(10, TimeUnit.SECONDS).getBytes(StandardCharsets.ISO_8859_1),
                StandardCharsets.UTF_8);
        if (stream && wire == Wire.CHAT) {
          assertThat(reached).as("seed %d", seed).contains(ASKED);
          reached = reached.replace(ASKED, "");
        }
        assertThat(reached).as("seed %d", seed).isEqualTo(body);
      }
    }
  }

  private String body(Wire wire, boolean stream) {
    List<String> fields = new ArrayList<>();
    fields.add("\"model\"" + colon() + quoted(wire.model));
    fields.add("\"max_tokens\"" + colon() + (1 + random.nextInt(2_000)));
    fields.add("\"messages\"" + colon() + "[" + space() + message() + space() + "]");
    if (stream) {
      fields.add("\"stream\"" + colon() + "true");
    }
    int more = random.nextInt(6);
    for (int i = 0; i < more; i++) {
      fields.add("\"x" + i + text() + "\"" + colon() + value(3));
    }
    Collections.shuffle(fields, random);
    return space()
        + "{"
        + space()
        + String.join(space() + "," + space(), fields)
        + space()
        + "}"
        + space();
  }

  private String message() {
    return "{\"role\""
        + colon()
        + "\"user\","
        + space()
        + "\"content\""
        + colon()
        + quoted(text() + text())
        + "}";
  }

  private String value(int depth) {
    switch (random.nextInt(depth > 0 ? 6 : 4)) {
      case 0:
        return NUMBERS[random.nextInt(NUMBERS.length)];
      case 1:
        return quoted(text());
      case 2:
        return random.nextBoolean() ? "null" : "false";
      case 3:
        return "{" + space() + "}";
      case 4:
        return "[" + value(depth - 1) + space() + "," + value(depth - 1) + "]";
      default:
        return "{\"a" + text() + "\"" + colon() + value(depth - 1) + "," + space() + "\"b\":1}";
    }
  }

  private String text() {
    return TEXTS[random.nextInt(TEXTS.length)];
  }

  private static String quoted(String text) {
    return "\"" + text + "\"";
  }

  private String colon() {
    return space() + ":" + space();
  }

  private String space() {
    StringBuilder space = new StringBuilder();
    for (int i = random.nextInt(4) == 0 ? random.nextInt(5) : 0; i > 0; i--) {
      space.append(" \t\r\n".charAt(random.nextInt(4)));
    }
    return space.toString();
  }
}
