package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import java.util.function.Consumer;

/** One JSON object: images, or a transcript. */
final class MediaBody extends MediaAnswer {
  private boolean ended;

  MediaBody(MediaUsage.Form form) {
    super(form);
  }

  @Override
  void look(byte[] bytes, int length) {
    fields().scan(bytes, 0, length);
  }

  @Override
  public void end(Consumer<ByteBuf> client) {
    ended = true;
  }

  @Override
  public boolean complete() {
    return ended && usage() != null;
  }
}
