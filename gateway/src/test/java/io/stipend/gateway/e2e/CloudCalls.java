package io.stipend.gateway.e2e;

import io.stipend.gateway.demo.FakeProvider;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import software.amazon.eventstream.Message;
import software.amazon.eventstream.MessageDecoder;

/** Calls of Bedrock's routes, and what their streams say. Bodies are written with single quotes. */
final class CloudCalls {
  static final String CLAUDE = "us.anthropic.claude-haiku-4-5-20251001-v1:0";
  static final String NOVA = "amazon.nova-lite-v1:0";

  static final String CONVERSE =
      "{'inferenceConfig':{'maxTokens':%d},'messages':[{'role':'user','content':[{'text':'a'}]}]}";
  static final String INVOKE =
      "{'anthropic_version':'bedrock-2023-05-31','max_tokens':%d,"
          + "'messages':[{'role':'user','content':'a'}]}";

  static final String CONFIG =
      """
      calendar: { timezone: Europe/Berlin, currency: USD }
      providers:
        aws:
          url: "%%1$s"
          dialect: bedrock
          region: %s
          access_key_id: %s
          secret_access_key: "%s"
      models: { aliases: { fast: "%s", named: "aws/%s" } }
      allowances: { engineer: { amount: %%2$s USD, every: year%%3$s } }
      people: { ada: { allowance: engineer } }
      """
          .formatted(
              FakeProvider.AWS_REGION,
              FakeProvider.AWS_ACCESS_KEY_ID,
              FakeProvider.AWS_SECRET_ACCESS_KEY,
              CLAUDE,
              NOVA);

  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private CloudCalls() {}

  static Books books(String amount, String terms) {
    return Books.of(CONFIG, amount, terms);
  }

  /** The path by which the SDKs of AWS ask. */
  static String path(String model, String method) {
    return "/model/" + model.replace(":", "%3A") + "/" + method;
  }

  static String body(String method, int cap) {
    return (method.startsWith("converse") ? CONVERSE : INVOKE).formatted(cap);
  }

  static HttpResponse<byte[]> post(
      String base, String path, String key, String body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + path))
            .timeout(Duration.ofSeconds(30))
            .header("Authorization", "Bearer " + key)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.replace('\'', '"')));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  static String text(HttpResponse<byte[]> answer) {
    return new String(answer.body(), StandardCharsets.UTF_8);
  }

  /** Every frame, by the decoder of AWS's SDK: its type and its JSON. */
  static List<String> frames(byte[] bytes) {
    List<String> all = new ArrayList<>();
    MessageDecoder decoder = new MessageDecoder();
    decoder.feed(bytes);
    ByteArrayOutputStream again = new ByteArrayOutputStream();
    for (Message message : decoder.getDecodedMessages()) {
      message.encode(again);
      String type =
          message.getHeaders().entrySet().stream()
              .filter(header -> header.getKey().matches(":(event|exception)-type"))
              .map(header -> header.getValue().getString())
              .findFirst()
              .orElseThrow();
      all.add(type + " " + json(type, message.getPayload()));
    }
    if (again.size() != bytes.length) {
      throw new AssertionError(bytes.length + " bytes, of which frames: " + again.size());
    }
    return all;
  }

  private static String json(String type, byte[] payload) {
    String json = new String(payload, StandardCharsets.UTF_8);
    if (!type.equals("chunk")) {
      return json;
    }
    String base64 = json.replaceAll(".*\"bytes\":\"([^\"]*)\".*", "$1");
    return StandardCharsets.UTF_8
        .decode(ByteBuffer.wrap(Base64.getDecoder().decode(base64)))
        .toString();
  }
}
