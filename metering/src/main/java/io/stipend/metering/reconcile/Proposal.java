package io.stipend.metering.reconcile;

import io.stipend.metering.TokenUsage;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Predicate;

/**
 * A correction of one attempt that would make the ledger agree with the provider.
 *
 * @param id the same for the same correction, so that entering it twice is entering it once;
 *     another where it was entered before and the attempt was mended back since
 * @param exchange id of the exchange
 * @param attempt its number
 * @param usage the tokens as they stand
 * @param nanos the cost as it stands, in nano-units
 * @param usageAfter the tokens as they should stand
 * @param nanosAfter the cost as it should stand
 * @param currency of both
 * @param reasons why
 * @param evidence what shows it, in words
 */
public record Proposal(
    String id,
    String exchange,
    int attempt,
    TokenUsage usage,
    long nanos,
    TokenUsage usageAfter,
    long nanosAfter,
    String currency,
    List<Reason> reasons,
    String evidence) {
  private static final int ID_DIGITS = 32;

  /** Copies the reasons. */
  public Proposal {
    reasons = List.copyOf(reasons);
  }

  static Proposal of(
      GatewayRow row,
      TokenUsage usageAfter,
      long nanosAfter,
      List<Reason> reasons,
      String evidence,
      Predicate<String> isEntered) {
    String content =
        String.join(
            "\n",
            row.attempt(),
            row.row().usage().toString(),
            Long.toString(row.row().nanos()),
            usageAfter.toString(),
            Long.toString(nanosAfter));
    String first = "reconcile-" + hash(content);
    String id = first;
    for (int time = 1; isEntered.test(id); time++) {
      id = first + "-" + time;
    }
    return new Proposal(
        id,
        row.row().exchangeId(),
        row.row().attempt(),
        row.row().usage(),
        row.row().nanos(),
        usageAfter,
        nanosAfter,
        row.row().currency(),
        reasons,
        evidence);
  }

  private static String hash(String content) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(content.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash).substring(0, ID_DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256", e);
    }
  }
}
