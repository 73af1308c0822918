package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.stipend.gateway.admin.AdminService.KeyOrder;
import io.stipend.gateway.coding.Coded;
import io.stipend.gateway.coding.ContentCoding;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.server.RawClient;
import io.stipend.gateway.testing.ServedProcess;
import io.stipend.metering.ledger.UsageRow;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The built jar has what every coding needs, and leaves nothing of it behind. */
class CodedBodiesIT {
  @Test
  void theJarDecodesEveryCodingAndLeavesNoLibraryBehind(
      @TempDir Path folder, @TempDir Path temporary) throws Exception {
    try (FakeProvider provider = FakeProvider.start(0)) {
      ServedProcess.write(
          folder,
          """
          calendar: { timezone: UTC, currency: USD }
          providers: { openai: { url: "%s", key: "provider-key" } }
          rate_cards: [builtin]
          models: { allow: ["gpt-4o-mini"] }
          allowances: { engineer: { amount: 4000 USD, every: month } }
          people: { ada: { allowance: engineer } }
          """
              .formatted(provider.url()),
          "");
      try (ServedProcess gateway =
              ServedProcess.start(folder, "-Djava.io.tmpdir=" + temporary.toAbsolutePath());
          RawClient client = new RawClient(gateway.address())) {
        String key = gateway.admin().createKey(new KeyOrder("ada", null, null, null), "test").key();
        byte[] plain = Wire.CHAT.body("").getBytes(StandardCharsets.UTF_8);
        for (ContentCoding coding : ContentCoding.values()) {
          byte[] coded = Coded.in(coding, plain);
          String head = Wire.head(Wire.CHAT.path, key, "Content-Encoding: " + coding.label());
          String length = "Content-Length: " + coded.length + "\r\n\r\n";
          client.send(Coded.joined((head + length).getBytes(StandardCharsets.UTF_8), coded));
          assertThat(client.answer().status()).as(coding.label()).isEqualTo(200);
        }
        assertThat(left(temporary)).noneMatch(name -> name.matches(".*(zstd|brotli|stipend-br).*"));
        gateway.terminate();
        assertThat(gateway.exitCode(Duration.ofSeconds(20))).isZero();
      }
      assertThat(ServedLedger.read(folder.resolve("data")).rows())
          .extracting(UsageRow::providerRequestId, UsageRow::usage)
          .containsExactlyElementsOf(
              provider.billed().stream().map(one -> tuple(one.requestId(), one.usage())).toList())
          .hasSize(ContentCoding.values().length);
    }
  }

  private static Stream<String> left(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.map(Path::toString).toList().stream();
    }
  }
}
