package io.stipend.gateway.delivery;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How deliveries do.
 *
 * @param feeds the webhooks, in no order
 * @param exports the folders, in the order of the quota file
 */
public record DeliveryStatus(List<Feed> feeds, List<Export> exports) {
  /** Nothing is delivered. */
  public static final DeliveryStatus NONE = new DeliveryStatus(List.of(), List.of());

  /** Copies the lists. */
  public DeliveryStatus {
    feeds = List.copyOf(feeds);
    exports = List.copyOf(exports);
  }

  /**
   * A webhook.
   *
   * @param host of its address
   * @param events that it took since the start
   * @param lastAt when it took the last; null if none since the start
   * @param problem why it is not told more; null if nothing is wrong
   */
  public record Feed(String host, long events, @Nullable String lastAt, @Nullable String problem) {}

  /**
   * A folder.
   *
   * @param to the folder
   * @param format of its files
   * @param lastAt when it was last written; null if not since the start
   * @param completeUntil rows with an earlier {@code started_at} were all there then
   * @param problem why it could not be written; null if nothing is wrong
   */
  public record Export(
      String to,
      String format,
      @Nullable String lastAt,
      @Nullable String completeUntil,
      @Nullable String problem) {}
}
