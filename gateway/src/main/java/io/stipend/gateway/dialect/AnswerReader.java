package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads one answer as it passes: what the client may see goes on, usage and progress stay. Bytes
 * may be split anywhere. Used on one event loop; its memory is bounded.
 */
public interface AnswerReader extends AutoCloseable {
  /**
   * Takes bytes from the upstream and releases them.
   *
   * @param client takes what the client may see, as slices: whole events of a stream, any part of
   *     other bodies; takes ownership
   * @throws BadAnswerException if the answer breaks a bound; nothing more may be read
   */
  void read(ByteBuf in, Consumer<ByteBuf> client);

  /** The upstream's answer is complete: passes on what is left. */
  void end(Consumer<ByteBuf> client);

  /** What the provider reported so far; null if nothing. The last report is the one that counts. */
  @Nullable UsageReport usage();

  /** Whether the report is final: the stream's usage or terminal event came, or the body ended. */
  boolean complete();

  /**
   * Whether generated text came after the last report, which then leaves that text out: a report in
   * the middle of a stream, or one at its start that nothing brought up to date.
   */
  boolean overtaken();

  /** Whether the last report came with a choice, and not for all of them together. */
  default boolean usageOfChoice() {
    return false;
  }

  /**
   * Input as an early event of the stream reported it, all kinds; null if none did. Used when the
   * stream is cut before its final report.
   */
  @Nullable UsageReport inputOnly();

  /**
   * Output seen so far: bytes of generated text, in UTF-8, JSON escapes undone or counted longer.
   */
  long textBytes();

  /** Output seen so far: events that carried generated text. */
  long textEvents();

  /** Generated text kept for counting, at most {@code 256 KiB}; empty if this is no stream. */
  String text();

  /**
   * What was used beside tokens as far as the answer shows it by now, from above: a use that began
   * counts. A final report has its own.
   */
  default Units units() {
    return Units.NONE;
  }

  /** The provider's name for the model it ran; null if not seen. */
  @Nullable String modelServed();

  /** The id under which the provider keeps the answer; null if it said none, or not yet. */
  default @Nullable String storedId() {
    return null;
  }

  /**
   * The dialect's natural end of a stream that the budget cuts: a finish reason of length, the
   * usage so far, the terminal event.
   */
  ByteBuf cutEnding(long inputTokens, long outputTokens);

  /** The dialect's error event, for a stream that broke upstream. */
  ByteBuf errorEnding(String message);

  /** Whether the answer comes in parts that can be counted, and cut between them, as they come. */
  default boolean streams() {
    return false;
  }

  /**
   * Whether the provider ended its answer before it was done, whatever its framing says: an error
   * stands in the place of its last event, or its JSON was left open.
   */
  default boolean cutShort() {
    return false;
  }

  /** Whether each part tells its own length, so that nothing may stand between two of them. */
  default boolean framed() {
    return false;
  }

  /** Whether an answer that ends here is whole: it is complete, or at least its usage came. */
  default boolean mayEnd() {
    return complete() || usage() != null;
  }

  /** Releases what is kept. */
  @Override
  void close();

  /** The answer cannot be read within its bounds. */
  final class BadAnswerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Says which bound, and what was found. */
    public BadAnswerException(String message) {
      super(message);
    }
  }
}
