package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.testing.CapturedLog;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.gateway.testing.TestIssuer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** JWTs that are good for nothing, each for one reason; one gateway for all. */
class BadJwtTest {
  private static final String ADA = "ada@acme.test";
  private static final String CHAT =
      """
      {"model":"gpt-4o-mini","max_tokens":50,"messages":[{"role":"user","content":"Hello"}]}""";

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final ECKey EC = TestIssuer.ec("ec-1");
  private static final ECKey OTHERS = TestIssuer.ec("ec-1");
  private static RSAKey rsa;
  private static RSAKey weak;
  private static TestIssuer issuer;
  private static TestIssuer stranger;
  private static FakeProvider provider;
  private static TestGateway gateway;

  @BeforeAll
  static void start() throws Exception {
    rsa = new RSAKeyGenerator(2_048).keyID("rsa-1").generate();
    weak = new RSAKeyGenerator(1_024, true).keyID("rsa-weak").generate();
    issuer = TestIssuer.start(EC.toPublicJWK(), rsa.toPublicJWK(), weak.toPublicJWK());
    stranger = TestIssuer.start(OTHERS.toPublicJWK());
    provider = FakeProvider.start(0);
    gateway =
        TestGateway.start(
            """
            providers: { openai: { url: "%s", key: "provider-key" } }
            models: { allow: ["gpt-4o-mini"] }
            allowances: { engineer: { amount: 400 USD, every: year } }
            people: { %s: { allowance: engineer } }
            services: { ci-bot: { budget: { amount: 1 USD, every: day } } }
            identity:
              oidc:
                corp: { issuer: "%s", audience: [stipend, "api://stipend"], people: ["*@acme.test", ci-bot] }
            """
                .formatted(provider.url(), ADA, issuer.url()),
            "limits: { bad_credentials_per_minute: 100000 }");
  }

  @AfterAll
  static void stop() {
    gateway.close();
    provider.close();
    issuer.close();
    stranger.close();
  }

  private static HttpResponse<String> chat(String... headers) throws Exception {
    return send("/v1/chat/completions", headers);
  }

