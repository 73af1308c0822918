package io.stipend.gateway.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.stipend.gateway.Version;
import io.stipend.metering.export.DayFolder;
import io.stipend.metering.export.ExportMeta;
import io.stipend.metering.export.UsageExport;
import io.stipend.metering.export.UsageFormat;
import io.stipend.metering.ledger.BookedRanges;
import io.stipend.metering.ledger.LedgerException;
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
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One run of a scheduled export, as a process of its own: both sides of it. */
public final class ExportProcess {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String DONE = "complete_until";
  private static final int MOST_SAID = 500;

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
    return export.to().resolve("usage-" + day + "." + export.format().word());
  }

  /**
   * Writes the days that were over when it was due, those that may have changed.
   *
   * @return what the folder is complete until
   * @throws Failed if they could not be written
   */
  static String run(Export export, Path dataDir, Instant now, Instant due)
      throws Failed, InterruptedException {
    LocalDate since = export.since();
    List<String> line =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            ExportProcess.class.getName(),
            dataDir.toString(),
            export.format().word(),
            export.to().toString(),
            since == null ? "" : since.toString(),
            LocalDate.ofInstant(due, ZoneOffset.UTC).toString(),
            now.toString());
    try {
      Path said = Files.createTempFile("stipend-export", ".txt");
      try {
        return ended(line, said);
      } finally {
        Files.deleteIfExists(said);
      }
    } catch (IOException e) {
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
      LocalDate first = args[3].isEmpty() ? first(dataDir) : LocalDate.parse(args[3]);
      LocalDate end = LocalDate.parse(args[4]);
      DayFolder folder =
          new DayFolder(
              dataDir,
              format(args[1]),
              Path.of(args[2]),
              new ExportMeta.Maker(Version.text(), Instant.parse(args[5])),
              false,
              DayFolder.Watcher.NONE);
      // Without usage so far there is nothing but the last day to tell of.
      DayFolder.Delivery done =
          folder.deliver(first == null || !first.isBefore(end) ? end.minusDays(1) : first, end);
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
