package io.stipend.gateway.delivery;

import io.stipend.gateway.alert.WebhookPost;
import io.stipend.metering.ledger.UsageFeed.Position;
import java.io.FileOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How far a webhook has taken the record: a file {@code feeds/<hash of its address>.cursor} in the
 * data folder, written after its 2xx. Where it is lost everything is told again, under the same
 * ids.
 */
final class FeedCursor {
  private static final String FOLDER = "feeds";
  private static final Pattern LINE = Pattern.compile("1 (\\d{1,18}) (\\d{1,9}) ([0-9a-f]{64})\n");

  private final Path file;

  FeedCursor(Path dataDir, URI url) {
    file = dataDir.resolve(FOLDER).resolve(WebhookPost.nameOf(url) + ".cursor");
  }

  /** The place after the last event that was taken. */
  Position load() throws IOException {
    if (!Files.exists(file)) {
      return Position.START;
    }
    Matcher line = LINE.matcher(Files.readString(file, StandardCharsets.US_ASCII));
    return line.matches()
        ? new Position(
            Long.parseLong(line.group(1)), Integer.parseInt(line.group(2)), line.group(3))
        : Position.START;
  }

  /** Keeps a place; on disk when this returns. */
  void save(Position position) throws IOException {
    Files.createDirectories(file.getParent());
    Path next = file.resolveSibling(file.getFileName() + ".next");
    String line = "1 " + position.seq() + " " + position.events() + " " + position.hash() + "\n";
    // A stream: whoever stops the lane by an interrupt does not end the writing.
    try (FileOutputStream out = new FileOutputStream(next.toFile())) {
      out.write(line.getBytes(StandardCharsets.US_ASCII));
      out.getFD().sync();
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
