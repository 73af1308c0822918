package io.stipend.policy.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is kept of the quota file in force. */
class QuotaTextTest {
  @TempDir Path folder;

  @Test
  void whatEachPersonIsGivenIsForTheOwnerOfTheDataFolderAlone() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("stipend.yaml"),
            """
            gateway: { data: ./data }
            providers: { openai: { url: "https://api.openai.com", key: k } }
            people: { ada: { budget: { amount: 400 USD, every: month } } }
            """);
    QuotaFile quota = ((QuotaFile.Loaded) QuotaFile.load(file, Map.of())).quotaFile();
    Path kept = folder.resolve("quota-in-force");

    QuotaText.of(quota).save(folder);

    assertThat(kept).content().contains("people/ada\t400 USD month");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(kept)))
        .isEqualTo("rw-------");
    Files.writeString(folder.resolve("quota-in-force.new"), "what a killed process left");
    QuotaText.forget(folder, "ada");
    assertThat(kept).content().doesNotContain("ada");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(kept)))
        .isEqualTo("rw-------");
  }
}