  private static HttpResponse<String> send(String path, String... headers) throws Exception {
    return HTTP.send(
        HttpRequest.newBuilder(URI.create(gateway.url() + path))
            .headers(headers)
            .POST(HttpRequest.BodyPublishers.ofString(CHAT))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static String good(UnaryOperator<JWTClaimsSet.Builder> change) {
    return issuer.jwt(EC, ADA, change);
  }

  private static Date in(int seconds) {
    return Date.from(Instant.now().plusSeconds(seconds));
  }

  private static String header(JWSHeader.Builder header) {
    return TestIssuer.sign(EC, header.keyID("ec-1").build(), issuer.claims(ADA).build());
  }

  private static String hmac(byte[] secret) throws Exception {
    SignedJWT jwt =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("rsa-1").build(),
            issuer.claims(ADA).build());
    jwt.sign(new MACSigner(secret));
    return jwt.serialize();
  }

  private static Map<String, String> badOnes() throws Exception {
    Map<String, String> bad = new LinkedHashMap<>();
    claims(bad);
    String jwt = good(c -> c);
    String other = good(c -> c.subject("other"));
    int dot = jwt.lastIndexOf('.');
    String changed = new String(Base64.getUrlDecoder().decode(jwt.split("\\.")[1]));
    bad.put("no signature", jwt.substring(0, dot + 1));
    bad.put(
        "another signature",
        jwt.substring(0, dot + 1) + other.substring(other.lastIndexOf('.') + 1));
    bad.put(
        "other claims under the signature",
        jwt.split("\\.")[0]
            + "."
            + Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(changed.replace("ada@", "eve@").getBytes())
            + jwt.substring(dot));
    bad.put("alg none", new PlainJWT(issuer.claims(ADA).build()).serialize());
    bad.put(
        "alg none in front of a signature",
        Base64.getUrlEncoder().withoutPadding().encodeToString("{\"alg\":\"none\"}".getBytes())
            + jwt.substring(jwt.indexOf('.')));
    bad.put("HS256 with the public key", hmac(rsa.toRSAPublicKey().getEncoded()));
    bad.put("HS256 with the public key as text", hmac(rsa.toPublicJWK().toJSONString().getBytes()));
    bad.put(
        "an algorithm that is not pinned",
        TestIssuer.sign(
            rsa,
            new JWSHeader.Builder(JWSAlgorithm.RS384).keyID("rsa-1").build(),
            issuer.claims(ADA).build()));
    bad.put("another's key of the same id", issuer.jwt(OTHERS, ADA));
    bad.put("a key that is too short", issuer.jwt(weak, ADA));
    bad.put(
        "signed by the key in its own header",
        TestIssuer.sign(
            OTHERS,
            es256().keyID("ec-1").jwk(OTHERS.toPublicJWK()).build(),
            issuer.claims(ADA).build()));
    bad.put(
        "a key from an address in its header",
        TestIssuer.sign(
            OTHERS,
            es256().keyID("ec-1").jwkURL(URI.create(stranger.jwks())).build(),
            issuer.claims(ADA).build()));
    bad.put(
        "a header that must be understood",
        header(es256().customParam("acme", 1).criticalParams(Set.of("acme"))));
    bad.put("of another type", header(es256().type(new JOSEObjectType("logout+jwt"))));
    bad.put("no JWT", "eyJhbGciOiJub25lIn0");
    bad.put("no JSON", "eyJ.eyJ.eyJ");
    bad.put("very deep", deep());
    bad.put("too long", good(c -> c.claim("x", "x".repeat(20_000))));
    return bad;
  }

  private static JWSHeader.Builder es256() {
    return new JWSHeader.Builder(JWSAlgorithm.ES256);
  }

  private static String deep() {
    String json = "{\"a\":" + "[".repeat(5_000);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(json.getBytes()) + ".e30.AAAA";
  }

  private static void claims(Map<String, String> bad) {
    bad.put("expired", good(c -> c.expirationTime(in(-70))));
    bad.put("no end", good(c -> c.expirationTime(null)));
    bad.put("not yet in force", good(c -> c.notBeforeTime(in(70))));
    bad.put("another audience", good(c -> c.audience("payroll")));
    bad.put("no audience", good(c -> c.audience((String) null)));
    bad.put("another issuer", good(c -> c.issuer(stranger.url())));
    bad.put("an issuer with a slash more", good(c -> c.issuer(issuer.url() + "/")));
    bad.put("no issuer", good(c -> c.issuer(null)));
    bad.put("its own issuer, which is none here", stranger.jwt(OTHERS, ADA));
    bad.put("nobody", good(c -> c.claim("email", null)));
    bad.put("a number for a person", good(c -> c.claim("email", 7)));
    bad.put("no id", issuer.jwt(EC, "ada lovelace@acme.test"));
    bad.put("somebody elsewhere", issuer.jwt(EC, "ada@other.test"));
    bad.put("an address that nobody checked", good(c -> c.claim("email_verified", false)));
    bad.put("the same in words", good(c -> c.claim("email_verified", "false")));
  }

  @Test
  void whateverIsWrongTheAnswerIsThatOfABadKey() throws Exception {
    String expected = shape(chat("authorization", "Bearer sk-stipend-nobody"));
    int before = provider.billed().size();
    List<String> lines;
    Map<String, String> all = badOnes();
    try (CapturedLog log = CapturedLog.of("io.stipend")) {
      for (Map.Entry<String, String> bad : all.entrySet()) {
        HttpResponse<String> answer = chat("authorization", "Bearer " + bad.getValue());
        assertThat(answer.statusCode()).as(bad.getKey()).isEqualTo(401);
        if (!bad.getKey().equals("too long")) {
          assertThat(shape(answer)).as(bad.getKey()).isEqualTo(expected);
        }
      }
      lines = log.lines();
    }
    assertThat(provider.billed()).hasSize(before);
    for (String jwt : all.values()) {
      assertThat(lines).noneMatch(line -> line.contains(jwt));
    }
  }

  private static String shape(HttpResponse<String> answer) {
    return answer.statusCode() + answer.body();
  }

  @Test
  void whatIsGoodPassesInEachHeaderAndUpToTheClocksDifference() throws Exception {
    String jwt = good(c -> c);
    List<HttpResponse<String>> answers =
        List.of(
            chat("authorization", "Bearer " + jwt),
            chat("x-api-key", jwt),
            chat("api-key", jwt),
            chat("x-goog-api-key", jwt),
            chat("x-api-key", jwt, "authorization", "bearer " + jwt),
            chat("x-api-key", issuer.jwt(rsa, ADA)),
            chat("x-api-key", good(c -> c.audience(List.of("payroll", "api://stipend")))),
            chat("x-api-key", good(c -> c.expirationTime(in(-50)))),
            chat("x-api-key", good(c -> c.notBeforeTime(in(50)))),
            chat("x-api-key", good(c -> c.claim("groups", List.of("x".repeat(9_000))))),
            chat("x-api-key", header(es256().type(new JOSEObjectType("at+jwt")))),
            chat("x-api-key", header(es256().type(JOSEObjectType.JWT))));

    assertThat(answers).extracting(HttpResponse::statusCode).containsOnly(200);
    assertThat(gateway.rows())
        .allSatisfy(row -> assertThat(row.person()).isEqualTo(ADA))
        .allSatisfy(row -> assertThat(row.keyId()).isEqualTo("oidc:corp"));
  }

  @Test
  void twoInOneRequestAreNoneAndOneInTheQueryIsRefusedUnread() throws Exception {
    String jwt = good(c -> c);
    HttpResponse<String> two =
        chat("x-api-key", jwt, "authorization", "Bearer " + good(c -> c.subject("2")));
    HttpResponse<String> withKey =
        chat("x-api-key", jwt, "authorization", "Bearer " + gateway.key(ADA));
    HttpResponse<String> query =
        send("/v1/chat/completions?access_token=" + jwt, "content-type", "application/json");

    assertThat(two.statusCode()).isEqualTo(401);
    assertThat(two.body()).contains("two different keys in one request");
    assertThat(withKey.statusCode()).isEqualTo(401);
    assertThat(query.statusCode()).isEqualTo(400);
    assertThat(query.body()).doesNotContain(jwt);
  }

  @Test
  void whoIsProvenButEntitledToNothingIsToldSo() throws Exception {
    HttpResponse<String> service = chat("x-api-key", issuer.jwt(EC, "ci-bot"));
    HttpResponse<String> unlisted = chat("x-api-key", issuer.jwt(EC, "eve@acme.test"));

    assertThat(service.statusCode()).isEqualTo(401);
    assertThat(service.body()).contains("ci-bot is a service, which has keys alone.");
    assertThat(unlisted.statusCode()).isEqualTo(401);
    assertThat(unlisted.body()).contains("eve@acme.test has no allowance here.");
  }
}
