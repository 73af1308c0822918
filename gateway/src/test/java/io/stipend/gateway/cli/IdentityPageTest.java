package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.policy.config.Issuer;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.config.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** docs/identity.md shows a quota file that loads. */
class IdentityPageTest {
  @TempDir Path folder;

  @Test
  void theExampleLoads() throws IOException {
    String page = Files.readString(Path.of("../docs/identity.md"));
    int begin = page.indexOf("```yaml\n") + "```yaml\n".length();
    String example = page.substring(begin, page.indexOf("```", begin));
    Path file =
        Files.writeString(
            folder.resolve("stipend.yaml"),
            "providers: { openai: { url: \"http://127.0.0.1:1\", key: k } }\n" + example);

    QuotaFile.Result result = QuotaFile.load(file, Map.of());

    assertThat(result).isInstanceOf(QuotaFile.Loaded.class);
    Issuer corp = ((QuotaFile.Loaded) result).quotaFile().identity().issuers().get("corp");
    assertThat(corp.vouchesFor("ada@example.com")).isTrue();
    assertThat(corp.takesStrangers()).isTrue();
    assertThat(corp.roles().get(Role.FINANCE)).containsExactly("controllers");
  }
}
