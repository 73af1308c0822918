package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.coding.Coded;
import io.stipend.gateway.coding.ContentCoding;
import io.stipend.gateway.server.RawClient;
import io.stipend.gateway.server.RawClient.Answer;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.gateway.upstream.RawProvider;
import io.stipend.metering.ledger.UsageRow;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Bodies that come compressed, in chunks or very large: metered and passed on as plain ones are.
 */
class CodedBodiesTest {
  private static final long RICH = 4_000_000_000_000L;
  private static final int MIB = 1_024 * 1_024;
  private static final int LIMIT = 32 * MIB;
  private static final String ANSWER =
      "{\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,\"input_tokens\":1,"
          + "\"output_tokens\":1}}";

  /** What the provider got: heads in lower case, and bodies. */
  private final BlockingQueue<String[]> got = new LinkedBlockingQueue<>();

  private RawProvider provider() throws Exception {
    return new RawProvider(
        connection -> {
          for (String head = connection.head(); head != null; head = connection.head()) {
            got.add(new String[] {head.toLowerCase(Locale.ROOT), connection.readBody(head)});
            connection.write(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
                    + ANSWER.length()
                    + "\r\n\r\n"
                    + ANSWER);
          }
        });
  }

  @ParameterizedTest
  @EnumSource
  void theProviderGetsThePlainBodyAndNothingOfItsCoding(ContentCoding coding) throws Exception {
    try (RawProvider provider = provider();
        TestGateway gateway = StreamFlushTest.gateway(provider.port());
        RawClient client = new RawClient(gateway.gateway().address())) {
      String key = gateway.key("ada");
      for (Wire wire : Wire.values()) {
        String body = wire.body("\"metadata\":{ \"x\" : \"Gr\\u00fc\u00dfe\" , \"n\":1.50e+2}");
        for (String name : List.of(coding.label(), coding.label().toUpperCase(Locale.ROOT))) {
          byte[] coded = Coded.in(coding, body.getBytes(StandardCharsets.UTF_8));
          client.send(request(wire.path + "?beta=true", key, name, coded));
          assertThat(client.answer().status()).isEqualTo(200);
          assertThat(gotPlain(body)).startsWith("post " + wire.path + "?beta=true http/1.1\r\n");
          client.send(chunked(wire.path, key, name, coded));
          assertThat(client.answer().status()).isEqualTo(200);
          assertThat(gotPlain(body)).startsWith("post " + wire.path + " http/1.1\r\n");
        }
      }
      assertThat(gateway.rows()).extracting(UsageRow::nanos).doesNotContain(0L);
    }
  }

  /** The head of the request that has reached the provider with this body. */
  private String gotPlain(String body) throws Exception {
    String[] reached = got.poll(20, TimeUnit.SECONDS);
    assertThat(reached).isNotNull();
    byte[] plain = body.getBytes(StandardCharsets.UTF_8);
    assertThat(reached[1]).isEqualTo(new String(plain, StandardCharsets.ISO_8859_1));
    assertThat(reached[0])
        .contains("\r\ncontent-length: " + plain.length + "\r\n")
        .contains("\r\naccept-encoding: identity\r\n")
        .doesNotContain("content-encoding", "transfer-encoding", "expect:");
    return reached[0];
  }

  @Test
  void theBooksAgreeOnEveryCodingAsOnNone() throws Exception {
    try (Books books = new Books(RICH, "'gpt-*'", "");
        RawClient client = new RawClient(books.gateway.gateway().address())) {
      String key = books.gateway.key("ada");
      String body = Wire.CHAT.body("\"temperature\":0").replace("Say it.", "Say it. ".repeat(999));
      client.send(Wire.CHAT.request(key, body));
      assertThat(client.answer().status()).isEqualTo(200);
      for (ContentCoding coding : ContentCoding.values()) {
        byte[] coded = Coded.in(coding, body.getBytes(StandardCharsets.UTF_8));
        client.send(request(Wire.CHAT.path, key, coding.label(), coded));
        assertThat(client.answer().status()).as("%s", coding).isEqualTo(200);
      }
      List<UsageRow> rows = books.agreed();
      assertThat(rows).hasSize(1 + ContentCoding.values().length);
      assertThat(rows).extracting(UsageRow::usage).containsOnly(rows.get(0).usage());
      assertThat(rows).extracting(UsageRow::nanos).containsOnly(rows.get(0).nanos());
    }
  }

