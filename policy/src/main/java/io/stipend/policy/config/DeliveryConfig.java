package io.stipend.policy.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a running gateway delivers of the record, and where to.
 *
 * @param feeds webhooks that are told of usage as it happens
 * @param exports folders that usage is written to every day
 */
public record DeliveryConfig(List<Feed> feeds, List<Export> exports) {
  /** Copies the lists. */
  public DeliveryConfig {
    feeds = List.copyOf(feeds);
    exports = List.copyOf(exports);
  }

  /**
   * A webhook.
   *
   * @param url https, or http to loopback
   * @param secret signs what is sent; null if nothing does
   * @param batch the most events of one request, from 1
   */
  public record Feed(URI url, @Nullable Secret secret, int batch) {
    /** What a quota file that does not say it means. */
    public static final int DEFAULT_BATCH = 100;

    /** The host alone: the path of a webhook is often its only secret. */
    @Override
    public String toString() {
      return "Feed[" + url.getHost() + "]";
    }
  }

  /**
   * A folder with a file for each UTC day.
   *
   * @param to the folder
   * @param format of its files
   * @param at when it is written, every day, in {@code calendar.timezone}
   * @param since the first day; null means the first that has usage
   */
  public record Export(Path to, Format format, LocalTime at, @Nullable LocalDate since) {
    /** What a quota file that does not say it means: the UTC day is over in most of the world. */
    public static final LocalTime DEFAULT_AT = LocalTime.of(2, 0);
  }

  /** A format of files. */
  public enum Format {
    /** Text with commas. */
    CSV,
    /** A JSON object on each line. */
    JSONL,
    /** Columns, compressed. */
    PARQUET;

    /** As a quota file and the command line name it. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
