package io.stipend.gateway;

/** The version of this program. */
public final class Version {
  private Version() {}

  /** As the jar's manifest has it; {@code development} outside a jar. */
  public static String text() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
