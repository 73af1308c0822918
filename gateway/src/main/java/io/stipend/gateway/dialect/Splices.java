package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.CompositeByteBuf;
import java.util.Map;
import java.util.TreeMap;

/** Replacements in one body: every byte outside them stays as it came. */
final class Splices {
  /** Up to here the edited body is one copy; above it is slices of the original. */
  private static final int COPIED_BYTES = 16 * 1_024;

  private record Splice(int end, String text) {}

  private final Map<Integer, Splice> byStart = new TreeMap<>();

  /** Puts ASCII-safe JSON in place of what stands there. */
  void replace(Span span, String json) {
    put(span.start(), span.end(), json);
  }

  /** Puts JSON before what stands at this offset; several at one offset stand in call order. */
  void insert(int at, String json) {
    put(at, at, json);
  }

  private void put(int start, int end, String json) {
    Splice there = byStart.get(start);
    byStart.put(start, there == null ? new Splice(end, json) : new Splice(end, there.text + json));
  }

  /** The edited body; ownership of the given one passes to it. */
  ByteBuf applyTo(ByteBuf body) {
    if (byStart.isEmpty()) {
      return body;
    }
    ByteBuf edited =
        body.readableBytes() <= COPIED_BYTES
            ? body.alloc().buffer(body.readableBytes() + growth())
            : body.alloc().compositeBuffer(2 * byStart.size() + 1);
    try {
      int base = body.readerIndex();
      int at = 0;
      for (Map.Entry<Integer, Splice> entry : byStart.entrySet()) {
        int start = entry.getKey();
        take(edited, body, base + at, start - at);
        add(edited, ByteBufUtil.writeUtf8(body.alloc(), entry.getValue().text));
        at = entry.getValue().end;
      }
      take(edited, body, base + at, body.readableBytes() - at);
      return edited;
    } catch (RuntimeException e) {
      edited.release();
      throw e;
    } finally {
      body.release();
    }
  }

  private int growth() {
    int growth = 0;
    for (Splice splice : byStart.values()) {
      growth += ByteBufUtil.utf8MaxBytes(splice.text);
    }
    return growth;
  }

  private static void take(ByteBuf edited, ByteBuf body, int index, int length) {
    if (length > 0) {
      if (edited instanceof CompositeByteBuf composite) {
        composite.addComponent(true, body.retainedSlice(index, length));
      } else {
        edited.writeBytes(body, index, length);
      }
    }
  }

  private static void add(ByteBuf edited, ByteBuf part) {
    if (edited instanceof CompositeByteBuf composite) {
      composite.addComponent(true, part);
    } else {
      edited.writeBytes(part);
      part.release();
    }
  }
}
