package io.stipend.gateway.upstream;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.stipend.policy.config.ServiceAccount;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The token of one service account. It is fetched when it is first wanted, by one fetch however
 * many want it; anew a while before it expires, while it still serves; and no sooner than a second
 * after a fetch that failed. Safe for use by any thread; nobody waits for it.
 */
final class GoogleTokens {
  private static final Logger LOG = LoggerFactory.getLogger(GoogleTokens.class);

  private static final String SCOPE = "https://www.googleapis.com/auth/cloud-platform";
  private static final String GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer";

  /** The longest that Google takes an assertion for. */
  private static final Duration ASSERTED = Duration.ofHours(1);

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final ServiceAccount account;
  private final HttpClient http;
  private final Executor threads;
  private final InstantSource clock;
  private @Nullable GoogleToken current;
  private @Nullable CompletableFuture<GoogleToken> fetch;
  private Instant pausedUntil = Instant.MIN;
  private String lastFailure = "";

  /**
   * @param threads that sign, and run what comes of a fetch
   */
  GoogleTokens(ServiceAccount account, HttpClient http, Executor threads, InstantSource clock) {
    this.account = account;
    this.http = http;
    this.threads = threads;
    this.clock = clock;
  }

  /** A token that serves now; fails if none can be had. */
  synchronized CompletableFuture<GoogleToken> token() {
    Instant now = clock.instant();
    GoogleToken known = current;
    if (known == null || !now.isBefore(known.servesUntil())) {
      return fetched(now);
    }
    if (!now.isBefore(known.refreshAt())) {
      fetched(now);
    }
    return CompletableFuture.completedFuture(known);
  }

  /** Forgets a token that was refused. */
  synchronized void refused(String token) {
    if (current != null && current.value().equals(token)) {
      current = null;
    }
  }

  private CompletableFuture<GoogleToken> fetched(Instant now) {
    if (fetch != null) {
      return fetch;
    }
    if (now.isBefore(pausedUntil)) {
      return CompletableFuture.failedFuture(new IllegalStateException(lastFailure));
    }
    CompletableFuture<GoogleToken> begun = new CompletableFuture<>();
    fetch = begun;
    try {
      CompletableFuture.supplyAsync(this::request, threads)
          .thenCompose(this::sent)
          .whenComplete((answer, failure) -> ended(begun, answer, failure));
    } catch (RejectedExecutionException e) {
      ended(begun, null, e);
    }
    return begun;
  }

  /** The whole answer within its time; else its connection is given up. */
  private CompletableFuture<HttpResponse<byte[]>> sent(HttpRequest request) {
    CompletableFuture<HttpResponse<byte[]>> answer =
        http.sendAsync(request, head -> new ShortBody(GoogleToken.MOST_BYTES));
    return answer
        .copy()
        .orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
        .whenComplete(
            (whole, failure) -> {
              if (failure != null) {
                answer.cancel(true);
              }
            });
  }

  private HttpRequest request() {
    String form =
        "grant_type="
            + URLEncoder.encode(GRANT, StandardCharsets.UTF_8)
            + "&assertion="
            + assertion(clock.instant());
    return HttpRequest.newBuilder(account.tokenUrl())
        .timeout(PATIENCE)
        .header("content-type", "application/x-www-form-urlencoded")
        .POST(HttpRequest.BodyPublishers.ofString(form))
        .build();
  }

  private String assertion(Instant now) {
    JWSHeader.Builder header = new JWSHeader.Builder(JWSAlgorithm.RS256).type(JOSEObjectType.JWT);
    if (!account.keyId().isEmpty()) {
      header.keyID(account.keyId());
    }
    JWTClaimsSet claims =
        new JWTClaimsSet.Builder()
            .issuer(account.email())
            .audience(account.tokenUrl().toString())
            .claim("scope", SCOPE)
            .issueTime(Date.from(now))
            .expirationTime(Date.from(now.plus(ASSERTED)))
            .build();
    SignedJWT signed = new SignedJWT(header.build(), claims);
    try {
      signed.sign(new RSASSASigner(account.key()));
    } catch (JOSEException e) {
      throw new IllegalStateException("the key of " + account.email() + " cannot sign", e);
    }
    return signed.serialize();
  }

  private void ended(
      CompletableFuture<GoogleToken> begun,
      @Nullable HttpResponse<byte[]> answer,
      @Nullable Throwable failure) {
    GoogleToken token = null;
    String why = failure == null ? "" : reason(failure);
    if (answer != null) {
      try {
        token = GoogleToken.read(answer.statusCode(), answer.body(), clock.instant());
      } catch (IllegalArgumentException e) {
        why = String.valueOf(e.getMessage());
      }
    }
    String message = "no token for " + account.email() + ": " + why;
    synchronized (this) {
      fetch = null;
      if (token != null) {
        current = token;
      } else {
        lastFailure = message;
        pausedUntil = clock.instant().plus(PAUSE);
      }
    }
    if (token != null) {
      begun.complete(token);
    } else {
      LOG.warn("{}", message);
      begun.completeExceptionally(new IllegalStateException(message));
    }
  }

  private static String reason(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return cause.getClass().getSimpleName();
  }
}
