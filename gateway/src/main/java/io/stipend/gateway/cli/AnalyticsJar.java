package io.stipend.gateway.cli;

import io.stipend.metering.export.ParquetEngine;
import java.io.File;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import org.jspecify.annotations.Nullable;

/**
 * The second jar, {@code stipend-analytics.jar} beside {@code stipend.jar}: an engine that is many
 * times as large as the rest of the program and that nothing needs while it serves.
 */
final class AnalyticsJar {
  private static final String NAME = "stipend-analytics.jar";

  private AnalyticsJar() {}

  /**
   * What writes Parquet.
   *
   * @throws CommandFailure if the jar is not there; it says where it was looked for
   */
  static ParquetEngine engine() {
    return engine(home());
  }

  /**
   * The same.
   *
   * @param home the folder of {@code stipend.jar}
   */
  static ParquetEngine engine(Path home) {
    ParquetEngine known = engine(AnalyticsJar.class.getClassLoader());
    if (known != null) {
      return known;
    }
    Path jar = home.resolve(NAME);
    ParquetEngine found = Files.isRegularFile(jar) ? engine(loader(jar)) : null;
    if (found == null) {
      throw new CommandFailure(
          Exit.USAGE,
          "--format parquet needs "
              + jar
              + ", which is "
              + (Files.isRegularFile(jar) ? "of another version" : "not there")
              + " (expected: the file of that name from the same release, or from mvn package,"
              + " beside stipend.jar)");
    }
    return found;
  }

  private static @Nullable ParquetEngine engine(ClassLoader loader) {
    try {
      return Class.forName(ParquetEngine.IMPLEMENTATION, true, loader)
          .asSubclass(ParquetEngine.class)
          .getDeclaredConstructor()
          .newInstance();
    } catch (ReflectiveOperationException | LinkageError | ClassCastException e) {
      return null;
    }
  }

  /** Open to the end of the process: what it loads may be used until then. */
  @SuppressWarnings("StreamResourceLeak")
  private static ClassLoader loader(Path jar) {
    try {
      return new URLClassLoader(
          new URL[] {jar.toUri().toURL()}, AnalyticsJar.class.getClassLoader());
    } catch (MalformedURLException e) {
      throw new IllegalStateException("a file's address", e);
    }
  }

  /** The folder that this program was started from. */
  private static Path home() {
    try {
      CodeSource source = AnalyticsJar.class.getProtectionDomain().getCodeSource();
      Path place = source == null ? Path.of("") : Path.of(source.getLocation().toURI());
      Path folder = place.toRealPath().getParent();
      return folder == null ? Path.of(File.separator) : folder;
    } catch (URISyntaxException | IOException e) {
      return Path.of("").toAbsolutePath();
    }
  }
}
