package io.stipend.gateway.identity;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.policy.config.Issuer;
import io.stipend.policy.config.SafeUrl;
import io.stipend.policy.identity.IssuerKeys;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.text.ParseException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Fetches the keys of an issuer: its discovery document (OpenID Connect Discovery 1.0, section 4),
 * unless the quota file says where the keys are, then the keys. Blocks, within a bound; follows no
 * redirect.
 */
final class KeyFetch {
  /** Of each of the two documents; those of the large issuers have less than 20 KB. */
  private static final int MAX_BYTES = 256 * 1_024;

  private static final String DISCOVERY = "/.well-known/openid-configuration";
  private static final int OK = 200;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client;
  private final Duration time;

  /**
   * @param time of each of the two requests, from the connection to the last byte
   */
  KeyFetch(HttpClient client, Duration time) {
    this.client = client;
    this.time = time;
  }

  /**
   * The keys of an issuer.
   *
   * @throws IOException if it does not answer with them; the message says what was wrong
   */
  IssuerKeys fetch(Issuer issuer) throws IOException, InterruptedException {
    URI jwks = issuer.jwks();
    URI from = jwks == null ? discovered(issuer) : jwks;
    try {
      return IssuerKeys.parse(get(from));
    } catch (ParseException | RuntimeException e) {
      throw new IOException(from + ": no set of keys: " + e.getMessage(), e);
    }
  }

  private URI discovered(Issuer issuer) throws IOException, InterruptedException {
    String url = issuer.url();
    // Without the slash that an issuer may end with (section 4.1).
    String base = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    URI document = URI.create(base + DISCOVERY);
    JsonNode found = read(document, get(document));
    String says = found.path("issuer").asText("");
    if (!says.equals(url)) {
      // Else its keys would be taken for another's (section 4.3).
      throw new IOException(document + ": is of another issuer (expected: " + url + ")");
    }
    URI jwks = SafeUrl.of(found.path("jwks_uri").asText(""));
    if (jwks == null) {
      throw new IOException(document + ": jwks_uri (expected: " + SafeUrl.EXPECTED + ")");
    }
    return jwks;
  }

  private static JsonNode read(URI from, byte[] json) throws IOException {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IOException(from + ": no JSON", e);
    }
  }

  private byte[] get(URI url) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(url)
            .timeout(time)
            .header("accept", "application/json")
            .header("user-agent", "stipend")
            .GET()
            .build();
    CompletableFuture<HttpResponse<byte[]>> answer =
        client.sendAsync(request, SmallBody.atMost(MAX_BYTES));
    try {
      HttpResponse<byte[]> whole = answer.get(time.toMillis(), TimeUnit.MILLISECONDS);
      if (whole.statusCode() != OK) {
        throw new IOException(url + ": status " + whole.statusCode() + " (expected: 200)");
      }
      return whole.body();
    } catch (TimeoutException e) {
      throw new IOException(url + ": no whole answer in " + time.toMillis() + " ms", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IOException(url + ": " + cause, e);
    } finally {
      // Ends the exchange where it still runs: an answer may drip for ever.
      answer.cancel(true);
    }
  }
}
