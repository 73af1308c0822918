package io.stipend.gateway.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.gateway.demo.FakeCall.Wire;
import java.io.ByteArrayInputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;

/**
 * What a path of Bedrock's asks for.
 *
 * @param model that it names
 * @param converse whether in the form of Converse, or in Anthropic's
 * @param stream whether the answer streams
 */
record BedrockRoute(String model, boolean converse, boolean stream) {
  /** The key that signs what is accepted; besides, any bearer is. */
  static final String ACCESS_KEY_ID = "AKIDFAKEPROVIDER";

  static final String SECRET_ACCESS_KEY = "fake/secret+access+key";
  static final String REGION = "eu-central-1";

  private static final Pattern PATH =
      Pattern.compile(
          "/model/([^/]+)/(converse|converse-stream|invoke|invoke-with-response-stream)");
  private static final Pattern SIGNED = Pattern.compile("SignedHeaders=([^,]+),");
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);
  private static final String ALGORITHM = "AWS4-HMAC-SHA256 ";

  /** Null if the path is none of it. */
  static @Nullable BedrockRoute of(String rawPath) {
    Matcher matcher = PATH.matcher(rawPath);
    if (!matcher.matches()) {
      return null;
    }
    String model = URLDecoder.decode(matcher.group(1), StandardCharsets.UTF_8);
    String method = matcher.group(2);
    return new BedrockRoute(model, method.startsWith("converse"), method.endsWith("stream"));
  }

  /** The call in this body. */
  FakeCall call(JsonNode body, String id, long created, FakeScript script) {
    ObjectNode named = (ObjectNode) body;
    if (body.has("model") || body.has("stream")) {
      throw new FakeProblem(400, "model: Extra inputs are not permitted");
    }
    named.put("model", model).put("stream", stream);
    if (converse) {
      return FakeCall.converse(named, id, created, script);
    }
    if (!body.path("anthropic_version").asText().equals("bedrock-2023-05-31")) {
      throw new FakeProblem(400, "anthropic_version: Field required");
    }
    return FakeCall.messages(named, id, created, script).over(Wire.INVOKE);
  }

  /**
   * Signs the request anew, by the signer of AWS's own SDK, and compares.
   *
   * @throws FakeProblem if the signature is another, or there is none
   */
  static void verify(FullHttpRequest request) {
    String said = request.headers().get(HttpHeaderNames.AUTHORIZATION, "");
    if (said.startsWith("Bearer ")) {
      return;
    }
    if (!said.startsWith(ALGORITHM + "Credential=" + ACCESS_KEY_ID + "/")) {
      throw new FakeProblem(403, "The security token included in the request is invalid.");
    }
    Matcher signed = SIGNED.matcher(said);
    List<String> names = signed.find() ? List.of(signed.group(1).split(";")) : List.of();
    if (!names.contains("host") || !names.contains("x-amz-date")) {
      throw new FakeProblem(403, "SignedHeaders: " + names + " (expected: host and x-amz-date)");
    }
    if (!said.equals(signature(request, names))) {
      throw new FakeProblem(
          403,
          "The request signature we calculated does not match the signature you provided: "
              + signature(request, names));
    }
  }

  private static String signature(FullHttpRequest request, List<String> names) {
    HttpHeaders headers = request.headers();
    Instant at = DATE.parse(headers.get("x-amz-date", ""), Instant::from);
    byte[] body = ByteBufUtil.getBytes(request.content());
    SdkHttpRequest.Builder bare =
        SdkHttpRequest.builder()
            .method(SdkHttpMethod.fromValue(request.method().name()))
            .protocol("http")
            .host(headers.get(HttpHeaderNames.HOST, "").replaceFirst(":.*", ""))
            .port(Integer.parseInt(headers.get(HttpHeaderNames.HOST, "").replaceFirst(".*:", "")))
            .encodedPath(request.uri());
    for (String name : names) {
      if (!name.startsWith("x-amz-")) {
        bare.putHeader(name, headers.getAll(name));
      }
    }
    return AwsV4HttpSigner.create()
        .sign(
            to ->
                to.identity(AwsCredentialsIdentity.create(ACCESS_KEY_ID, SECRET_ACCESS_KEY))
                    .request(bare.build())
                    .payload(() -> new ByteArrayInputStream(body))
                    .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "bedrock")
                    .putProperty(AwsV4HttpSigner.REGION_NAME, REGION)
                    .putProperty(HttpSigner.SIGNING_CLOCK, Clock.fixed(at, ZoneOffset.UTC)))
        .request()
        .firstMatchingHeader("Authorization")
        .orElse("");
  }
}
