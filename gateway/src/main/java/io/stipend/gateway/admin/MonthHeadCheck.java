package io.stipend.gateway.admin;

import io.stipend.metering.ledger.Entered;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.Progress;
import io.stipend.metering.ledger.Verification;
import io.stipend.policy.identity.NotSignedException;
import io.stipend.policy.identity.SigningKey;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checks a signed month head against whatever is at hand: the key, an export, a ledger. Nothing of
 * it is believed before its signature is right, and no key that it brings counts.
 */
public final class MonthHeadCheck {
  private final List<Finding> findings = new ArrayList<>();

  private final String version;

  private MonthHeadCheck(String version) {
    this.version = version;
  }

  /**
   * What one look found.
   *
   * @param what what was looked at, such as {@code signature}
   * @param ok whether it is right
   * @param detail in words
   */
  public record Finding(String what, boolean ok, String detail) {}

  /**
   * What all of it found.
   *
   * @param head what is signed; null if the signature is not right
   */
  public record Report(boolean ok, @Nullable MonthHead head, List<Finding> findings) {
    /** Copies the list. */
    public Report {
      findings = List.copyOf(findings);
    }
  }

  /**
   * Checks a file.
   *
   * @param line the whole file
   * @param key who must have signed it
   * @param reader the ledger or a backup of it; null if none is at hand
   * @param export the month's export as CSV; null if none is at hand
   * @param version of this program
   * @throws IOException if the export cannot be read
   */
  public static Report run(
      String line,
      SigningKey key,
      @Nullable LedgerReader reader,
      @Nullable Path export,
      String version,
      Progress progress)
      throws IOException {
    MonthHeadCheck check = new MonthHeadCheck(version);
    MonthHead head = check.signature(line, key);
    if (head != null && export != null) {
      check.export(head, export);
    }
    if (head != null && reader != null) {
      check.ledger(head, reader, progress);
      check.month(head, reader);
    }
    return new Report(
        check.findings.stream().allMatch(Finding::ok), head, List.copyOf(check.findings));
  }

  private void found(String what, boolean ok, String detail) {
    findings.add(new Finding(what, ok, detail));
  }

  private @Nullable MonthHead signature(String line, SigningKey key) {
    try {
      MonthHead head = MonthHead.verified(key, line);
      found("signature", true, "of key " + key.id());
      return head;
    } catch (NotSignedException | AdminException e) {
      found("signature", false, String.valueOf(e.getMessage()));
      return null;
    }
  }

  private void export(MonthHead head, Path file) throws IOException {
    MessageDigest digest = MonthHead.sha256digest();
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      in.transferTo(java.io.OutputStream.nullOutputStream());
    }
    String hash = HexFormat.of().formatHex(digest.digest());
    boolean same = hash.equals(head.exportSha256());
    found(
        "export",
        same,
        same
            ? file + " is the export that was signed"
            : file + " has SHA-256 " + hash + " (expected: " + head.exportSha256() + ")");
  }

  private void ledger(MonthHead head, LedgerReader reader, Progress progress) {
    String hash = reader.hash(head.headSeq()).orElse("none");
    boolean same = hash.equals(head.headHash());
    found(
        "batch",
        same,
        "batch "
            + head.headSeq()
            + " has hash "
            + hash
            + (same ? "" : " (expected: " + head.headHash() + ")"));
    Verification verified = reader.verify(progress);
    found(
        "chain",
        verified.ok(),
        verified.ok()
            ? verified.batches() + " batches verify, head " + verified.headHash()
            : verified.problems().get(0));
  }

  private void month(MonthHead head, LedgerReader reader) {
    List<LedgerEntry.MonthClosed> later = new ArrayList<>();
    List<LedgerEntry.Redacted> less = new ArrayList<>();
    boolean[] closed = new boolean[1];
    reader.entered(
        Set.of(LedgerEntry.MonthClosed.class, LedgerEntry.Redacted.class),
        (Entered one) -> {
          if (one.entry() instanceof LedgerEntry.MonthClosed m && m.month().equals(head.month())) {
            if (one.batch() > head.headSeq()) {
              later.add(m);
            }
            closed[0] |=
                one.batch() == head.headSeq()
                    && m.closed()
                    && m.at().toString().equals(head.closedAt());
          } else if (one.entry() instanceof LedgerEntry.Redacted r
              && one.batch() > head.headSeq()) {
            less.add(r);
          }
        });
    found(
        "closing",
        closed[0],
        closed[0]
            ? head.month() + " was closed in that batch"
            : "that batch does not close " + head.month() + " at " + head.closedAt());
    for (LedgerEntry.MonthClosed m : later) {
      // What was signed is a state of before: whoever relies on it must hear of it.
      found(
          m.closed() ? "closed again" : "reopened",
          false,
          (m.closed() ? "closed again by " : "reopened since by ")
              + m.by()
              + " at "
              + m.at()
              + (m.reason().isEmpty() ? "" : ": " + m.reason()));
    }
    contents(head, reader, later.isEmpty(), less);
  }

  private void contents(
      MonthHead head, LedgerReader reader, boolean current, List<LedgerEntry.Redacted> less) {
    MonthHead.Contents now = MonthHead.Contents.of(reader, head.month());
    boolean same = now.rows() == head.rows() && now.totals().equals(head.totals());
    String figures = now.rows() + " rows, " + now.totals();
    found(
        "figures",
        same || !current,
        figures
            + (same
                ? ""
                : " ("
                    + (current ? "expected" : "before that")
                    + ": "
                    + head.rows()
                    + " rows, "
                    + head.totals()
                    + ")"));
    if (now.sha256().equals(head.exportSha256())) {
      found("rows", true, "an export made now is byte for byte the one that was signed");
    } else if (!less.isEmpty()) {
      LedgerEntry.Redacted last = less.get(less.size() - 1);
      found(
          "rows",
          true,
          "an export made now has less text than the one that was signed: "
              + last.what()
              + " by "
              + last.by()
              + " at "
              + last.at());
    } else if (current && same && !head.generator().equals(version)) {
      found(
          "rows",
          true,
          "an export made now is another, as another version makes it: then " + head.generator());
    } else {
      found(
          "rows",
          !current,
          "an export made now has SHA-256 "
              + now.sha256()
              + " ("
              + (current ? "expected" : "before that")
              + ": "
              + head.exportSha256()
              + ")");
    }
  }
}
