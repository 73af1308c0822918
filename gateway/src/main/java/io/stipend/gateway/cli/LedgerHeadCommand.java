package io.stipend.gateway.cli;

import static java.util.stream.Collectors.joining;

import io.stipend.gateway.Version;
import io.stipend.gateway.admin.AdminException;
import io.stipend.gateway.admin.MonthHead;
import io.stipend.gateway.admin.MonthHeadCheck;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.policy.identity.SigningKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ledger head}: what a closed month amounts to, signed. */
@Command(
    name = "head",
    description = {
      "Sign what a closed month amounts to, as ledger close does.",
      "That is rows, totals, the hash of its export and of the batch that closed it. Works "
          + "while a gateway runs.",
      "ledger verify --month-head verifies it, also where nothing else of this deployment is."
    })
final class LedgerHeadCommand implements Callable<Integer> {
  private static final String FOLDER = "month-heads";

  /** Far above any: a head is a line of some hundred letters. */
  private static final long MAX_BYTES = 1 << 16;

  private final Terminal terminal;
  private final Workspace workspace;

  @Parameters(paramLabel = "MONTH", description = "A month of UTC that is closed.")
  String month = "";

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Default: month-heads/MONTH.jws in the data folder.")
  @Nullable Path out;

  @Mixin JsonOption json = new JsonOption();

  LedgerHeadCommand(Terminal terminal, Workspace workspace) {
    this.terminal = terminal;
    this.workspace = workspace;
  }

  @Override
  public Integer call() {
    OutFile.check("--out", out);
    Written made = write(workspace, month, out);
    if (json.on) {
      terminal.json(made);
    } else {
      terminal.line(made.sentence());
    }
    return Exit.DONE;
  }

  /**
   * A head that was written.
   *
   * @param file where
   * @param key the public key that verifies it, to be handed on once
   */
  record Written(Path file, Path key, String keyId, MonthHead head) {
    String sentence() {
      return file
          + ": "
          + head.rows()
          + (head.rows() == 1 ? " row" : " rows")
          + head.totals().entrySet().stream()
              .map(total -> ", " + total.getValue() + " " + total.getKey())
              .collect(joining())
          + ", export "
          + head.exportSha256()
          + ", closed in batch "
          + head.headSeq()
          + "; signed by key "
          + keyId
          + ", which "
          + key
          + " verifies";
    }
  }

  /** Makes the head of a closed month and writes it whole, in the place of any old one. */
  static Written write(Workspace workspace, String month, @Nullable Path out) {
    Path data = workspace.recordFolder();
    try {
      SigningKey key = SigningKey.open(data);
      MonthHead head;
      try (LedgerReader reader = LedgerReader.open(data)) {
        head = MonthHead.of(reader, month, Version.text());
      }
      Path file = out == null ? data.resolve(FOLDER).resolve(month + ".jws") : out;
      if (out == null) {
        Files.createDirectories(data.resolve(FOLDER));
      }
      Path part = file.resolveSibling(file.getFileName() + ".part");
      Files.writeString(part, head.signed(key));
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
      return new Written(file, data.resolve(SigningKey.PUBLIC_FILE), key.id(), head);
    } catch (IOException e) {
      throw new UncheckedIOException("head of " + month, e);
    }
  }

  /** Makes the heads of the data folder anew that name somebody who is forgotten now. */
  static void signAnew(Workspace workspace, String person) throws IOException {
    Path folder = workspace.recordFolder().resolve(FOLDER);
    if (!Files.isDirectory(folder)) {
      return;
    }
    List<Path> naming = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        if (!file.toString().endsWith(".jws")) {
          // What a killed run left may name them too.
          Files.delete(file);
        } else if (SigningKey.text(Files.readString(file)).contains(person)) {
          naming.add(file);
        }
      }
    }
    for (Path file : naming) {
      String month = String.valueOf(file.getFileName()).replace(".jws", "");
      try {
        write(workspace, month, null);
      } catch (AdminException e) {
        // It is open again: what was signed of it holds no more.
        Files.delete(file);
      }
    }
  }

  /** {@code ledger verify --month-head}. */
  static final class Verifying {
    @Option(
        names = "--month-head",
        paramLabel = "FILE",
        description = "Verify what was signed of a closed month instead.")
    @Nullable Path file;

    @Option(
        names = "--key",
        paramLabel = "JWK",
        description = "The public key that must have signed it. Default: that of the data folder.")
    @Nullable Path key;

    @Option(
        names = "--export",
        paramLabel = "CSV",
        description = "The month's export, to be compared with what was signed.")
    @Nullable Path export;

    @Option(
        names = "--ledger",
        paramLabel = "FILE",
        description = "A backup to verify it against. Default: the ledger of the quota file.")
    @Nullable Path ledger;

    /** Verifies it against all that is at hand; with a key of its own no ledger need be. */
    int run(Path head, Terminal terminal, Workspace workspace, boolean json) {
      try {
        SigningKey by =
            key == null
                ? SigningKey.readPublic(workspace.recordFolder().resolve(SigningKey.PUBLIC_FILE))
                : SigningKey.readPublic(key);
        MonthHeadCheck.Report report;
        try (LedgerReader reader = ledger(workspace);
            ProgressLine progress = ProgressLine.of(terminal, "ledger verify")) {
          report = MonthHeadCheck.run(line(head), by, reader, export, Version.text(), progress);
        }
        if (json) {
          terminal.json(report);
        } else {
          print(terminal, head, report);
        }
        return report.ok() ? Exit.DONE : Exit.FAILED;
      } catch (NoSuchFileException e) {
        throw new CommandFailure(Exit.FAILED, e.getFile() + ": no such file");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private @Nullable LedgerReader ledger(Workspace workspace) {
      if (ledger != null) {
        return LedgerReader.openFile(ledger);
      }
      // Whoever brings a key may have no more than the file: then that alone is verified.
      return key != null && Files.notExists(workspace.config()) ? null : workspace.reader();
    }

    private static String line(Path file) throws IOException {
      if (Files.size(file) > MAX_BYTES) {
        throw new CommandFailure(Exit.FAILED, file + ": too long (expected: a signed month head)");
      }
      try {
        return StandardCharsets.US_ASCII
            .newDecoder()
            .decode(java.nio.ByteBuffer.wrap(Files.readAllBytes(file)))
            .toString();
      } catch (MalformedInputException e) {
        return "";
      }
    }

    private static void print(Terminal terminal, Path file, MonthHeadCheck.Report report) {
      report
          .findings()
          .forEach(
              found ->
                  terminal.line(
                      (found.ok() ? "ok     " : "WRONG  ") + found.what() + ": " + found.detail()));
      MonthHead head = report.head();
      terminal.line(
          report.ok() && head != null
              ? file
                  + " verifies: "
                  + head.month()
                  + ", closed by "
                  + head.closedBy()
                  + " at "
                  + head.closedAt()
              : file + " does not verify.");
    }
  }
}
