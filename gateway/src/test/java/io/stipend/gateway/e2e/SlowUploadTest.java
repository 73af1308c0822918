package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.ledger.KeyRecord;
import io.stipend.metering.ledger.LedgerEntry.GrantKind;
import io.stipend.metering.ledger.LedgerEntry.Granted;
import io.stipend.metering.ledger.LedgerReader;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a request may do is decided when it is whole, however long its body was on its way. */
class SlowUploadTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final String ADA = "  ada: { allowance: small }\n";

  private FakeProvider provider;
  private TestGateway gateway;
  private String key;

  @BeforeEach
  void start() {
    provider = FakeProvider.start(0);
    gateway =
        TestGateway.start(
            """
            providers: { openai: { url: "%s", key: "provider-key" } }
            models: { allow: ["gpt-4o-mini"] }
            allowances: { small: { amount: 1 USD, every: year, when_short: [refuse] } }
            people:
              bob: { allowance: small }
            """
                    .formatted(provider.url())
                + ADA);
    key = gateway.key("ada");
  }

  @AfterEach
  void stop() {
    gateway.close();
    provider.close();
  }

  /** A request whose head and half of its body were read. */
  private final class Upload implements AutoCloseable {
    private final Socket socket;
    private final BufferedReader answer;
    private final String rest;

    Upload() throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), gateway.gateway().address().getPort());
      socket.setSoTimeout((int) SOON.toMillis());
      answer =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
      String body = Api.CHAT.body(false, 1_000);
      String wire = Api.CHAT.wire(key, body, "Expect", "100-continue");
      String first = wire.substring(0, wire.length() - body.length() / 2);
      rest = wire.substring(first.length());
      send(first);
      assertThat(answer.readLine()).as("its head was accepted").isEqualTo("HTTP/1.1 100 Continue");
      assertThat(answer.readLine()).isEmpty();
    }

    private void send(String text) throws IOException {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
    }

    /** Sends the rest. */
    String status() throws IOException {
      send(rest);
      return answer.readLine();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private void edit(String from, String to) throws IOException {
    int before = changes();
    String text = Files.readString(gateway.quotaFile());
    assertThat(text).contains(from);
    Path next = gateway.quotaFile().resolveSibling("next.yaml");
    Files.writeString(next, text.replace(from, to));
    Files.move(next, gateway.quotaFile(), StandardCopyOption.REPLACE_EXISTING);
    Awaitility.await().atMost(SOON).until(() -> changes() == before + 1);
  }

  private int changes() {
    try (LedgerReader reader = LedgerReader.open(gateway.data())) {
      return reader.quotaChanges().size();
    }
  }

  private List<Long> adjustments() {
    gateway.gateway().flush().join();
    try (LedgerReader reader = LedgerReader.open(gateway.data())) {
      return reader.grants().stream()
          .filter(grant -> grant.kind() == GrantKind.ADJUSTMENT)
          .map(Granted::amount)
          .toList();
    }
  }

  private int post() throws Exception {
    return Api.CHAT.post(gateway, key, Api.CHAT.body(false, 1_000)).statusCode();
  }

  @Test
  void aCutHoldsForARequestWhoseBodyWasStillOnItsWay() throws Exception {
    assertThat(post()).isEqualTo(200);
    try (Upload upload = new Upload()) {
      edit("amount: 1 USD", "amount: 0.0001 USD");
      assertThat(post()).as("after the cut").isEqualTo(402);
      assertThat(upload.status()).isEqualTo("HTTP/1.1 402 Payment Required");
    }
    assertThat(post()).isEqualTo(402);
    assertThat(adjustments()).as("the cut, and nothing back").containsExactly(-999_900_000L);
    assertThat(provider.requests()).isEqualTo(1);
    assertThat(gateway.verify().problems()).isEmpty();
  }

  @Test
  void whoIsRemovedWhileTheBodyIsOnItsWayIsRefused() throws Exception {
    try (Upload upload = new Upload()) {
      edit(ADA, "");
      assertThat(upload.status()).isEqualTo("HTTP/1.1 401 Unauthorized");
    }
    assertThat(provider.requests()).isZero();
    assertThat(gateway.rows()).isEmpty();
  }

  @Test
  void aKeyThatIsRevokedWhileTheBodyIsOnItsWayIsRefused() throws Exception {
    try (Upload upload = new Upload()) {
      gateway.gateway().admin().revokeKey(keyId(), "test");
      assertThat(upload.status()).isEqualTo("HTTP/1.1 401 Unauthorized");
      assertThat(upload.answer.lines().takeWhile(line -> !line.isEmpty()))
          .as("whose key is revoked is told no balance")
          .noneMatch(line -> line.startsWith("stipend-balance"));
    }
    assertThat(provider.requests()).isZero();
  }

  private String keyId() {
    try (LedgerReader reader = LedgerReader.open(gateway.data())) {
      List<KeyRecord> keys = reader.keys();
      assertThat(keys).hasSize(1);
      return keys.get(0).created().keyId();
    }
  }
}
