package io.stipend.gateway.coding;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Deflate, in zlib's frame or in gzip's. A gzip body may have several members, one after the other.
 *
 * <pre>gzip: HEADER → DATA → TRAILER → HEADER … ; zlib: DATA → END</pre>
 */
final class ZlibDecoder implements BodyDecoder {
  private static final int TRAILER_BYTES = 8;
  private static final long LOW_WORD = 0xffffffffL;

  private final boolean gzip;
  private final Inflater inflater;
  private final CRC32 checksum = new CRC32();
  private GzipHeader header = new GzipHeader();
  private Part part;
  private long trailer;
  private int trailerBytes;
  private int members;

  ZlibDecoder(boolean gzip) {
    this.gzip = gzip;
    this.inflater = new Inflater(gzip);
    this.part = gzip ? Part.HEADER : Part.DATA;
  }

  private enum Part {
    HEADER,
    DATA,
    TRAILER,
    END
  }

  @Override
  public boolean decode(ByteBuf in, ByteBuf out, int most) throws BadCodingException {
    int left = most;
    while (true) {
      if (part == Part.DATA) {
        if (left == 0) {
          return true;
        }
        left -= inflate(in, out, left);
        if (part == Part.DATA && left > 0 && !in.isReadable()) {
          return false;
        }
      } else if (!in.isReadable()) {
        return false;
      } else if (part == Part.HEADER) {
        headerByte(in.readByte());
      } else if (part == Part.TRAILER) {
        trailerByte(in.readByte());
      } else {
        throw new BadCodingException("bytes follow its end");
      }
    }
  }

  private int inflate(ByteBuf in, ByteBuf out, int most) throws BadCodingException {
    ByteBuffer from = in.nioBuffer();
    ByteBuffer to = Room.in(out, most);
    int before = from.remaining();
    int got;
    try {
      inflater.setInput(from);
      got = inflater.inflate(to);
    } catch (DataFormatException e) {
      throw new BadCodingException(e.getMessage() == null ? "it is corrupt" : e.getMessage());
    }
    if (inflater.needsDictionary()) {
      throw new BadCodingException("it needs a dictionary");
    }
    in.skipBytes(before - from.remaining());
    if (gzip) {
      checksum.update(out.nioBuffer(out.writerIndex(), got));
    }
    out.writerIndex(out.writerIndex() + got);
    if (inflater.finished()) {
      part = gzip ? Part.TRAILER : Part.END;
    }
    return got;
  }

  private void headerByte(byte b) throws BadCodingException {
    if (header.take(b)) {
      part = Part.DATA;
    }
  }

  /** CRC-32 and length of the member, each in four bytes, the lowest first. */
  private void trailerByte(byte b) throws BadCodingException {
    trailer |= (b & 0xffL) << (8 * trailerBytes);
    if (++trailerBytes < TRAILER_BYTES) {
      return;
    }
    if ((trailer & LOW_WORD) != checksum.getValue()) {
      throw new BadCodingException("its checksum does not match");
    }
    if (trailer >>> 32 != (inflater.getBytesWritten() & LOW_WORD)) {
      throw new BadCodingException("its length does not match");
    }
    members++;
    trailer = 0;
    trailerBytes = 0;
    inflater.reset();
    checksum.reset();
    header = new GzipHeader();
    part = Part.HEADER;
  }

  @Override
  public boolean complete() {
    return gzip ? members > 0 && part == Part.HEADER && header.empty() : part == Part.END;
  }

  @Override
  public void close() {
    inflater.end();
  }
}
