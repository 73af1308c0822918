package io.stipend.gateway.e2e;

import static io.stipend.gateway.e2e.CloudCalls.CLAUDE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.stipend.metering.ledger.UsageRow;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.auth.token.credentials.SdkToken;
import software.amazon.awssdk.auth.token.credentials.StaticTokenProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.bedrockruntime.BedrockRuntimeAsyncClient;
import software.amazon.awssdk.services.bedrockruntime.BedrockRuntimeAsyncClientBuilder;
import software.amazon.awssdk.services.bedrockruntime.BedrockRuntimeBaseClientBuilder;
import software.amazon.awssdk.services.bedrockruntime.BedrockRuntimeClient;
import software.amazon.awssdk.services.bedrockruntime.auth.scheme.BedrockRuntimeAuthSchemeProvider;
import software.amazon.awssdk.services.bedrockruntime.model.BedrockRuntimeException;
import software.amazon.awssdk.services.bedrockruntime.model.ContentBlock;
import software.amazon.awssdk.services.bedrockruntime.model.ConversationRole;
import software.amazon.awssdk.services.bedrockruntime.model.ConverseRequest;
import software.amazon.awssdk.services.bedrockruntime.model.ConverseResponse;
import software.amazon.awssdk.services.bedrockruntime.model.ConverseStreamOutput;
import software.amazon.awssdk.services.bedrockruntime.model.ConverseStreamRequest;
import software.amazon.awssdk.services.bedrockruntime.model.ConverseStreamResponseHandler;
import software.amazon.awssdk.services.bedrockruntime.model.InferenceConfiguration;
import software.amazon.awssdk.services.bedrockruntime.model.InvokeModelRequest;
import software.amazon.awssdk.services.bedrockruntime.model.Message;
import software.amazon.awssdk.services.bedrockruntime.model.ServiceQuotaExceededException;
import software.amazon.awssdk.services.bedrockruntime.model.ThrottlingException;

/** The SDK of AWS talks to a running gateway. */
class AwsSdkTest {
  private static final int CAP = 60;

  private Books books;
  private String key;

  @AfterEach
  void stop() {
    books.close();
  }

  private void start(String amount, String terms) {
    books = CloudCalls.books(amount, terms);
    key = books.gateway.key("ada");
  }

  /** As the variable AWS_BEARER_TOKEN_BEDROCK makes it. */
  private <B extends BedrockRuntimeBaseClientBuilder<B, C>, C> C client(B builder) {
    return builder
        .endpointOverride(URI.create(books.gateway.url()))
        .region(Region.EU_CENTRAL_1)
        .tokenProvider(StaticTokenProvider.create(new Token(key)))
        // Nothing is looked up elsewhere, should it not be taken.
        .credentialsProvider(AnonymousCredentialsProvider.create())
        .authSchemeProvider(
            BedrockRuntimeAuthSchemeProvider.defaultProvider(List.of("httpBearerAuth")))
        .build();
  }

  /** By itself it speaks HTTP/2 without TLS. */
  private static BedrockRuntimeAsyncClientBuilder async() {
    return BedrockRuntimeAsyncClient.builder()
        .httpClientBuilder(NettyNioAsyncHttpClient.builder().protocol(Protocol.HTTP1_1));
  }

  private record Token(String token) implements SdkToken {
    @Override
    public Optional<Instant> expirationTime() {
      return Optional.empty();
    }
  }

  private static Message message() {
    return Message.builder()
        .role(ConversationRole.USER)
        .content(ContentBlock.fromText("Say it."))
        .build();
  }

  private static ConverseRequest converse() {
    return ConverseRequest.builder()
        .modelId(CLAUDE)
        .messages(message())
        .inferenceConfig(InferenceConfiguration.builder().maxTokens(CAP).build())
        .build();
  }

