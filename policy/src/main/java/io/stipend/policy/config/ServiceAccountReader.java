package io.stipend.policy.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Reads the file of a service account. No message holds anything of its key. */
final class ServiceAccountReader {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String EXPECTED = "file:path of a service account's key, in JSON";
  private static final String TOKEN_URL = "https://oauth2.googleapis.com/token";
  private static final String BEGIN = "-----BEGIN PRIVATE KEY-----";
  private static final String END = "-----END PRIVATE KEY-----";

  private final SecretReader secrets;

  ServiceAccountReader(SecretReader secrets) {
    this.secrets = secrets;
  }

  @Nullable ServiceAccount read(Value value) {
    byte[] bytes = secrets.document(value, EXPECTED);
    if (bytes == null) {
      return null;
    }
    JsonNode json;
    try {
      json = MAPPER.readTree(bytes);
    } catch (IOException e) {
      value.problem("the file is no JSON (expected: " + EXPECTED + ")");
      return null;
    }
    String type = json.path("type").asText();
    if (!type.equals("service_account")) {
      value.problem("the file's type is " + Problems.shown(type) + " (expected: service_account)");
      return null;
    }
    String email = json.path("client_email").asText();
    PrivateKey key = key(json.path("private_key").asText());
    URI url = url(json.path("token_uri").asText(TOKEN_URL));
    if (email.isEmpty() || key == null || url == null) {
      value.problem(
          "the file lacks "
              + (email.isEmpty()
                  ? "client_email"
                  : key == null ? "an RSA private_key in PKCS #8" : "a token_uri by https"));
      return null;
    }
    return new ServiceAccount(email, json.path("private_key_id").asText(), key, url);
  }

  private static @Nullable PrivateKey key(String pem) {
    int begin = pem.indexOf(BEGIN);
    int end = pem.indexOf(END);
    if (begin < 0 || end < begin) {
      return null;
    }
    try {
      byte[] der = Base64.getMimeDecoder().decode(pem.substring(begin + BEGIN.length(), end));
      return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(der));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      return null;
    }
  }

  /** What is signed there is worth a token: in plain text it goes to this machine only. */
  private static @Nullable URI url(String text) {
    try {
      URI url = new URI(text);
      boolean local = "127.0.0.1".equals(url.getHost()) || "localhost".equals(url.getHost());
      boolean safe = "https".equals(url.getScheme()) || ("http".equals(url.getScheme()) && local);
      return safe && url.getHost() != null && url.getRawUserInfo() == null ? url : null;
    } catch (URISyntaxException e) {
      return null;
    }
  }
}
