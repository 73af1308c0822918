package io.stipend.policy.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretsTest {
  private static final String PLANTED = "sk-planted-1f9d0c";

  @TempDir Path folder;

  private QuotaFile.Result load(String provider, Map<String, String> env) {
    Path file =
        QuotaFiles.write(folder, "stipend.yaml", "providers: { openai: " + provider + " }\n");
    return QuotaFile.load(file, env, QuotaFiles.NOW);
  }

  @Test
  void aSecretIsInNoTextOfAValidFile() {
    QuotaFile.Result result =
        load("{ url: 'https://h', key: '${PLANTED}' }", Map.of("PLANTED", PLANTED));
    assertThat(result).isInstanceOf(QuotaFile.Loaded.class);
    assertThat(((QuotaFile.Loaded) result).quotaFile().providers().get(0).key().reveal())
        .isEqualTo(PLANTED);
    assertThat(result.toString()).doesNotContain(PLANTED).contains("redacted");
  }

  @Test
  void aSecretIsInNoProblemOfABrokenFile() {
    for (String provider :
        new String[] {
          "{ url: 'https://h', key: '${PLANTED}', kye: 1 }",
          "{ url: 'https://u:" + PLANTED + "@h', key: '${PLANTED}' }",
          "{ url: 'https://h?k=" + PLANTED + "' }",
          "{ url: 'https://h', key: 'Bearer ${PLANTED} " + PLANTED + "' }",
          "{ url: 'https://h', key: '" + PLANTED + " two words' }",
          "{ url: 'https://h', key: '${BAD}' }",
          "{ url: 'https://h', key: file:bad.key }",
          "{ url: 'https://h', key: [" + PLANTED + "] }",
        }) {
      QuotaFiles.write(folder, "bad.key", PLANTED + "\n" + PLANTED);
      QuotaFile.Result result =
          load(provider, Map.of("PLANTED", PLANTED, "BAD", PLANTED + "\r\nX-Evil: 1"));
      assertThat(result).as(provider).isInstanceOf(QuotaFile.Broken.class);
      assertThat(result.toString()).as(provider).doesNotContain(PLANTED);
    }
  }

  @Test
  void aMissingOrEmptyVariableIsNamed() {
    assertThat(load("{ url: 'https://h', key: '${NOT_SET}' }", Map.of()).toString())
        .contains("the environment variable NOT_SET is not set");
    assertThat(load("{ url: 'https://h', key: '${EMPTY}' }", Map.of("EMPTY", "")).toString())
        .contains("the environment variable EMPTY is empty");
    assertThat(load("{ url: 'https://h', key: file:none.key }", Map.of()).toString())
        .contains("none.key does not exist");
  }

  @Test
  void aSecretInTheFileItselfIsAllowedButWarnedOf() {
    QuotaFile.Loaded loaded =
        (QuotaFile.Loaded) load("{ url: 'https://h', key: " + PLANTED + " }", Map.of());
    assertThat(loaded.warnings())
        .singleElement()
        .asString()
        .contains("1:47: providers.openai.key: a secret stands in the file")
        .doesNotContain(PLANTED);
  }
}