  @Test
  void itIsAnsweredAtOnceAndInFrames() {
    start("400", "");
    try (BedrockRuntimeClient client = client(BedrockRuntimeClient.builder())) {
      ConverseResponse answer = client.converse(converse());
      assertThat(answer.usage().outputTokens()).isEqualTo(CAP);
      String body = CloudCalls.INVOKE.formatted(CAP).replace('\'', '"');
      InvokeModelRequest invoke =
          InvokeModelRequest.builder()
              .modelId(CLAUDE)
              .contentType("application/json")
              .accept("application/json")
              .body(SdkBytes.fromUtf8String(body))
              .build();
      assertThat(client.invokeModel(invoke).body().asUtf8String()).contains("\"output_tokens\":60");
    }
    List<ConverseStreamOutput.EventType> events = new ArrayList<>();
    try (BedrockRuntimeAsyncClient client = client(async())) {
      client.converseStream(stream(), handler(events)).join();
    }
    assertThat(events)
        .startsWith(ConverseStreamOutput.EventType.MESSAGE_START)
        .endsWith(
            ConverseStreamOutput.EventType.MESSAGE_STOP, ConverseStreamOutput.EventType.METADATA);
    assertThat(books.agreed())
        .hasSize(3)
        .allMatch(row -> row.usage().output() == CAP)
        .extracting(UsageRow::client)
        .containsOnly("aws-sdk-java");
  }

  private static ConverseStreamRequest stream() {
    return ConverseStreamRequest.builder()
        .modelId(CLAUDE)
        .messages(message())
        .inferenceConfig(InferenceConfiguration.builder().maxTokens(CAP).build())
        .overrideConfiguration(with -> with.putHeader("x-fake-segment-bytes", "7"))
        .build();
  }

  private static ConverseStreamResponseHandler handler(
      List<ConverseStreamOutput.EventType> events) {
    return ConverseStreamResponseHandler.builder()
        .subscriber(event -> events.add(event.sdkEventType()))
        .build();
  }

  @Test
  void anErrorWithinAStreamIsItsException() {
    start("400", "");
    List<ConverseStreamOutput.EventType> events = new ArrayList<>();
    try (BedrockRuntimeAsyncClient client = client(async())) {
      ConverseStreamRequest request =
          stream().toBuilder()
              .overrideConfiguration(
                  with ->
                      with.putHeader("x-fake-truncate-after", "5")
                          .putHeader("x-fake-exception", "throttlingException"))
              .build();
      CompletionException failure =
          catchThrowableOfType(
              CompletionException.class,
              () -> client.converseStream(request, handler(events)).join());
      assertThat(failure).hasCauseInstanceOf(ThrottlingException.class);
    }
    assertThat(books.rows()).extracting(UsageRow::outcome).contains("upstream_truncated");
  }

  @Test
  void anExhaustedBudgetIsAskedOnce() {
    start("0.000001", "");
    try (BedrockRuntimeClient client = client(BedrockRuntimeClient.builder())) {
      ServiceQuotaExceededException failure =
          catchThrowableOfType(
              ServiceQuotaExceededException.class, () -> client.converse(converse()));
      assertThat(failure.statusCode()).isEqualTo(402);
      assertThat(failure.awsErrorDetails().errorMessage()).contains("Budget person/ada");
      assertThat(failure.numAttempts()).isEqualTo(1);
    }
    assertThat(books.gateway.refusals("ada")).isEqualTo(1);
    assertThat(books.provider.requests()).isZero();
  }

  @Test
  void whoSignsWithAKeyOfAwsIsToldHowTheKeyIsSent() {
    start("400", "");
    AwsBasicCredentials credentials = AwsBasicCredentials.create(key, "any");
    try (BedrockRuntimeClient client =
        BedrockRuntimeClient.builder()
            .endpointOverride(URI.create(books.gateway.url()))
            .region(Region.EU_CENTRAL_1)
            .credentialsProvider(StaticCredentialsProvider.create(credentials))
            .authSchemeProvider(BedrockRuntimeAuthSchemeProvider.defaultProvider(List.of("sigv4")))
            .build()) {
      BedrockRuntimeException failure =
          catchThrowableOfType(BedrockRuntimeException.class, () -> client.converse(converse()));
      assertThat(failure.statusCode()).isEqualTo(403);
      assertThat(failure.awsErrorDetails().errorCode()).isEqualTo("UnrecognizedClientException");
      assertThat(failure.awsErrorDetails().errorMessage())
          .contains("AWS_BEARER_TOKEN_BEDROCK=KEY")
          .doesNotContain(key);
      assertThat(failure.numAttempts()).isEqualTo(1);
    }
    assertThat(books.provider.requests()).isZero();
  }
}
