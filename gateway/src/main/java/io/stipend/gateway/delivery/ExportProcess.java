package io.stipend.gateway.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.stipend.metering.export.DayFolder;
import io.stipend.metering.export.ExportMeta;
import io.stipend.metering.export.UsageExport;
import io.stipend.metering.export.UsageFormat;
import io.stipend.metering.ledger.BookedRanges;
import io.stipend.metering.ledger.LedgerException;
import io.stipend.policy.config.DeliveryConfig;
import io.stipend.policy.config.DeliveryConfig.Export;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One run of a scheduled export, as a process of its own: both sides of it. */
public final class ExportProcess {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String DONE = "complete_until";
  private static final int MOST_SAID = 500;

  /** By its name: commands know of deliveries, not deliveries of commands. */
  private static final String COMMANDS = "io.stipend.gateway.cli.Stipend";

  private static final List<String> JAVA =
      List.of(
          Path.of(System.getProperty("java.home"), "bin", "java").toString(),
          "-Xmx256m",
          "-XX:+UseSerialGC",
          "-cp",
          System.getProperty("java.class.path"));

  private ExportProcess() {}

  /** It could not be done; says why. */
  static final class Failed extends Exception {
    private static final long serialVersionUID = 1L;

    Failed(String message) {
      super(message);
    }
  }

  /**
   * When the newest day that an export held when it was due was last written, from what stands in
   * the folder; null if it was not.
   */
  static @Nullable Instant lastDone(Export export, Instant due) {
    ExportMeta meta =
        ExportMeta.beside(file(export, LocalDate.ofInstant(due, ZoneOffset.UTC).minusDays(1)));
    try {
      return meta == null ? null : Instant.parse(meta.createdAt());
    } catch (DateTimeException e) {
      return null;
    }
  }

  private static Path file(Export export, LocalDate day) {
    boolean focus = export.format() == DeliveryConfig.Format.FOCUS;
    String word = export.format().word();
    return export.to().resolve(focus ? word + "-" + day + ".csv" : "usage-" + day + "." + word);
  }

  /**
   * Writes the days that were over when it was due, those that may have changed.
   *
   * @param version of the program
   * @param quotaFile names the providers, which FOCUS asks for; the other formats do not
   * @return what the folder is complete until
   * @throws Failed if they could not be written
   */
  static String run(
      Export export, Path dataDir, Path quotaFile, String version, Instant now, Instant due)
      throws Failed, InterruptedException {
    LocalDate end = LocalDate.ofInstant(due, ZoneOffset.UTC);
    try {
      LocalDate first = export.since() == null ? first(dataDir) : export.since();
      // Without usage so far there is nothing but the last day to tell of.
      String begin = (first == null || !first.isBefore(end) ? end.minusDays(1) : first).toString();
      List<String> line = new ArrayList<>(JAVA);
      line.addAll(
          export.format() == DeliveryConfig.Format.FOCUS
              ? List.of(
                  COMMANDS,
                  "usage",
                  "export",
                  "--config",
                  quotaFile.toString(),
                  "--by",
                  "day",
                  "--format",
                  "focus",
                  "--from",
                  begin,
                  "--to",
                  end.toString(),
                  "--out",
                  export.to().toString(),
                  "--json")
              : List.of(
                  ExportProcess.class.getName(),
                  dataDir.toString(),
                  export.format().word(),
                  export.to().toString(),
                  begin,
                  end.toString(),
                  now.toString(),
                  version));
      Path said = Files.createTempFile("stipend-export", ".txt");
      try {
        return ended(line, said);
      } finally {
        Files.deleteIfExists(said);
      }
    } catch (IOException | LedgerException e) {
      throw new Failed(e.toString());
    }
  }

  private static String ended(List<String> line, Path said)
      throws IOException, InterruptedException, Failed {
    Process process =
        new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    try {
      process.getOutputStream().close();
      int code = process.waitFor();
      String last = lastLine(said);
      JsonNode answer = code == 0 && last.startsWith("{") ? JSON.readTree(last) : null;
      if (answer == null || !answer.path(DONE).isTextual()) {
        throw new Failed("code " + code + ": " + last);
      }
      return answer.path(DONE).textValue();
    } finally {
      process.destroyForcibly();
    }
  }

  private static String lastLine(Path said) throws IOException {
    String text = Files.readString(said, StandardCharsets.UTF_8).strip();
    String last = text.substring(text.lastIndexOf('\n') + 1);
    return last.length() > MOST_SAID ? last.substring(0, MOST_SAID) : last;
  }

  /**
   * The process: data folder, format, folder, first day or nothing, the day after the last, now.
   */
  public static void main(String[] args) {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.exit(main(args, out));
  }

  private static int main(String[] args, PrintStream out) {
    try {
      Path dataDir = Path.of(args[0]);
      DayFolder folder =
          new DayFolder(
              dataDir,
              format(args[1]),
              Path.of(args[2]),
              new ExportMeta.Maker(args[6], Instant.parse(args[5])),
              false,
              DayFolder.Watcher.NONE);
      DayFolder.Delivery done = folder.deliver(LocalDate.parse(args[3]), LocalDate.parse(args[4]));
      out.println(JSON.createObjectNode().put(DONE, done.completeUntil()));
      return 0;
    } catch (LedgerException | AnalyticsJar.Missing e) {
      out.println(String.valueOf(e.getMessage()).replace('\n', ' '));
      return 1;
    }
  }

  private static @Nullable LocalDate first(Path dataDir) {
    try (BookedRanges ranges = BookedRanges.open(dataDir)) {
      return ranges.first().map(at -> LocalDate.ofInstant(at, ZoneOffset.UTC)).orElse(null);
    }
  }

  private static UsageFormat format(String word) {
    return word.equals("parquet")
        ? UsageFormat.parquet(AnalyticsJar.engine())
        : UsageFormat.of(UsageExport.Format.valueOf(word.toUpperCase(Locale.ROOT)));
  }
}
