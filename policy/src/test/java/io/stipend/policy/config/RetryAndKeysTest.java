package io.stipend.policy.config;

import static io.stipend.policy.config.QuotaFiles.problems;
import static io.stipend.policy.config.QuotaFiles.valid;
import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.policy.config.GatewayConfig.Retry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Several keys, weights, fallbacks and retries, as the quota file says them. */
class RetryAndKeysTest {
  private static final String OPENAI = "providers: { openai: { url: 'https://a.example' } }\n";

  @TempDir Path folder;

  @Test
  void aProviderWithSeveralKeysIsItselfWithEach() {
    ProviderConfig provider =
        valid(
                folder,
                """
                providers:
                  openai:
                    url: "https://a.example"
                    weight: 7
                    keys: { main: { key: sk-1, weight: 3 }, spare: sk-2 }
                """)
            .providers()
            .get(0);
    assertThat(provider.weight()).isEqualTo(7);
    assertThat(provider.key().reveal()).isEqualTo("sk-1");
    assertThat(provider.perKey())
        .extracting(one -> one.upstream() + " " + one.key().reveal() + " " + one.weight())
        .containsExactly("openai/main sk-1 3", "openai/spare sk-2 1");
    assertThat(provider.toString()).doesNotContain("sk-1", "sk-2");
  }

  @Test
  void oneKeyIsOneHoweverItIsWritten() {
    for (String key : List.of("key: sk-1", "keys: { a: sk-1 }")) {
      ProviderConfig provider =
          valid(folder, "providers: { openai: { url: 'https://a.example', " + key + " } }")
              .providers()
              .get(0);
      assertThat(provider.key().reveal()).isEqualTo("sk-1");
      assertThat(provider.perKey()).isEmpty();
      assertThat(provider.weight()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "key: a, keys: { b: c } | stands beside key (expected: one of the two)",
        "keys: {} | is empty (expected: at least one key)",
        "keys: { 'a b': c } | is no name",
        "keys: { a: { weight: 3 } } | key is missing",
        "keys: { a: { key: b, weight: 0 } } | (expected: a whole number from 1 to 1000)",
        "keys: { a: { key: b, wieght: 2 } } | did you mean \"weight\"?",
        "weight: 1001 | (expected: a whole number from 1 to 1000)"
      })
  void whatIsWrongWithKeysIsToldAtItsPlace(String keys, String problem) {
    assertThat(
            problems(folder, "providers: { openai: { url: 'https://a.example', " + keys + " } }"))
        .hasSize(1)
        .allSatisfy(told -> assertThat(told).startsWith("1:").contains(problem));
  }

  @Test
  void fallbacksKeepTheirOrder() {
    QuotaFile file =
        valid(
            folder,
            OPENAI
                + "models: { fallback: { gpt-5: [gpt-5-mini, openai/gpt-4o], gpt-4o: gpt-4o-mini } }");
    assertThat(file.fallbacks())
        .containsEntry("gpt-5", List.of("gpt-5-mini", "openai/gpt-4o"))
        .containsEntry("gpt-4o", List.of("gpt-4o-mini"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gpt-5: gpt-5 | is the model itself (expected: another one)",
        "gpt-5: gpt-5-minni | did you mean \"gpt-5-mini\"?",
        "nope: gpt-5 | \"nope\" is not served",
        "gpt-5: claude-haiku-4-5 | speaks another API (expected: a model of openai)",
        "gpt-5: fast | is an alias itself",
        "gpt-5: gpt-4o | is not allowed"
      })
  void aFallbackThatNobodyCouldUseIsAProblem(String fallback, String problem) {
    String yaml =
        """
        providers:
          openai: { url: 'https://a.example' }
          anthropic: { url: 'https://b.example' }
        models:
          allow: ["gpt-5*", "claude-*"]
          aliases: { fast: gpt-5-mini }
          fallback: { %s }
        """;
    assertThat(problems(folder, yaml.formatted(fallback)))
        .hasSize(1)
        .allSatisfy(told -> assertThat(told).startsWith("7:").contains(problem));
  }

  @Test
  void retriesHaveTheirDefaultsAndEachKeyIsRead() {
    assertThat(valid(folder, OPENAI).gateway().retry()).isEqualTo(Retry.DEFAULTS);
    String keys =
        "{ attempts: 5, budget: 7%, same_upstream: on, wait: 9s, failures: 80%, rest: 1m }";
    assertThat(valid(folder, "gateway: { retry: " + keys + " }\n" + OPENAI).gateway().retry())
        .isEqualTo(new Retry(5, 7, true, Duration.ofSeconds(9), 80, Duration.ofMinutes(1)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "attempts: 0 | from 1 to 10",
        "attempts: 11 | from 1 to 10",
        "budget: 20 | whole percent from 0% to 100%",
        "budget: 101% | whole percent from 0% to 100%",
        "failures: 0% | whole percent from 1% to 100%",
        "same_upstream: yes | one of off, on",
        "wait: 5 | a duration such as",
        "retries: 3 | unknown key \"retries\""
      })
  void whatIsWrongWithRetriesIsToldAtItsPlace(String key, String problem) {
    assertThat(problems(folder, "gateway: { retry: { " + key + " } }\n" + OPENAI))
        .hasSize(1)
        .allSatisfy(told -> assertThat(told).startsWith("1:").contains(problem));
  }
}
