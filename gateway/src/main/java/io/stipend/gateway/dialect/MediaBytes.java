package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import java.util.function.Consumer;

/** Sound: bytes that are neither JSON nor text. */
final class MediaBytes extends MediaAnswer {
  MediaBytes() {
    super((usage, model) -> null);
  }

  @Override
  void look(byte[] bytes, int length) {}

  @Override
  public void end(Consumer<ByteBuf> client) {}

  @Override
  public boolean complete() {
    return false;
  }
}
