package io.stipend.metering.reconcile;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names of the same model. */
final class ModelNames {
  private static final Pattern DATED = Pattern.compile("(.+?)-(?:20\\d{6}|20\\d\\d-\\d\\d-\\d\\d)");
  private static final Pattern TITLE_DATE = Pattern.compile("(20\\d\\d)-(\\d\\d)-(\\d\\d)$");

  private ModelNames() {}

  /** The API's form of a title: {@code Claude Haiku 4.5} is {@code claude-haiku-4-5}. */
  static String ofTitle(String title) {
    String text = TITLE_DATE.matcher(title.strip()).replaceFirst("$1$2$3");
    return text.toLowerCase(Locale.ROOT).replace('.', '-').replaceAll("\\s+", "-");
  }

  /** The name without the date of a snapshot. */
  static String undated(String model) {
    Matcher dated = DATED.matcher(model);
    return dated.matches() ? dated.group(1) : model;
  }
}
