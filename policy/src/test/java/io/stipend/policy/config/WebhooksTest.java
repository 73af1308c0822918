package io.stipend.policy.config;

import static io.stipend.policy.config.QuotaFiles.PROVIDERS;
import static io.stipend.policy.config.QuotaFiles.unlockedFile;
import static io.stipend.policy.config.QuotaFiles.unlockedProblems;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WebhooksTest {
  @TempDir Path folder;

  private List<String> problems(String webhooks) {
    return unlockedProblems(folder, PROVIDERS + "alerts: { webhooks: " + webhooks + " }\n");
  }

  @Test
  void aWebhookHasAnAddressASecretAndTheAlertsThatItWants() {
    QuotaFile file =
        unlockedFile(
                folder,
                PROVIDERS
                    + """
                    alerts:
                      webhooks:
                        - { url: "https://hooks.test/services/T1?x=y", secret: "${OPENAI_API_KEY}" }
                        - { url: "http://127.0.0.1:9/a", events: [forecast] }
                    """)
            .quotaFile();
    Webhook first = file.webhooks().get(0);
    assertThat(first.url()).isEqualTo(URI.create("https://hooks.test/services/T1?x=y"));
    assertThat(first.secret().reveal()).isEqualTo(QuotaFiles.OPENAI_KEY);
    assertThat(first.events()).containsExactlyInAnyOrder(Webhook.Event.values());
    assertThat(first).hasToString("Webhook[hooks.test]");
    Webhook second = file.webhooks().get(1);
    assertThat(second.secret()).isNull();
    assertThat(second.events()).containsExactly(Webhook.Event.FORECAST);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://hooks.test/sesame",
        "ftp://hooks.test/sesame",
        "https:///sesame",
        "https://ann:sesame@hooks.test/",
        "https://hooks.test/#sesame",
        "http://127.0.0.1.hooks.test/sesame",
        "sesame",
        "https://hooks.test/ sesame",
      })
  void anAddressThatIsNoneOrCouldBeReadOnTheWayIsRefusedAndNotRepeated(String url) {
    assertThat(problems("{ url: '" + url + "' }"))
        .singleElement()
        .asString()
        .startsWith("4:28: alerts.webhooks.url: is no address of a webhook (expected: https://, or")
        .doesNotContain("sesame");
  }

  @Test
  void anAddressMayStandInAFileOfItsOwnBecauseWhoeverKnowsItMayPostThere() throws Exception {
    Files.writeString(folder.resolve("hook"), "https://hooks.test/services/T1\n");
    QuotaFile file =
        unlockedFile(folder, PROVIDERS + "alerts: { webhooks: { url: 'file:./hook' } }\n")
            .quotaFile();
    assertThat(file.webhooks().get(0).url())
        .isEqualTo(URI.create("https://hooks.test/services/T1"));
    Files.writeString(folder.resolve("hook"), "http://hooks.test/sesame");
    assertThat(problems("{ url: 'file:./hook' }"))
        .singleElement()
        .asString()
        .contains("is no address of a webhook")
        .doesNotContain("sesame");
    assertThat(problems("{ url: '${NOT_THERE}' }"))
        .singleElement()
        .asString()
        .contains("the environment variable NOT_THERE is not set");
  }

  @Test
  void whatElseIsWrongIsTold() {
    assertThat(problems("{ secret: x }"))
        .singleElement()
        .asString()
        .contains("alerts.webhooks: url is missing");
    assertThat(problems("{ url: 'https://h', events: [forcast] }"))
        .singleElement()
        .asString()
        .contains("did you mean \"forecast\"?");
    assertThat(problems("{ url: 'https://h', secrt: x }"))
        .singleElement()
        .asString()
        .contains("did you mean \"secret\"?");
    assertThat(problems("[" + "{ url: 'https://h' },".repeat(17) + "]"))
        .singleElement()
        .asString()
        .contains("17 webhooks (expected: at most 16)");
  }
}
