package io.stipend.policy.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the lists {@code feeds} and {@code exports}. */
final class DeliveryReader {
  private static final int MOST = 16;
  private static final int MOST_EVENTS = 1_000;
  private static final Pattern TIME = Pattern.compile("[0-9]{2}:[0-9]{2}");

  private final SecretReader secrets;
  private final Path folder;

  /**
   * @param folder relative paths start there
   */
  DeliveryReader(SecretReader secrets, Path folder) {
    this.secrets = secrets;
    this.folder = folder;
  }

  DeliveryConfig read(@Nullable Value feeds, @Nullable Value exports) {
    List<DeliveryConfig.Feed> webhooks = new ArrayList<>();
    for (Value item : items(feeds, "feeds")) {
      feed(item, webhooks);
    }
    List<DeliveryConfig.Export> folders = new ArrayList<>();
    for (Value item : items(exports, "exports")) {
      export(item, folders);
    }
    return new DeliveryConfig(webhooks, folders);
  }

  private static List<Value> items(@Nullable Value list, String what) {
    List<Value> items = list == null ? List.of() : list.oneOrMore();
    if (list != null && items.size() > MOST) {
      list.problem(items.size() + " " + what + " (expected: at most " + MOST + ")");
    }
    return items;
  }

  private void feed(Value value, List<DeliveryConfig.Feed> feeds) {
    Section section = value.section("a mapping with url and secret");
    if (section == null) {
      return;
    }
    try (section) {
      URI url = new WebhooksReader(secrets).url(section.require("url"));
      Secret secret = secrets.read(section.get("secret"));
      int batch =
          Scalars.count(section.get("batch"), 1, MOST_EVENTS, DeliveryConfig.Feed.DEFAULT_BATCH);
      if (url != null && feeds.stream().anyMatch(feed -> feed.url().equals(url))) {
        section.problem("url", "stands twice (expected: one feed to an address)");
      } else if (url != null) {
        feeds.add(new DeliveryConfig.Feed(url, secret, batch));
      }
    }
  }

  private void export(Value value, List<DeliveryConfig.Export> exports) {
    Section section = value.section("a mapping with to and format");
    if (section == null) {
      return;
    }
    try (section) {
      Path to = Scalars.path(section.require("to"), folder);
      Value formatValue = section.get("format");
      DeliveryConfig.Format format =
          formatValue == null
              ? DeliveryConfig.Format.CSV
              : Scalars.word(formatValue, DeliveryConfig.Format.class);
      every(section.get("every"));
      LocalTime at = time(section.get("at"));
      LocalDate since = date(section.get("since"));
      if (to == null || format == null) {
        return;
      }
      Set<String> taken = new HashSet<>();
      exports.forEach(export -> taken.add(export.to() + " " + export.format()));
      if (taken.contains(to + " " + format)) {
        section.problem("to", "stands twice with this format (expected: once)");
      } else {
        exports.add(new DeliveryConfig.Export(to, format, at, since));
      }
    }
  }

  private static void every(@Nullable Value value) {
    String text = value == null ? null : value.text("day");
    if (value != null && text != null && !text.equals("day")) {
      value.unexpected(text, "day");
    }
  }

  private static LocalTime time(@Nullable Value value) {
    String expected = "a time of day such as 02:00";
    String text = value == null ? null : value.text(expected);
    if (value == null || text == null) {
      return DeliveryConfig.Export.DEFAULT_AT;
    }
    try {
      if (TIME.matcher(text).matches()) {
        return LocalTime.parse(text);
      }
    } catch (DateTimeException e) {
      // Told below.
    }
    value.unexpected(text, expected);
    return DeliveryConfig.Export.DEFAULT_AT;
  }

  private static @Nullable LocalDate date(@Nullable Value value) {
    String text = value == null ? null : value.text("a day such as 2026-03-15");
    LocalDate date = text == null ? null : Scalars.date(text);
    if (value != null && text != null && date == null) {
      value.problem(Scalars.dateProblem(text));
    }
    return date;
  }
}
