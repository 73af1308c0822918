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
import org.junit.jupiter.params.provider.CsvSource;

/** The form that a provider gets is the form that the client sent, but for the model. */
class FormFaithTest {
  private static final int FORMS = Boolean.getBoolean("stipend.tests.full") ? 5_000 : 500;
  private static final String ANSWER =
      "{\"text\":\"a\",\"usage\":{\"type\":\"duration\",\"seconds\":1}}";
  private static final String[] BITS = {
    "\r\n", "\n", "\r", "--", "--X", "\r\n--", "\0", "\u00ff", "data", "RIFF", "\r\n\r\n", "--X--"
  };

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  @ParameterizedTest
  @CsvSource({
    "whisper-1, whisper-1",
    "ear, whisper-1",
    "a-long-name-for-one-that-hears, whisper-1"
  })
  void everyByteOfAFormReachesTheProvider(String asked, String sent) throws Exception {
    BlockingQueue<String> got = new LinkedBlockingQueue<>();
    RawProvider.Script script =
        connection -> {
          for (String head = connection.head(); head != null; head = connection.head()) {
            got.add(head);
            got.add(connection.readBody(head));
            connection.write(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
                    + ANSWER.length()
                    + "\r\n\r\n"
                    + ANSWER);
          }
        };
    try (RawProvider provider = new RawProvider(script);
        TestGateway gateway = TestGateway.start(quotas(provider.port()));
        RawClient client = new RawClient(gateway.gateway().address())) {
      String key = gateway.key("ada");
      for (int i = 0; i < FORMS; i++) {
        String boundary = boundary(i % 2 == 0 ? "abcXYZ019'+_-." : "abc019'()+_,-./:=?");
        String type =
            "multipart/form-data; boundary=" + (i % 2 == 0 ? boundary : "\"" + boundary + "\"");
        String form = form(boundary, "\u0001");
        client.send(request(key, type, model(form, asked)));
        RawClient.Answer answer = client.answer();
        assertThat(answer.status()).as("%s; seed %d; %s", answer, seed, form).isEqualTo(200);
        assertThat(got.poll(10, TimeUnit.SECONDS)).as("seed %d", seed).contains(type);
        String reached = got.poll(10, TimeUnit.SECONDS);
        assertThat(reached.equals(model(form, sent))).as("seed %d: %s", seed, form).isTrue();
      }
    }
  }

  private static String quotas(int port) {
    return """
        calendar: { timezone: Europe/Berlin, currency: USD }
        providers: { openai: { url: "http://127.0.0.1:%d", key: "provider-key" } }
        rate_cards: [builtin]
        models:
          aliases: { ear: whisper-1, a-long-name-for-one-that-hears: whisper-1 }
        allowances: { engineer: { amount: 400 USD, every: year } }
        people: { ada: { allowance: engineer } }
        """
        .formatted(port);
  }

  private static byte[] request(String key, String type, String form) {
    return ("POST /v1/audio/transcriptions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "
            + key
            + "\r\nContent-Type: "
            + type
            + "\r\nContent-Length: "
            + form.length()
            + "\r\n\r\n"
            + form)
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  /** The form with this model, whose length may stand in its part's headers. */
  private static String model(String form, String model) {
    return form.replace("\u0001", model).replace("\u0002", "" + model.length());
  }

  private String boundary(String letters) {
    StringBuilder boundary = new StringBuilder("X");
    for (int i = 8 + random.nextInt(60); i > 0; i--) {
      boundary.append(letters.charAt(random.nextInt(letters.length())));
    }
    return boundary.toString();
  }

  private String form(String boundary, String model) {
    List<String> parts = new ArrayList<>();
    parts.add(part("model", "", random.nextBoolean() ? "Content-Length: \u0002\r\n" : "", model));
    parts.add(part("file", "; filename=\"a ü;.wav\"", "Content-Type: audio/wav\r\n", noise()));
    for (int i = random.nextInt(4); i > 0; i--) {
      parts.add(part("more[]", "", "X-Any: \t ü\r\n", noise()));
    }
    Collections.shuffle(parts, random);
    String delimiter = "--" + boundary + "\r\n";
    return delimiter
        + String.join(delimiter, parts)
        + "--"
        + boundary
        + "--"
        + (random.nextBoolean() ? "\r\n" : "");
  }

  private String part(String name, String more, String headers, String content) {
    String disposition = random.nextBoolean() ? "Content-Disposition" : "content-disposition";
    String header = disposition + ": form-data; name=\"" + name + "\"" + more + "\r\n";
    boolean first = random.nextBoolean();
    return (first ? header + headers : headers + header) + "\r\n" + content + "\r\n";
  }

  private String noise() {
    StringBuilder noise = new StringBuilder();
    for (int i = random.nextInt(200); i > 0; i--) {
      noise.append(
          random.nextInt(3) == 0
              ? BITS[random.nextInt(BITS.length)]
              : "" + (char) (3 + random.nextInt(250)));
    }
    return noise.toString();
  }
}
