package io.stipend.gateway.dialect;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.code_intelligence.jazzer.mutation.annotation.NotNull;
import java.io.IOException;

/**
 * Bytes that nobody wrote, to all that reads bytes of clients and of providers. The build runs the
 * inputs under {@code src/test/resources}; {@code JAZZER_FUZZ=1} looks for new ones, one target at
 * a time. Of each input the first byte chooses among the readers, the second how it is used.
 */
class DialectFuzzTest {
  @FuzzTest(maxDuration = "5m")
  void events(byte @NotNull [] input) {
    FuzzedAnswers.events(input);
  }

  @FuzzTest(maxDuration = "5m")
  void array(byte @NotNull [] input) {
    FuzzedAnswers.array(input);
  }

  @FuzzTest(maxDuration = "5m")
  void scan(byte @NotNull [] input) {
    FuzzedScan.check(input);
  }

  @FuzzTest(maxDuration = "5m")
  void body(byte @NotNull [] input) throws IOException {
    FuzzedBodies.check(input);
  }
}
