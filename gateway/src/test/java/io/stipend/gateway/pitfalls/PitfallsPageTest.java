package io.stipend.gateway.pitfalls;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** {@code docs/pitfalls.md} names every row, and every row's class has a test of that name. */
class PitfallsPageTest {
  private static final int METERING = 25;
  private static final int BUDGETS = 17;
  private static final Pattern ROW = Pattern.compile("(?m)^\\| ([PB]\\d+) \\|.*\\| ([^|]+) \\|$");

  @Test
  void everyRowHasATestThatIsNamedByItsId() throws Exception {
    List<String> ids = new ArrayList<>();
    for (MatchResult row :
        ROW.matcher(Files.readString(Path.of("../docs/pitfalls.md"))).results().toList()) {
      String id = row.group(1);
      ids.add(id);
      for (String name : row.group(2).split(", ")) {
        Class<?> tests = Class.forName(getClass().getPackageName() + "." + name.replace("`", ""));
        assertThat(Arrays.stream(tests.getDeclaredMethods()))
            .as("tests of %s in %s", id, name)
            .anyMatch(m -> m.getName().matches(id.toLowerCase(Locale.ROOT) + "[A-Z].*"));
      }
    }
    List<String> all = new ArrayList<>();
    for (int i = 1; i <= METERING; i++) {
      all.add("P" + i);
    }
    for (int i = 1; i <= BUDGETS; i++) {
      all.add("B" + i);
    }
    assertThat(ids).isEqualTo(all);
  }
}
