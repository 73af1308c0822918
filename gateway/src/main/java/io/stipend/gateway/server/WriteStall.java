package io.stipend.gateway.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Watches that a client takes what is ready for it. It costs nothing while the socket takes all; a
 * client that takes not one byte from one look to the next is stalled. Used on one event loop only.
 */
final class WriteStall {
  private final Channel channel;
  private final Duration bound;
  private final Runnable stalled;
  private final Deadline look;
  private @Nullable Object seenEntry;
  private long seenProgress;

  /**
   * @param bound between two looks
   * @param stalled runs once, after which nothing is watched
   */
  WriteStall(Channel channel, Duration bound, Runnable stalled) {
    this.channel = channel;
    this.bound = bound;
    this.stalled = stalled;
    this.look = new Deadline(channel.eventLoop(), this::look);
  }

  /** Begins to watch if something waits to be taken. */
  void watch() {
    ChannelOutboundBuffer waiting = channel.unsafe().outboundBuffer();
    if (waiting != null && !waiting.isEmpty() && !look.isSet()) {
      remember(waiting);
    }
  }

  void cancel() {
    look.cancel();
    seenEntry = null;
  }

  private void look() {
    ChannelOutboundBuffer waiting = channel.unsafe().outboundBuffer();
    if (waiting == null || waiting.isEmpty()) {
      seenEntry = null;
    } else if (waiting.current() != seenEntry || waiting.currentProgress() != seenProgress) {
      remember(waiting);
    } else {
      stalled.run();
    }
  }

  private void remember(ChannelOutboundBuffer waiting) {
    seenEntry = waiting.current();
    seenProgress = waiting.currentProgress();
    look.in(bound);
  }
}
