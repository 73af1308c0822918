package io.stipend.metering.export;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A version of the FinOps Open Cost and Usage Specification (FOCUS) that can be written. */
public enum FocusVersion {
  /** Of June 2026. */
  V1_4("1.4"),
  /** Of May 2025, which most tools read. */
  V1_2("1.2");

  private final String label;

  FocusVersion(String label) {
    this.label = label;
  }

  /** As files and commands name it, such as {@code 1.4}. */
  public String label() {
    return label;
  }

  /** The version of this label; null if there is none. */
  public static @Nullable FocusVersion of(String label) {
    for (FocusVersion version : values()) {
      if (version.label.equals(label)) {
        return version;
      }
    }
    return null;
  }

  /** All labels, for a message: {@code 1.4 or 1.2}. */
  public static String labels() {
    return Arrays.stream(values()).map(FocusVersion::label).collect(Collectors.joining(" or "));
  }
}
