package io.stipend.metering.ledger;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.Inflater;

/**
 * The text that prices followed from, kept once however often it is in force: a past price can be
 * shown from the ledger alone.
 *
 * @param hash SHA-256 of the text in hex; unique
 * @param packed the text, compressed by deflate, in Base64
 */
public record RateCardKept(Instant at, String hash, String packed) implements LedgerEntry.OfPrices {
  /** A card that is larger than any reader takes. */
  private static final int MAX_BYTES = 64 * 1_024 * 1_024;

  private static final int CHUNK = 64 * 1_024;

  /** Keeps a text. */
  public static RateCardKept of(Instant at, String hash, String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
    try (DeflaterOutputStream out = new DeflaterOutputStream(bytes, deflater)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new IllegalStateException("nothing in memory fails", e);
    } finally {
      deflater.end();
    }
    return new RateCardKept(at, hash, Base64.getEncoder().encodeToString(bytes.toByteArray()));
  }

  /**
   * The text.
   *
   * @throws LedgerException if it is none
   */
  public String text() {
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(Base64.getDecoder().decode(packed));
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      byte[] chunk = new byte[CHUNK];
      while (!inflater.finished()) {
        int length = inflater.inflate(chunk);
        if (length == 0 || bytes.size() > MAX_BYTES) {
          throw new LedgerException("rate card " + hash + ": cut (expected: a whole one)", null);
        }
        bytes.write(chunk, 0, length);
      }
      return bytes.toString(StandardCharsets.UTF_8);
    } catch (DataFormatException | IllegalArgumentException e) {
      throw new LedgerException("rate card " + hash + ": not compressed text", e);
    } finally {
      inflater.end();
    }
  }

  @Override
  public String uniqueId() {
    return hash;
  }
}
