package io.stipend.gateway.exchange;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.policy.config.Secret;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Hides the provider's key in what a provider's error says, since some repeat the credential that
 * they refuse. Every byte of the key becomes one asterisk, so that no length changes. Lives for one
 * answer.
 */
final class KeyMask {
  /** A shorter key is no secret, and could be a part of any word. */
  private static final int MIN_KEY_LENGTH = 8;

  private static final byte STAR = '*';

  private final String text;
  private final byte[] key;

  /** What was held back, because the key may begin with it. */
  private byte[] held = new byte[0];

  private KeyMask(String text) {
    this.text = text;
    this.key = text.getBytes(StandardCharsets.UTF_8);
  }

  /** Masks these headers in place, and gives the mask of the body; null if nothing is to hide. */
  static @Nullable KeyMask of(@Nullable Secret key, HttpHeaders headers) {
    if (key == null || key.reveal().length() < MIN_KEY_LENGTH) {
      return null;
    }
    KeyMask mask = new KeyMask(key.reveal());
    mask.hideIn(headers);
    return mask;
  }

  private void hideIn(HttpHeaders headers) {
    for (Map.Entry<String, String> header : List.copyOf(headers.entries())) {
      if (header.getValue().contains(text)) {
        headers.set(header.getKey(), header.getValue().replace(text, "*".repeat(text.length())));
      }
    }
  }

  /** The next bytes that may be shown; takes ownership of the part. */
  ByteBuf apply(ByteBuf part) {
    byte[] more = ByteBufUtil.getBytes(part);
    part.release();
    byte[] all = Arrays.copyOf(held, held.length + more.length);
    System.arraycopy(more, 0, all, held.length, more.length);
    int last = all.length - key.length;
    for (int i = 0; i <= last; i++) {
      if (begins(all, i, key.length)) {
        Arrays.fill(all, i, i + key.length, STAR);
      }
    }
    int tail = Math.min(key.length - 1, all.length);
    while (!begins(all, all.length - tail, tail)) {
      tail--;
    }
    held = Arrays.copyOfRange(all, all.length - tail, all.length);
    return Unpooled.wrappedBuffer(all, 0, all.length - tail);
  }

  /** What is still held back, at the end of the answer. */
  ByteBuf rest() {
    byte[] rest = held;
    held = new byte[0];
    return Unpooled.wrappedBuffer(rest);
  }

  private boolean begins(byte[] in, int at, int length) {
    return Arrays.equals(in, at, at + length, key, 0, length);
  }
}
