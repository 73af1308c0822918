package io.stipend.policy.config;

import static io.stipend.policy.config.QuotaFiles.problems;
import static io.stipend.policy.config.QuotaFiles.valid;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a provider in a cloud says of its place and its credentials. */
class CloudProvidersTest {
  @TempDir Path folder;

  private List<ProviderConfig> providers(String yaml) {
    return valid(folder, "providers:\n" + yaml.indent(2)).providers();
  }

  /** The file of a service account with a new key, and one field replaced. */
  private void account(String field, String value) throws IOException, GeneralSecurityException {
    KeyPairGenerator keys = KeyPairGenerator.getInstance("RSA");
    keys.initialize(2_048);
    byte[] der = keys.generateKeyPair().getPrivate().getEncoded();
    String pem =
        "-----BEGIN PRIVATE KEY-----\\n"
            + Base64.getEncoder().encodeToString(der)
            + "\\n-----END PRIVATE KEY-----\\n";
    String json =
        """
        {"type":"service_account","project_id":"p","private_key_id":"k1","private_key":"%s",
         "client_email":"robot@p.iam","token_uri":"https://oauth2.googleapis.com/token"}
        """
            .formatted(pem);
    Files.writeString(
        folder.resolve("sa.json"),
        json.replaceFirst("(\"" + field + "\":)\"[^\"]*\"", "$1\"" + value + "\""));
  }

  @Test
  void theAddressOfBedrockFollowsFromItsRegion() {
    List<ProviderConfig> all =
        providers(
            """
            bedrock: { region: eu-central-1, access_key_id: AKIDEXAMPLE, secret_access_key: "s+/=" }
            temporary:
              dialect: bedrock
              region: cn-north-1
              access_key_id: ASIAEXAMPLE
              secret_access_key: "s"
              session_token: "t"
            bearer: { dialect: bedrock, region: us-east-1, key: "k", url: "http://127.0.0.1:1/" }
            """);
    assertThat(all)
        .extracting(provider -> provider.url().toString())
        .containsExactly(
            "https://bedrock-runtime.eu-central-1.amazonaws.com",
            "https://bedrock-runtime.cn-north-1.amazonaws.com.cn",
            "http://127.0.0.1:1");
    CloudAccess.Aws temporary = (CloudAccess.Aws) all.get(1).cloud();
    assertThat(temporary.region()).isEqualTo("cn-north-1");
    assertThat(temporary.accessKeyId()).isEqualTo("ASIAEXAMPLE");
    assertThat(temporary.secretAccessKey().reveal()).isEqualTo("s");
    assertThat(all.get(1).sentSecret().reveal()).isEqualTo("t");
    assertThat(all.get(0).sentSecret()).isNull();
    assertThat(all.get(2).cloud()).isNull();
    assertThat(all.get(2).sentSecret().reveal()).isEqualTo("k");
    assertThat(all.toString()).doesNotContain("s+/=");
  }

  @Test
  void theAddressOfVertexFollowsFromItsLocation() throws Exception {
    account("", "");
    List<ProviderConfig> all =
        providers(
            """
            vertex: { project: my-1, location: europe-west1, credentials: "file:sa.json" }
            world: { dialect: vertex, project: a, location: global, credentials: "file:sa.json" }
            """);
    assertThat(all)
        .extracting(provider -> provider.url().toString())
        .containsExactly(
            "https://europe-west1-aiplatform.googleapis.com", "https://aiplatform.googleapis.com");
    ServiceAccount account = ((CloudAccess.Google) all.get(0).cloud()).account();
    assertThat(account.email()).isEqualTo("robot@p.iam");
    assertThat(account.keyId()).isEqualTo("k1");
    assertThat(account.tokenUrl()).hasToString("https://oauth2.googleapis.com/token");
    assertThat(all.get(0).toString()).contains("robot@p.iam").doesNotContain("RSA");
  }

  @Test
  void whatIsMissingOrTooMuchIsTold() throws Exception {
    account("type", "authorized_user");
    assertThat(
            problems(
                folder,
                """
                providers:
                  bedrock: { region: "EU", key: k }
                  a: { dialect: bedrock, region: eu-west-1 }
                  b: { dialect: bedrock, region: eu-west-1, access_key_id: AKIDEXAMPLE }
                  c: { dialect: bedrock, region: eu-west-1, key: k, session_token: t }
                  d: { dialect: openai, url: "http://a", region: eu-west-1 }
                  e: { dialect: vertex, project: p, location: eu, credentials: "file:sa.json" }
                  f: { dialect: vertex, project: p, location: eu, credentials: "secret" }
                  g: { dialect: bedrock, region: a, access_key_id: "a b c d e", secret_access_key: s }
                  h: { dialect: vertex, location: eu, credentials: "file:none.json" }
                """))
        .hasSize(10)
        .anyMatch(problem -> problem.contains("providers.bedrock.region: \"EU\""))
        .anyMatch(problem -> problem.contains("providers.a: key, or access_key_id and"))
        .anyMatch(problem -> problem.contains("providers.b: secret_access_key is missing"))
        .anyMatch(problem -> problem.contains("providers.c.key: stands beside a key of AWS"))
        .anyMatch(problem -> problem.contains("region: is known to the dialect bedrock alone"))
        .anyMatch(problem -> problem.contains("the file's type is \"authorized_user\""))
        .anyMatch(problem -> problem.contains("providers.f.credentials: names no file"))
        .anyMatch(problem -> problem.contains("providers.g.access_key_id"))
        .anyMatch(problem -> problem.contains("providers.h: project is missing"))
        .noneMatch(problem -> problem.contains("secret\""));
  }

  @Test
  void severalKeysOfBedrockShareAndAreNoneOfAnotherCredential() throws Exception {
    List<ProviderConfig> all =
        providers("bedrock: { region: eu-west-1, keys: { a: key-a, b: key-b } }");
    assertThat(all.get(0).cloud()).isNull();
    assertThat(all.get(0).perKey()).extracting(ProviderConfig::keyName).containsExactly("a", "b");
    account("", "");
    String of = "providers.%s.keys: ";
    assertThat(
            problems(
                folder,
                """
                providers:
                  a:
                    dialect: bedrock
                    region: a
                    access_key_id: AKIDEXAMPLE
                    secret_access_key: s
                    keys: { x: key-x }
                  b:
                    dialect: vertex
                    project: p
                    location: eu
                    credentials: "file:sa.json"
                    keys: { x: key-x }
                """))
        .hasSize(2)
        .anyMatch(problem -> problem.contains(of.formatted("a") + "stands beside a key of AWS"))
        .anyMatch(problem -> problem.contains(of.formatted("b") + "is not taken by Vertex AI"));
  }

  @Test
  void aTokenIsFetchedByHttpsAlone() throws Exception {
    for (String url : List.of("http://example.org/token", "ftp://a", "https://a b")) {
      account("token_uri", url);
      assertThat(
              problems(
                  folder,
                  """
                  providers:
                    vertex: { project: p, location: eu, credentials: "file:sa.json" }
                  """))
          .singleElement()
          .asString()
          .contains("the file lacks a token_uri by https");
    }
    account("private_key", "none");
    assertThat(
            problems(
                folder,
                """
                providers:
                  vertex: { project: p, location: eu, credentials: "file:sa.json" }
                """))
        .singleElement()
        .asString()
        .contains("the file lacks an RSA private_key");
  }
}
