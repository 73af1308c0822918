package io.stipend.policy.config;

import io.stipend.metering.ledger.RetentionClass;
import java.util.EnumMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the section {@code retention}: how long texts of each class are kept. */
final class RetentionReader {
  private static final int MAX_DAYS = 36_500;
  private static final String EXPECTED = "whole days from 1 day to " + MAX_DAYS + " days";
  private static final Pattern DAYS = Pattern.compile("([1-9][0-9]{0,4}) days?");

  private RetentionReader() {}

  static Map<RetentionClass, Integer> read(@Nullable Section section) {
    Map<RetentionClass, Integer> days = new EnumMap<>(RetentionClass.class);
    if (section == null) {
      return days;
    }
    try (section) {
      add(days, RetentionClass.LABELS, section.get("labels"));
      add(days, RetentionClass.REFUSALS, section.get("refusals"));
      add(days, RetentionClass.REASONS, section.get("reasons"));
      add(days, RetentionClass.KEY_NAMES, section.get("key_names"));
    }
    return days;
  }

  private static void add(
      Map<RetentionClass, Integer> days, RetentionClass kind, @Nullable Value value) {
    String text = value == null ? null : value.text(EXPECTED);
    if (value == null || text == null) {
      return;
    }
    Matcher matcher = DAYS.matcher(text);
    int number = matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
    if (number < 1 || number > MAX_DAYS) {
      value.unexpected(text, EXPECTED);
    } else {
      days.put(kind, number);
    }
  }
}
