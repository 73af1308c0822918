package io.stipend.gateway.coding;

import io.netty.buffer.ByteBuf;

/** Undoes the coding of one body. Used by one thread at a time; closed once. */
public interface BodyDecoder extends AutoCloseable {
  /**
   * Decodes until nothing is left in {@code in} or so many bytes have come out.
   *
   * @param in coded bytes, consumed
   * @param out takes what they mean
   * @param most at least 1
   * @return whether to call again before more goes in: {@code most} was reached
   * @throws BadCodingException if the bytes are not in this coding; the decoder is then of no use
   */
  boolean decode(ByteBuf in, ByteBuf out, int most) throws BadCodingException;

  /** Whether what went in so far may be all: it ends where the coding can end. */
  boolean complete();

  /** Frees what it holds. */
  @Override
  void close();
}
