package io.stipend.gateway.alert;

import io.stipend.policy.config.Webhook;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which message was delivered to which webhook: a file of lines {@code <unix> <message> <webhook>}
 * in the data folder. It is no record: the ledger says what was raised, and where a mark is lost,
 * with the file or in a power cut, the message is sent again under the same id. Safe for use by any
 * thread.
 */
final class DeliveredMarks {
  static final String FILE = "alerts-delivered";

  /** A webhook is named by a part of its address's hash: the address itself is often a secret. */
  static final int NAME_LENGTH = 16;

  private static final Logger LOG = LoggerFactory.getLogger(DeliveredMarks.class);

  private final Path file;
  private final Set<String> marks = new HashSet<>();

  /**
   * Reads the marks of a data folder, and forgets those from before an instant. A file that cannot
   * be read is as good as none.
   */
  DeliveredMarks(Path dataDir, Instant from) {
    this.file = dataDir.resolve(FILE);
    try {
      if (Files.exists(file)) {
        read(from);
      }
    } catch (IOException e) {
      LOG.warn("{}: {}; alerts of the last day may be sent again", file, e.toString());
    }
  }

  private void read(Instant from) throws IOException {
    List<String> kept = new ArrayList<>();
    for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
      // A torn last line has another form, and is dropped.
      if (line.matches("\\d{1,12} [0-9a-f]{32} [0-9a-f]{16}")) {
        int space = line.indexOf(' ');
        if (Long.parseLong(line.substring(0, space)) >= from.getEpochSecond()) {
          kept.add(line);
          marks.add(line.substring(space + 1));
        }
      }
    }
    Path next = file.resolveSibling(FILE + ".next");
    Files.write(next, kept, StandardCharsets.ISO_8859_1);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  synchronized boolean has(AlertMessage message, Webhook webhook) {
    return marks.contains(mark(message, webhook));
  }

  synchronized void add(AlertMessage message, Webhook webhook, Instant now) {
    String mark = mark(message, webhook);
    try {
      Files.writeString(
          file,
          now.getEpochSecond() + " " + mark + "\n",
          StandardCharsets.ISO_8859_1,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      LOG.warn("{}: {}; an alert may be sent again", file, e.toString());
    }
  }

  private static String mark(AlertMessage message, Webhook webhook) {
    return message.id() + " " + WebhookPost.nameOf(webhook.url());
  }
}
