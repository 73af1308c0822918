package io.stipend.policy.config;

import static io.stipend.policy.config.QuotaFiles.problems;
import static io.stipend.policy.config.QuotaFiles.valid;
import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.price.Rating;
import io.stipend.policy.config.ProviderConfig.StreamUsage;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a provider of the quota file may say of itself. */
class ProvidersTest {
  @TempDir Path folder;

  private QuotaFile file(String providers) {
    return valid(folder, "providers:\n" + providers.indent(2));
  }

  @Test
  void azureIsPricedByItsOwnCardsUnlessTheFileSaysWhose() {
    QuotaFile file =
        file(
            """
            azure: { url: "https://a.example" }
            east: { url: "https://b.example", dialect: azure, prices: openai }
            openai: { url: "https://c.example" }
            """);
    assertThat(file.providers())
        .extracting(ProviderConfig::dialect)
        .containsExactly("azure", "azure", "openai");
    ModelCatalog catalog = new ModelCatalog(file);
    assertThat(catalog.rating(file.providers().get(0), "gpt-5", QuotaFiles.NOW)).isNull();
    assertThat(catalog.priced(file.providers().get(0), QuotaFiles.NOW)).isEmpty();
    Rating east = catalog.rating(file.providers().get(1), "gpt-5", QuotaFiles.NOW);
    Rating openAi = catalog.rating(file.providers().get(2), "gpt-5", QuotaFiles.NOW);
    assertThat(east.ceiling(1_000, 1_000, null)).isEqualTo(openAi.ceiling(1_000, 1_000, null));
    assertThat(catalog.priced(file.providers().get(1), QuotaFiles.NOW)).contains("gpt-5");
  }

  @Test
  void streamsSayTheirUsageAtTheEndUnlessTheFileSaysOtherwise() {
    assertThat(
            file("""
                    openai: { url: "https://a.example" }
                    gpu: { url: "http://b.example", dialect: openai, usage: continuous }
                    old: { url: "http://c.example", dialect: openai, usage: last }
                    """)
                .providers())
        .extracting(ProviderConfig::usage)
        .containsExactly(StreamUsage.LAST, StreamUsage.CONTINUOUS, StreamUsage.LAST);
  }

  @Test
  void theBackgroundIsRefusedUnlessThereIsAPrice() {
    String openAi = "openai: { url: \"https://a.example\" }\n";
    assertThat(file(openAi).background()).isZero();
    String yaml =
        "providers: { openai: { url: \"https://a.example\" } }\nmodels: { background: %s }";
    assertThat(valid(folder, yaml.formatted("refuse")).background()).isZero();
    assertThat(valid(folder, yaml.formatted("2.5 USD")).background()).isEqualTo(2_500_000_000L);
  }

  @Test
  void whatCannotBeIsToldWithItsPlace() {
    assertThat(
            problems(
                folder,
                """
                providers:
                  a: { url: "https://a.example", dialect: azur }
                  openai: { url: "https://a.example", prices: opnai }
                  gpu: { url: "https://a.example", dialect: openai, usage: continous }
                  anthropic: { url: "https://a.example", usage: continuous }
                  azure: { url: "https://a.example/openai/" }
                  other: { url: "https://a.example/openai", dialect: openai }
                """))
        .containsExactly(
            "2:43: providers.a.dialect: \"azur\" (expected: one of openai, azure, anthropic,"
                + " gemini, bedrock, vertex); did you mean \"azure\"?",
            "3:47: providers.openai.prices: \"opnai\" (expected: one of openai, azure, anthropic,"
                + " gemini, bedrock, vertex); did you mean \"openai\"?",
            "4:60: providers.gpu.usage: \"continous\" (expected: one of last, continuous); did you"
                + " mean \"continuous\"?",
            "5:49: providers.anthropic.usage: is known to vLLM alone (expected: last, or the dialect"
                + " openai)",
            "6:17: providers.azure.url: ends with /openai (expected: without; the clients' own paths"
                + " begin so)");
  }
}
