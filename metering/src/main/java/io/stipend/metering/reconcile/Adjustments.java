package io.stipend.metering.reconcile;

import java.util.regex.Pattern;

/** Words by which a provider names what is no use of anything. */
final class Adjustments {
  private static final Pattern NAMED =
      Pattern.compile("(?i).*\\b(credits?|discounts?|tax|vat|gst|rounding|refund|adjustment)\\b.*");

  private Adjustments() {}

  static boolean isNamed(String description) {
    return NAMED.matcher(description).matches();
  }
}
