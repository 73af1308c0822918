package io.stipend.gateway.attacks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The page of attacks says what the tests do. */
class SecurityPageTest {
  private static final Path DOCS = Path.of("..", "docs", "security.md");

  @Test
  void thePageIsWrittenFromTheTable() throws IOException {
    if (Boolean.getBoolean("stipend.docs.write")) {
      Files.writeString(DOCS, SecurityPage.markdown());
    }
    assertThat(SecurityPage.markdown())
        .as("docs/security.md is out of date; -Dstipend.docs.write=true writes it")
        .isEqualTo(Files.readString(DOCS));
  }

  @Test
  void everySectionHasAttacks() {
    assertThat(SecurityPage.markdown()).doesNotContain("| 0 |  |  |");
  }
}
