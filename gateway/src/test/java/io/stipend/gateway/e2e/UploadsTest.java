package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.coding.Coded;
import io.stipend.gateway.coding.ContentCoding;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.server.RawClient;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.gateway.upstream.RawProvider;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How clients send what is large: in chunks, and after they were told to go on. */
class UploadsTest {
  private static final String ANSWER =
      "{\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,\"input_tokens\":1,"
          + "\"output_tokens\":1}}";
  private static final String BODY =
      Wire.CHAT.body("\"user\":\"u\"").replace("Say it.", "Say it. ".repeat(300_000));

  private final BlockingQueue<String[]> got = new LinkedBlockingQueue<>();

  private RawProvider provider() throws IOException {
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

  private void gotWhole(String target) throws InterruptedException {
    String[] reached = got.poll(20, TimeUnit.SECONDS);
    assertThat(reached).isNotNull();
    assertThat(reached[0])
        .startsWith("post " + target + " http/1.1\r\n")
        .contains("\r\ncontent-length: " + BODY.length() + "\r\n")
        .contains("\r\naccept-encoding: identity\r\n")
        .doesNotContain("expect", "content-encoding", "transfer-encoding", "gzip");
    assertThat(reached[1]).isEqualTo(BODY);
  }

  @Test
  void aBodyInChunksAndOneAfterAContinueReachTheProviderWithTheirLength() throws Exception {
    try (RawProvider provider = provider();
        TestGateway gateway = StreamFlushTest.gateway(provider.port());
        RawClient client = new RawClient(gateway.gateway().address())) {
      String head =
          Wire.head(
              Wire.CHAT.path + "?beta=true",
              gateway.key("ada"),
              "Expect: 100-continue",
              "Accept-Encoding: gzip, deflate, br, zstd");
      client.send(head + "Content-Length: " + BODY.length() + "\r\n\r\n");
      assertThat(client.answer().status()).isEqualTo(100);
      client.send(BODY);
      assertThat(client.answer().status()).isEqualTo(200);
      gotWhole("/v1/chat/completions?beta=true");
      client.send(head + "Transfer-Encoding: chunked\r\n\r\n");
      assertThat(client.answer().status()).isEqualTo(100);
      for (int from = 0; from < BODY.length(); from += 70_000) {
        String chunk = BODY.substring(from, Math.min(BODY.length(), from + 70_000));
        client.send(Integer.toHexString(chunk.length()) + "\r\n" + chunk + "\r\n");
      }
      client.send("0\r\n\r\n");
      assertThat(client.answer().status()).isEqualTo(200);
      gotWhole("/v1/chat/completions?beta=true");
    }
  }

  @Test
  void whoIsRefusedIsNotToldToGoOn() throws Exception {
    try (FakeProvider provider = FakeProvider.start(0);
        TestGateway gateway = StreamFlushTest.gateway(provider.port())) {
      String length = "Expect: 100-continue\r\nContent-Length: ";
      for (String refused :
          List.of(
              Wire.head(Wire.CHAT.path, "bad") + length + "2\r\n\r\n",
              Wire.head("/v1/batches", gateway.key("ada")) + length + "2\r\n\r\n",
              Wire.head(Wire.CHAT.path, gateway.key("ada")) + length + "33554433\r\n\r\n",
              Wire.head(Wire.CHAT.path, gateway.key("ada"), "Content-Encoding: lzma")
                  + length
                  + "2\r\n\r\n")) {
        try (RawClient client = new RawClient(gateway.gateway().address())) {
          assertThat(client.send(refused).answer().status()).isIn(401, 404, 413, 415);
          assertThat(client.ended()).isTrue();
        }
      }
      assertThat(provider.requests()).isZero();
    }
  }

  /** With the real curl, where it is installed: it expects a continue by itself above 1 MB. */
  @Test
  void curlSendsLargeBodiesItsOwnWay(@TempDir Path folder) throws Exception {
    Path body = Files.writeString(folder.resolve("body.json"), BODY);
    Path zstd =
        Files.write(
            folder.resolve("body.zst"),
            Coded.in(ContentCoding.ZSTD, BODY.getBytes(StandardCharsets.UTF_8)));
    try (RawProvider provider = provider();
        TestGateway gateway = StreamFlushTest.gateway(provider.port())) {
      String url = gateway.url() + Wire.CHAT.path;
      String key = "Authorization: Bearer " + gateway.key("ada");
      for (String[] more :
          new String[][] {
            {"--data-binary", "@" + body},
            {"--data-binary", "@" + body, "-H", "Transfer-Encoding: chunked"},
            {"--data-binary", "@" + body, "-H", "Expect: 100-continue", "--compressed"},
            {"--data-binary", "@" + zstd, "-H", "Content-Encoding: zstd"},
          }) {
        List<String> command =
            new ArrayList<>(
                List.of("curl", "-sv", url, "-H", key, "-H", "Content-Type: application/json"));
        command.addAll(List.of(more));
        String said = run(command);
        Assumptions.assumeTrue(said != null, "curl is not installed: its uploads are not tried");
        assertThat(said).contains("HTTP/1.1 200 OK").contains(ANSWER);
        if (!more[1].endsWith(".zst")) {
          assertThat(said).contains("HTTP/1.1 100 Continue");
        }
        gotWhole("/v1/chat/completions");
      }
    }
  }

  /** What a command said; null if it is not installed. */
  private static String run(List<String> command) throws Exception {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      return null;
    }
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }
}