  @Test
  void aBodyAtTheLimitPassesInEveryCoding() throws Exception {
    try (RawProvider provider = provider();
        TestGateway gateway = StreamFlushTest.gateway(provider.port())) {
      String key = gateway.key("ada");
      String body = ofLength(LIMIT);
      byte[] plain = body.getBytes(StandardCharsets.ISO_8859_1);
      try (RawClient client = new RawClient(gateway.gateway().address())) {
        client.send(request(Wire.CHAT.path, key, "identity", plain));
        assertThat(client.answer().status()).isEqualTo(200);
        gotPlain(body);
        for (ContentCoding coding : ContentCoding.values()) {
          client.send(request(Wire.CHAT.path, key, coding.label(), Coded.in(coding, plain)));
          assertThat(client.answer().status()).as("%s", coding).isEqualTo(200);
          gotPlain(body);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Wire.class)
  void aByteAboveTheLimitIsTooLargeInTheCallersDialect(Wire wire) throws Exception {
    try (RawProvider provider = provider();
        TestGateway gateway = StreamFlushTest.gateway(provider.port())) {
      String key = gateway.key("ada");
      byte[] plain = ofLength(LIMIT + 1).getBytes(StandardCharsets.ISO_8859_1);
      String too = "The body is larger than 33554432 bytes";
      refused(gateway, 413, wire, too + ".", head(request(wire.path, key, "identity", plain)));
      for (ContentCoding coding : ContentCoding.values()) {
        byte[] coded = Coded.in(coding, plain);
        String decoded = too + " when it is decoded.";
        refused(gateway, 413, wire, decoded, request(wire.path, key, coding.label(), coded));
        refused(gateway, 413, wire, decoded, chunked(wire.path, key, coding.label(), coded));
      }
      assertThat(got).isEmpty();
      assertThat(gateway.rows()).isEmpty();
      assertThat(gateway.balance("ada").held()).isEqualTo("0");
    }
  }

  @ParameterizedTest
  @EnumSource(Wire.class)
  void whatCannotBeDecodedIsRefusedInTheCallersDialect(Wire wire) throws Exception {
    try (RawProvider provider = provider();
        TestGateway gateway = StreamFlushTest.gateway(provider.port())) {
      String key = gateway.key("ada");
      byte[] plain = wire.body("").getBytes(StandardCharsets.UTF_8);
      for (ContentCoding coding : ContentCoding.values()) {
        String name = coding.label();
        byte[] coded = Coded.in(coding, plain);
        byte[] cut = Arrays.copyOf(coded, coded.length / 2);
        String says = "The body, whose Content-Encoding is " + name + ", ";
        refused(gateway, 400, wire, says, request(wire.path, key, name, cut));
        refused(gateway, 400, wire, says, request(wire.path, key, name, plain));
        refused(
            gateway, 400, wire, says, chunked(wire.path, key, name, Coded.joined(coded, plain)));
      }
      for (String name : List.of("compress", "gzip, gzip", "br,gzip", "identity, identity", "*")) {
        String accepted = "accepted, one at a time: gzip, deflate, br, zstd.";
        refused(gateway, 415, wire, accepted, request(wire.path, key, name, plain));
      }
      assertThat(got).isEmpty();
      assertThat(gateway.rows()).isEmpty();
    }
  }

  @Test
  void aHundredMegabytesOfNothingAreRefusedManyTimesAtOnce() throws Exception {
    try (RawProvider provider = provider();
        TestGateway gateway = StreamFlushTest.gateway(provider.port())) {
      String key = gateway.key("ada");
      for (ContentCoding coding : ContentCoding.values()) {
        byte[] bomb =
            request(Wire.CHAT.path, key, coding.label(), Coded.in(coding, new byte[100 * MIB]));
        List<Integer> said =
            IntStream.range(0, 4).parallel().mapToObj(i -> status(gateway, bomb)).toList();
        assertThat(said).containsOnly(413);
      }
      assertThat(got).isEmpty();
    }
  }

  private static int status(TestGateway gateway, byte[] request) {
    try (RawClient client = new RawClient(gateway.gateway().address())) {
      return client.send(request).answer().status();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void refused(
      TestGateway gateway, int status, Wire wire, String says, byte[] request) throws Exception {
    try (RawClient client = new RawClient(gateway.gateway().address())) {
      Answer answer = client.send(request).answer();
      assertThat(answer.status()).as(answer.body()).isEqualTo(status);
      assertThat(answer.body())
          .contains(says)
          .contains(wire == Wire.CHAT ? "\"param\":" : "{\"type\":\"error\"");
      assertThat(answer.headers()).containsKey("stipend-exchange-id");
    }
  }

  /** A call of exactly so many bytes. */
  private static String ofLength(int length) {
    String small = Wire.CHAT.body("\"user\":\"\"");
    String fill = "0123456789abcdef".repeat(length / 16 + 1);
    return small.replace("Say it.", fill.substring(0, length - small.length() + 7));
  }

  private static byte[] request(String path, String key, String coding, byte[] body) {
    String head = Wire.head(path, key, "Content-Encoding: " + coding);
    return Coded.joined(
        (head + "Content-Length: " + body.length + "\r\n\r\n")
            .getBytes(StandardCharsets.ISO_8859_1),
        body);
  }

  /** Without its body: the server answers before it comes. */
  private static byte[] head(byte[] request) {
    String all = new String(request, StandardCharsets.ISO_8859_1);
    return all.substring(0, all.indexOf("\r\n\r\n") + 4).getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] chunked(String path, String key, String coding, byte[] body) {
    byte[] all =
        (Wire.head(path, key, "Content-Encoding: " + coding) + "Transfer-Encoding: chunked\r\n\r\n")
            .getBytes(StandardCharsets.ISO_8859_1);
    int size = Math.max(7, body.length / 50);
    for (int from = 0; from < body.length; from += size) {
      byte[] chunk = Arrays.copyOfRange(body, from, Math.min(body.length, from + size));
      byte[] line =
          (Integer.toHexString(chunk.length) + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
      all = Coded.joined(all, line, chunk, new byte[] {'\r', '\n'});
    }
    return Coded.joined(all, "0\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
  }
}
