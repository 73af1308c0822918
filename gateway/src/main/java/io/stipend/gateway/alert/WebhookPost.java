package io.stipend.gateway.alert;

import io.stipend.policy.config.Secret;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One try to post something to a webhook: signed, within a bound of time, to that address and no
 * other.
 */
public final class WebhookPost {
  private static final int OK = 200;
  private static final int REDIRECT = 300;

  private final HttpClient client;
  private final Duration timeout;
  private final InstantSource clock;

  /**
   * @param client follows no redirect
   * @param timeout of one try, from its begin to the end of the answer
   */
  public WebhookPost(HttpClient client, Duration timeout, InstantSource clock) {
    this.client = client;
    this.timeout = timeout;
    this.clock = clock;
  }

  /**
   * Posts; blocks until the answer's end.
   *
   * @param secret signs the body ({@code stipend-signature}); null if nothing does
   * @param headers more headers, {@code content-type} among them
   * @return what went wrong, without anything that the webhook or its address says; null if it
   *     answered 2xx
   */
  public @Nullable String post(
      URI url, @Nullable Secret secret, Map<String, String> headers, String body) {
    CompletableFuture<HttpResponse<Void>> answer = null;
    try {
      answer =
          client.sendAsync(
              request(url, secret, headers, body), HttpResponse.BodyHandlers.discarding());
      int status = answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS).statusCode();
      return status >= OK && status < REDIRECT ? null : "status " + status;
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      return (cause == null ? e : cause).getClass().getSimpleName();
    } catch (TimeoutException e) {
      return "no answer in " + timeout.toMillis() + " ms";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    } catch (RuntimeException e) {
      return e.getClass().getSimpleName();
    } finally {
      if (answer != null) {
        // Ends the exchange where it still runs: an answer may drip for ever.
        answer.cancel(true);
      }
    }
  }

  private HttpRequest request(
      URI url, @Nullable Secret secret, Map<String, String> headers, String body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(url)
            .timeout(timeout)
            .header("user-agent", "stipend")
            .POST(HttpRequest.BodyPublishers.ofString(body));
    headers.forEach(request::header);
    if (secret != null) {
      request.header(
          "stipend-signature",
          Digests.signature(secret.reveal(), clock.instant().getEpochSecond(), body));
    }
    return request.build();
  }

  /** How files name a webhook: by a part of its address's hash, as the address may be a secret. */
  public static String nameOf(URI url) {
    return Digests.sha256(url.toString()).substring(0, DeliveredMarks.NAME_LENGTH);
  }
}
