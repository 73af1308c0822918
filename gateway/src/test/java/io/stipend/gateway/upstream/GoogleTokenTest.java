package io.stipend.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an answer of a token endpoint must hold, and how long its token serves. */
class GoogleTokenTest {
  private static final Instant NOW = Instant.parse("2026-11-29T12:00:00Z");

  private static GoogleToken read(int status, String json) {
    byte[] bytes = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return GoogleToken.read(status, bytes, NOW);
  }

  @Test
  void anotherIsFetchedAheadOfItsEnd() {
    GoogleToken hour = read(200, "{'access_token':'ya29.a','expires_in':3600}");
    assertThat(hour.refreshAt()).isEqualTo(NOW.plusSeconds(3_300));
    assertThat(hour.servesUntil()).isEqualTo(NOW.plusSeconds(3_570));
    GoogleToken brief = read(200, "{'access_token':'ya29.a','expires_in':20}");
    assertThat(brief.refreshAt()).isEqualTo(NOW.plusSeconds(15));
    assertThat(brief.servesUntil()).isEqualTo(NOW.plusSeconds(19));
    assertThat(hour.toString()).doesNotContain("ya29");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "500 | {'access_token':'secret','expires_in':9} | status 500",
        "200 | {'access_token':'secret' | no JSON",
        "200 | {'expires_in':9} | without access_token and expires_in",
        "200 | {'access_token':'secret'} | without access_token and expires_in",
        "200 | {'access_token':'secret','expires_in':0} | without access_token and expires_in",
        "200 | {'access_token':'secret','expires_in':99999999} | without access_token",
        "200 | {'access_token':'sec\\r\\nret','expires_in':9} | without access_token",
        "200 | [] | without access_token"
      })
  void whatIsNoTokenIsToldWithoutWhatItHolds(int status, String json, String says) {
    assertThatThrownBy(() -> read(status, json))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(says)
        .hasMessageNotContaining("secret");
  }

  @Test
  void aBodyThatIsTooLongIsNotKept() {
    ShortBody body = new ShortBody(10);
    boolean[] cancelled = new boolean[1];
    body.onSubscribe(
        new Flow.Subscription() {
          @Override
          public void request(long n) {}

          @Override
          public void cancel() {
            cancelled[0] = true;
          }
        });
    body.onNext(List.of(ByteBuffer.allocate(10)));
    assertThat(cancelled[0]).isFalse();
    body.onNext(List.of(ByteBuffer.allocate(1)));
    body.onComplete();
    assertThat(cancelled[0]).isTrue();
    assertThat(body.getBody().toCompletableFuture()).isCompletedExceptionally();
  }
}
