package io.stipend.metering.report.statement;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** What tells one statement from another, and which record each was read from. */
final class StatementProof {
  private StatementProof() {}

  static String words(Statement.Proof proof) {
    return "Ledger head "
        + proof.head().seq()
        + (proof.completeUntil() == null
            ? "; no call is under way; hash "
            : "; complete until " + proof.completeUntil() + "; hash ")
        + proof.head().hash();
  }

  /**
   * SHA-256 in hex of all that the statement says but the state of the ledger: two of the same have
   * the same, whenever and in whatever format they were made.
   */
  static String fingerprint(String body) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(sha.digest(body.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
