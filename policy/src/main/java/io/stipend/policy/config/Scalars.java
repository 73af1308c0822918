package io.stipend.policy.config;

import io.stipend.metering.Suggestion;
import java.math.BigInteger;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads single values: each reports what does not fit and then gives the default. */
final class Scalars {
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h)");
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,12})(B|KiB|MiB|GiB)?");
  private static final Pattern COUNT = Pattern.compile("[0-9]{1,18}");
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9._@-]{1,64}");
  private static final Map<String, Integer> SHIFTS = Map.of("KiB", 10, "MiB", 20, "GiB", 30);
  private static final Duration MAX_DURATION = Duration.ofDays(1);

  private Scalars() {}

  /** {@code 500ms}, {@code 15s}, {@code 5m} or {@code 1h}; above zero, at most a day. */
  static Duration duration(@Nullable Value value, Duration otherwise) {
    String expected = "a duration such as 500ms, 15s, 5m or 1h, at most 24h";
    String text = value == null ? null : value.text(expected);
    if (value == null || text == null) {
      return otherwise;
    }
    Matcher matcher = DURATION.matcher(text);
    if (matcher.matches()) {
      long number = Long.parseLong(matcher.group(1));
      Duration duration =
          switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            default -> Duration.ofHours(number);
          };
      if (!duration.isZero() && duration.compareTo(MAX_DURATION) <= 0) {
        return duration;
      }
    }
    value.unexpected(text, expected);
    return otherwise;
  }

  /** Bytes: {@code 32MiB}, {@code 64KiB} or a plain number. */
  static int size(@Nullable Value value, int otherwise) {
    String expected = "a size such as 65536, 64KiB or 32MiB, from 1 to 2147483647 bytes";
    String text = value == null ? null : value.text(expected);
    if (value == null || text == null) {
      return otherwise;
    }
    Matcher matcher = SIZE.matcher(text);
    if (matcher.matches()) {
      int shift = SHIFTS.getOrDefault(matcher.group(2) == null ? "" : matcher.group(2), 0);
      BigInteger bytes = new BigInteger(matcher.group(1)).shiftLeft(shift);
      if (bytes.signum() > 0 && bytes.bitLength() < Integer.SIZE) {
        return bytes.intValueExact();
      }
    }
    value.unexpected(text, expected);
    return otherwise;
  }

  /** A whole number within bounds. */
  static long count(@Nullable Value value, long min, long max, long otherwise) {
    String expected = "a whole number from " + min + " to " + max;
    String text = value == null ? null : value.text(expected);
    if (value == null || text == null) {
      return otherwise;
    }
    if (COUNT.matcher(text).matches()) {
      long number = Long.parseLong(text);
      if (number >= min && number <= max) {
        return number;
      }
    }
    value.unexpected(text, expected);
    return otherwise;
  }

  /** A whole number within bounds. */
  static int count(@Nullable Value value, int min, int max, int otherwise) {
    return Math.toIntExact(count(value, (long) min, max, otherwise));
  }

  /** A text of one line with at most so many characters; null, reported, if it is another. */
  static @Nullable String line(@Nullable Value value, int max, String expected) {
    String text = value == null ? null : value.text(expected);
    if (value != null
        && text != null
        && (text.length() > max || text.chars().anyMatch(Character::isISOControl))) {
      value.unexpected(text, expected);
      return null;
    }
    return text;
  }

  /** A constant of an enum, written in lower case. */
  static <E extends Enum<E>> @Nullable E word(Value value, Class<E> type) {
    Map<String, E> words = new LinkedHashMap<>();
    for (E constant : type.getEnumConstants()) {
      words.put(constant.name().toLowerCase(Locale.ROOT), constant);
    }
    String expected = String.join(", ", words.keySet());
    String text = value.text(expected);
    E found = text == null ? null : words.get(text);
    if (text != null && found == null) {
      value.problem(
          Problems.shown(text)
              + " (expected: one of "
              + expected
              + ")"
              + Suggestion.hint(text, words.keySet()));
    }
    return found;
  }

  /** A time zone of the tz database, such as {@code Europe/Berlin}. */
  static ZoneId zone(@Nullable Value value, ZoneId otherwise) {
    String expected = "a time zone such as Europe/Berlin or UTC";
    String text = value == null ? null : value.text(expected);
    if (value == null || text == null) {
      return otherwise;
    }
    ZoneId zone = zone(text);
    if (zone == null) {
      value.problem(zoneProblem(text));
      return otherwise;
    }
    return zone;
  }

  static @Nullable ZoneId zone(String text) {
    try {
      return ZoneId.of(text);
    } catch (DateTimeException e) {
      return null;
    }
  }

  static String zoneProblem(String text) {
    return Problems.shown(text)
        + " (expected: a time zone such as Europe/Berlin or UTC)"
        + Suggestion.hint(text, ZoneId.getAvailableZoneIds());
  }

  /** A path, relative to a folder; {@code file:} before it may be left out. */
  static @Nullable Path path(@Nullable Value value, Path folder) {
    String expected = "a path such as ./stipend-data";
    String text = value == null ? null : value.text(expected);
    if (value == null || text == null) {
      return null;
    }
    try {
      return folder.resolve(text.startsWith("file:") ? text.substring(5) : text).normalize();
    } catch (InvalidPathException e) {
      value.unexpected(text, expected);
      return null;
    }
  }

  /** Whether this may name a person, service, team, group, allowance or provider. */
  static boolean isId(String text) {
    return ID.matcher(text).matches();
  }

  /** What {@link #isId} wants. */
  static final String ID_EXPECTED = "1 to 64 of A-Z a-z 0-9 . _ @ -";

  /** A reference to something that this file defines; null, reported, if it is not there. */
  static @Nullable String reference(Value value, String kind, Set<String> known) {
    String text = value.text(kind + " of this file");
    if (text == null || known.contains(text)) {
      return text;
    }
    value.problem(unknown(text, kind, known));
    return null;
  }

  static String unknown(String text, String kind, Set<String> known) {
    return Problems.shown(text)
        + " (expected: "
        + kind
        + " of this file)"
        + Suggestion.hint(text, known);
  }
}
