package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.UsageReport;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;

/** Requests of images and audio, and the comparison of both books: tokens, media, units, cost. */
abstract class MediaFixture {
  static final long RICH = 400_000_000_000L;
  static final String FORM = "multipart/form-data; boundary=stipend-7MA4YWxk";
  static final String JSON = "application/json";

  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  Books books;
  String key;

  @AfterEach
  void stop() {
    books.close();
  }

  void start(long nanos, String gatewayKeys) {
    books =
        new Books(
            nanos, "'gpt-image-*', 'dall-e-*', 'whisper-1', 'gpt-4o-*', 'tts-*'", gatewayKeys);
    key = books.gateway.key("ada");
  }

  HttpResponse<byte[]> send(String path, String type, byte[] body, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(books.gateway.url() + path))
            .timeout(Duration.ofSeconds(60))
            .header("Authorization", "Bearer " + key)
            .header("Content-Type", type)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  HttpResponse<byte[]> sendJson(String path, String body, String... headers) throws Exception {
    return send(path, JSON, body.replace('\'', '"').getBytes(StandardCharsets.UTF_8), headers);
  }

  HttpResponse<byte[]> sendForm(String path, byte[] form, String... headers) throws Exception {
    return send(path, FORM, form, headers);
  }

  /** Waits until nothing is held; what is used is known then. */
  static String used(TestGateway gateway, String person) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> gateway.balance(person).held().equals("0"));
    return gateway.balance(person).used();
  }

  static String text(HttpResponse<byte[]> answer) {
    return new String(answer.body(), StandardCharsets.UTF_8);
  }

  static void ok(HttpResponse<byte[]> answer) {
    assertThat(answer.statusCode()).as("%s", text(answer)).isEqualTo(200);
  }

  /** A form of one file and fields written {@code name=value}. */
  static byte[] form(String file, byte[] content, String... fields) {
    ByteArrayOutputStream form = new ByteArrayOutputStream();
    String next = "--stipend-7MA4YWxk\r\nContent-Disposition: form-data; name=\"";
    for (String field : fields) {
      int equals = field.indexOf('=');
      write(form, next + field.substring(0, equals) + "\"\r\n\r\n");
      write(form, field.substring(equals + 1) + "\r\n");
    }
    write(form, next + file + "\"; filename=\"a.bin\"\r\n\r\n");
    form.writeBytes(content);
    write(form, "\r\n--stipend-7MA4YWxk--\r\n");
    return form.toByteArray();
  }

  private static void write(ByteArrayOutputStream to, String text) {
    to.writeBytes(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Every row is what the provider bills, to the nano-unit. */
  List<UsageRow> agreed(UsageSource source, String variant) {
    List<UsageRow> rows = books.rows();
    for (UsageRow row : rows) {
      Billed one = books.billed(row);
      assertThat(row.usage()).as("%s", one).isEqualTo(one.usage());
      assertThat(row.units()).as("%s", one).isEqualTo(one.units());
      assertThat(row.nanos()).as("%s", one).isEqualTo(charge(one, variant));
      assertThat(row.nanos()).isPositive();
      assertThat(row.usageSource()).isEqualTo(source);
    }
    return rows;
  }

  List<UsageRow> agreed(UsageSource source) {
    return agreed(source, null);
  }

  static long charge(Billed one, String variant) {
    UsageReport.Part part = new UsageReport.Part(null, one.usage(), one.media(), one.units());
    return Books.rating(one.model())
        .charge(new UsageReport(List.of(part), one.model(), one.serviceTier(), false, variant))
        .nanos();
  }
}
