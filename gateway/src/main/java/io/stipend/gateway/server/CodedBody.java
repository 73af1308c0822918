package io.stipend.gateway.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.stipend.gateway.coding.BadCodingException;
import io.stipend.gateway.coding.BodyDecoder;
import io.stipend.gateway.coding.ContentCoding;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One body that comes with a content coding: takes its bytes and becomes what they mean, in steps
 * that are short whatever the ratio. Both what comes and what it means are limited, so that a bomb
 * ends one byte above the limit.
 */
final class CodedBody {
  static final String NOT_ACCEPTED =
      "The body's Content-Encoding is not one of those that are accepted, one at a time: "
          + ContentCoding.ACCEPTED
          + ".";

  /** About a millisecond's work. */
  private static final int STEP_BYTES = 512 * 1_024;

  private final ContentCoding coding;
  private final ServerLimits limits;
  private final ByteBuf decoded;
  private @Nullable BodyDecoder decoder;
  private long came;

  CodedBody(ContentCoding coding, ServerLimits limits, ByteBufAllocator alloc) {
    this.coding = coding;
    this.limits = limits;
    this.decoded = alloc.heapBuffer();
  }

  /** Completes when {@link #step} may be called; never exceptionally. */
  CompletableFuture<Void> ready() {
    return coding.load().exceptionally(unavailable -> null);
  }

  /**
   * Decodes some of what came.
   *
   * @param bytes consumed as far as they were decoded
   * @return whether to step again before more comes
   */
  boolean step(ByteBuf bytes) throws MalformedRequest {
    if (coding.load().isCompletedExceptionally()) {
      throw new MalformedRequest(
          MalformedRequest.BAD_REQUEST,
          Refusal.of(
              RefusalReason.UNSUPPORTED_ENCODING,
              "The content encoding "
                  + coding.label()
                  + " cannot be decoded on this gateway's system; gzip can."));
    }
    if (decoder == null) {
      decoder = coding.open();
    }
    int before = bytes.readableBytes();
    try {
      boolean more = decoder.decode(bytes, decoded, room());
      came += before - bytes.readableBytes();
      return more && tooLarge() == null;
    } catch (BadCodingException e) {
      throw broken("cannot be decoded: " + e.getMessage());
    }
  }

  /** How much the next step may give: a byte more than the limit tells that it is passed. */
  private int room() {
    long left = 1L + limits.decodedBodyBytes() - decoded.readableBytes();
    return (int) Math.min(STEP_BYTES, left);
  }

  /** Which limit is passed, as a sentence; null if none is. */
  @Nullable String tooLarge() {
    if (came > limits.bodyBytes()) {
      return "The body is larger than " + limits.bodyBytes() + " bytes.";
    }
    int most = limits.decodedBodyBytes();
    return decoded.readableBytes() > most
        ? "The body is larger than " + most + " bytes when it is decoded."
        : null;
  }

  /** All that it means, when all has come; ownership passes to the caller. */
  ByteBuf whole() throws MalformedRequest {
    if (decoder == null || !decoder.complete()) {
      throw broken("ends before its end");
    }
    decoder.close();
    decoder = null;
    return decoded;
  }

  private MalformedRequest broken(String how) {
    return new MalformedRequest(
        MalformedRequest.BAD_REQUEST,
        Refusal.of(
            RefusalReason.INVALID_BODY,
            "The body, whose Content-Encoding is " + coding.label() + ", " + how + "."));
  }

  /** Frees what it holds, unless it was passed on. */
  void drop() {
    if (decoder != null) {
      decoder.close();
      decoder = null;
    }
    decoded.release();
  }
}
