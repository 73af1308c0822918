package io.stipend.gateway.coding;

import com.aayushatharva.brotli4j.encoder.Encoder;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;

/** Bytes in a content coding, as a client would send them. */
public final class Coded {
  private Coded() {}

  /** The bytes in this coding. */
  public static byte[] in(ContentCoding coding, byte[] plain) {
    try {
      return switch (coding) {
        case GZIP -> through(plain, GZIPOutputStream::new);
        case DEFLATE -> through(plain, DeflaterOutputStream::new);
        case ZSTD -> through(plain, out -> new ZstdOutputStream(out).setChecksum(true));
        case BROTLI -> {
          coding.load().join();
          yield Encoder.compress(plain, Encoder.Parameters.create(5));
        }
      };
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] through(byte[] plain, Coder coder) throws IOException {
    ByteArrayOutputStream coded = new ByteArrayOutputStream();
    try (OutputStream stream = coder.over(coded)) {
      stream.write(plain);
    }
    return coded.toByteArray();
  }

  private interface Coder {
    OutputStream over(OutputStream out) throws IOException;
  }

  /** One after the other. */
  public static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }
}
