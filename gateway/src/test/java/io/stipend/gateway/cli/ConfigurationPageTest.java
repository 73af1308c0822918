package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.policy.config.GatewayConfig;
import io.stipend.policy.config.Limits;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/configuration.md says what the loader does. */
class ConfigurationPageTest {
  private static final Path LOADER = Path.of("../policy/src/main/java/io/stipend/policy/config");
  private static final Pattern READ =
      Pattern.compile("\\b(?:get|section|require|notBuilt)\\(((?:\\s*\"[a-z_0-9]+\",?)+)");
  private static final Pattern NAME = Pattern.compile("\"([a-z_0-9]+)\"");

  private final String page = read(Path.of("../docs/configuration.md"));

  @Test
  void everyKeyThatTheLoaderReadsIsOnThePage() throws IOException {
    Set<String> keys = new TreeSet<>();
    try (Stream<Path> files = Files.list(LOADER)) {
      for (Path file : files.toList()) {
        Matcher read = READ.matcher(read(file));
        while (read.find()) {
          NAME.matcher(read.group(1)).results().forEach(name -> keys.add(name.group(1)));
        }
      }
    }

    assertThat(keys)
        .contains("listen", "amount", "carry_over", "people_from")
        .hasSizeGreaterThan(60);
    assertThat(keys).allSatisfy(key -> assertThat(page).contains("`" + key + "`"));
  }

  @Test
  void everyLimitIsThereWithItsDefault() throws ReflectiveOperationException {
    assertDefaults(Limits.Sizes.DEFAULTS, "");
    assertDefaults(Limits.Counts.DEFAULTS, "");
    assertDefaults(Limits.Times.DEFAULTS, "_time");
  }

  @Test
  void theOtherDefaultsOfTheGatewayAreThere() {
    assertThat(page)
        .contains("| `drain` | `{ time: " + text(GatewayConfig.DEFAULT_DRAIN) + " }` |")
        .contains(
            "| `client_gone` | `{ time: "
                + text(GatewayConfig.ClientGone.DEFAULTS.time())
                + ", bytes: "
                + GatewayConfig.ClientGone.DEFAULTS.bytes() / (1_024 * 1_024)
                + "MiB }` |")
        .contains(
            "| `connections_per_loop` | `"
                + GatewayConfig.Upstream.DEFAULTS.connectionsPerLoop()
                + "` |");
  }

  private void assertDefaults(Record defaults, String suffix) throws ReflectiveOperationException {
    for (RecordComponent component : defaults.getClass().getRecordComponents()) {
      String key = component.getName().replaceAll("([A-Z])", "_$1").toLowerCase() + suffix;
      String value = text(component.getAccessor().invoke(defaults));
      String row =
          page.lines().filter(l -> l.startsWith("| `" + key + "` |")).findFirst().orElse("");
      assertThat(row).as(key).startsWith("| `" + key + "` | `" + value(key, value) + "` |");
    }
  }

  private static String value(String key, String number) {
    if (!key.endsWith("_bytes")) {
      return number;
    }
    int bytes = Integer.parseInt(number);
    int mib = 1_024 * 1_024;
    return bytes % mib == 0 ? bytes / mib + "MiB" : bytes / 1_024 + "KiB";
  }

  private static String text(Object value) {
    if (value instanceof Duration d) {
      return d.toHours() > 0
          ? d.toHours() + "h"
          : d.toMinutes() > 0 ? d.toMinutes() + "m" : d.toSeconds() + "s";
    }
    return value.toString();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
