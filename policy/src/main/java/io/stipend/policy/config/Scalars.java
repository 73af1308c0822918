package io.stipend.policy.config;

import io.stipend.metering.Suggestion;
import io.stipend.policy.budget.Proration;
import java.math.BigInteger;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.Month;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
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
  private static final Pattern COUNT = Pattern.compile("-?[0-9]{1,18}");
  private static final int MAX_ID = 64;
  private static final int DATE_LENGTH = 10;
  private static final Pattern FTE = Pattern.compile("0?\\.([0-9]{1,3})|1(?:\\.0{1,3})?");
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
    if (value != null && text != null && !isLine(text, max)) {
      value.unexpected(text, expected);
      return null;
    }
    return text;
  }

  /** Whether a text is one line with at most so many characters. */
  static boolean isLine(String text, int max) {
    if (text.length() > max) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (Character.isISOControl(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  /** A day such as {@code 2026-03-15}; null if it is none. */
  static @Nullable LocalDate date(String text) {
    try {
      return text.length() == DATE_LENGTH ? LocalDate.parse(text) : null;
    } catch (DateTimeException e) {
      return null;
    }
  }

  static String dateProblem(String text) {
    return Problems.shown(text) + " (expected: a day such as 2026-03-15)";
  }

  static String untilProblem(String text, LocalDate since) {
    return Problems.shown(text) + " (expected: not before since, " + since + ")";
  }

  /** Working time in thousandths of full time; 0 if it is none. */
  static int fte(String text) {
    Matcher matcher = FTE.matcher(text);
    if (!matcher.matches()) {
      return 0;
    }
    String fraction = matcher.group(1);
    return fraction == null
        ? Proration.FULL_TIME
        : Integer.parseInt((fraction + "00").substring(0, 3));
  }

  static String fteProblem(String text) {
    return Problems.shown(text) + " (expected: above 0, at most 1, three decimals, such as 0.8)";
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

  /** A month as a number from 1 to 12 or by its English name. */
  static int month(@Nullable Value value, int otherwise) {
    String expected = "a month from 1 to 12, or its name such as october";
    String text = value == null ? null : value.text(expected);
    if (value == null || text == null) {
      return otherwise;
    }
    List<String> names = new ArrayList<>();
    for (Month month : Month.values()) {
      String name = month.name().toLowerCase(Locale.ROOT);
      names.add(name);
      if (text.toLowerCase(Locale.ROOT).equals(name)
          || text.equals(Integer.toString(month.getValue()))) {
        return month.getValue();
      }
    }
    value.problem(
        Problems.shown(text) + " (expected: " + expected + ")" + Suggestion.hint(text, names));
    return otherwise;
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
    if (text.isEmpty() || text.length() > MAX_ID) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
      if (!letter && !(c >= '0' && c <= '9') && "._@-".indexOf(c) < 0) {
        return false;
      }
    }
    return true;
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
