package io.stipend.gateway.testing;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.pollinterval.IterativePollInterval;
import org.junit.jupiter.api.extension.Extension;

/**
 * Looks at what a test awaits at once, again after 5 ms, and ever less often up to 100 ms: most of
 * it is there within milliseconds. A test that names its own interval keeps it. It needs no
 * annotation: JUnit finds it through {@code META-INF/services}.
 */
public final class QuickLooks implements Extension {
  private static final Duration FIRST = Duration.ofMillis(5);
  private static final Duration LONGEST = Duration.ofMillis(100);

  static {
    Awaitility.setDefaultPollInterval(
        IterativePollInterval.iterative(
            last -> last.compareTo(LONGEST) < 0 ? last.multipliedBy(2) : LONGEST, FIRST));
  }
}
