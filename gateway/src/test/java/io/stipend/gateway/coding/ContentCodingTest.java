package io.stipend.gateway.coding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdCompressCtx;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What each coding accepts, however its bytes are cut, and what it says to others. */
class ContentCodingTest {
  private static final int ALL = Integer.MAX_VALUE / 2;
  private static final byte[] TEXT =
      "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Grüße\"}]}"
          .repeat(3)
          .getBytes(StandardCharsets.UTF_8);

  @Test
  void namesAreThoseOfHttpInAnyCaseAndOneAtATime() {
    assertThat(ContentCoding.named("gzip")).isEqualTo(ContentCoding.GZIP);
    assertThat(ContentCoding.named("X-GZIP")).isEqualTo(ContentCoding.GZIP);
    assertThat(ContentCoding.named("Deflate")).isEqualTo(ContentCoding.DEFLATE);
    assertThat(ContentCoding.named("br")).isEqualTo(ContentCoding.BROTLI);
    assertThat(ContentCoding.named("zstd")).isEqualTo(ContentCoding.ZSTD);
    for (String other : new String[] {"", "compress", "gzip, br", "gzip,gzip", "identity", "lz4"}) {
      assertThat(ContentCoding.named(other)).as(other).isNull();
    }
  }

  @ParameterizedTest
  @EnumSource
  void itDoesNotMatterWhereTheBytesAreCut(ContentCoding coding) throws Exception {
    byte[] coded = Coded.in(coding, TEXT);
    for (int cut = 0; cut <= coded.length; cut++) {
      assertThat(decoded(coding, ALL, head(coded, cut), tail(coded, cut)))
          .as("cut at %d", cut)
          .isEqualTo(TEXT);
    }
    byte[][] single = new byte[coded.length][];
    for (int i = 0; i < single.length; i++) {
      single[i] = new byte[] {coded[i]};
    }
    assertThat(decoded(coding, ALL, single)).isEqualTo(TEXT);
  }

  @ParameterizedTest
  @EnumSource
  void itDoesNotMatterHowLittleIsTakenAtATime(ContentCoding coding) throws Exception {
    byte[] plain = new byte[70_000];
    Random random = new Random(7);
    for (int i = 0; i < plain.length; i++) {
      plain[i] = (byte) ("etaoin".charAt(random.nextInt(6)));
    }
    byte[] coded = Coded.in(coding, plain);
    for (int most : new int[] {1, 7, 4_096, 69_999, 70_000, 70_001}) {
      assertThat(decoded(coding, most, coded)).as("at most %d", most).isEqualTo(plain);
    }
  }

  /** The windows of brotli and zstd are passed several times. */
  @ParameterizedTest
  @EnumSource
  void aBodyMayBeMuchLongerThanAWindow(ContentCoding coding) throws Exception {
    byte[] plain = new byte[20 << 20];
    for (int from = 0; from < plain.length; from += TEXT.length) {
      System.arraycopy(TEXT, 0, plain, from, Math.min(TEXT.length, plain.length - from));
    }
    byte[] coded = Coded.in(coding, plain);
    for (int most : new int[] {100_000, 1 << 19, 1 << 20, ALL}) {
      assertThat(decoded(coding, most, head(coded, 99), tail(coded, 99))).isEqualTo(plain);
    }
  }

  @ParameterizedTest
  @EnumSource
  void anEmptyBodyIsABody(ContentCoding coding) throws Exception {
    assertThat(decoded(coding, ALL, Coded.in(coding, new byte[0]))).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void whatEndsEarlyIsNotComplete(ContentCoding coding) throws Exception {
    byte[] coded = Coded.in(coding, TEXT);
    for (int length = 0; length < coded.length; length++) {
      try (BodyDecoder decoder = open(coding)) {
        ByteBuf out = Unpooled.buffer();
        ByteBuf in = Unpooled.copiedBuffer(coded, 0, length);
        decoder.decode(in, out, ALL);
        out.release();
        in.release();
        assertThat(decoder.complete()).as("%d of %d bytes", length, coded.length).isFalse();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void bytesBehindTheEndAreAFault(ContentCoding coding) {
    byte[] coded = Coded.in(coding, TEXT);
    byte[] garbage = "garbage, and more".getBytes(StandardCharsets.US_ASCII);
    assertThatThrownBy(() -> decoded(coding, ALL, Coded.joined(coded, garbage)))
        .isInstanceOf(BadCodingException.class);
    assertThatThrownBy(() -> decoded(coding, ALL, coded, garbage))
        .isInstanceOf(BadCodingException.class);
  }

  /** gzip has members and zstd frames; the two others end once. */
  @ParameterizedTest
  @EnumSource
  void severalMembersAreOneBodyWhereTheCodingHasThem(ContentCoding coding) throws Exception {
    byte[] twice = Coded.joined(Coded.in(coding, TEXT), Coded.in(coding, TEXT));
    if (coding == ContentCoding.GZIP || coding == ContentCoding.ZSTD) {
      byte[] both = Coded.joined(TEXT, TEXT);
      for (int cut = 0; cut <= twice.length; cut++) {
        assertThat(decoded(coding, ALL, head(twice, cut), tail(twice, cut))).isEqualTo(both);
      }
    } else {
      assertThatThrownBy(() -> decoded(coding, ALL, twice)).isInstanceOf(BadCodingException.class);
    }
  }

  /** Whatever a byte is changed to, the outcome is a fault or a body, and never a wrong body. */
  @ParameterizedTest
  @EnumSource
  void aChangedByteIsNoticedWhereTheCodingHasAChecksum(ContentCoding coding) {
    byte[] coded = Coded.in(coding, TEXT);
    int noticed = 0;
    for (int at = 0; at < coded.length; at++) {
      byte[] changed = coded.clone();
      changed[at] ^= 0x55;
      try {
        byte[] got = decoded(coding, ALL, changed);
        if (coding != ContentCoding.BROTLI) {
          assertThat(got).as("byte %d", at).isEqualTo(TEXT);
        }
      } catch (BadCodingException e) {
        assertThat(e).hasMessageMatching("[ -~]+");
        noticed++;
      } catch (IncompleteException e) {
        noticed++;
      }
    }
    assertThat(noticed).isGreaterThan(coded.length / 2);
  }

  @Test
  void randomBytesAreAFaultOrIncompleteAndNothingElse() {
    Random random = new Random(11);
    for (int round = 0; round < 3_000; round++) {
      byte[] bytes = new byte[random.nextInt(200)];
      random.nextBytes(bytes);
      for (ContentCoding coding : ContentCoding.values()) {
        try {
          decoded(coding, 1 << 20, bytes);
        } catch (BadCodingException | IncompleteException expected) {
          assertThat(expected).isNotNull();
        }
      }
    }
  }

  /** Every optional part of RFC 1952's header. */
  @Test
  void aGzipHeaderMayHaveAllItsParts() throws Exception {
    ByteArrayOutputStream header = new ByteArrayOutputStream();
    header.writeBytes(new byte[] {0x1f, (byte) 0x8b, 8, 2 | 4 | 8 | 16, 1, 2, 3, 4, 0, 3});
    header.writeBytes(new byte[] {3, 0, 'x', 0, 'y'});
    header.writeBytes("name\0comment\0".getBytes(StandardCharsets.US_ASCII));
    CRC32 checksum = new CRC32();
    checksum.update(header.toByteArray());
    header.write((int) checksum.getValue() & 0xff);
    header.write((int) checksum.getValue() >> 8 & 0xff);
    byte[] whole = Coded.joined(header.toByteArray(), tail(Coded.in(ContentCoding.GZIP, TEXT), 10));
    for (int cut = 0; cut <= whole.length; cut++) {
      assertThat(decoded(ContentCoding.GZIP, ALL, head(whole, cut), tail(whole, cut)))
          .isEqualTo(TEXT);
    }
    byte[] wrong = whole.clone();
    wrong[header.size() - 1] ^= 1;
    assertThatThrownBy(() -> decoded(ContentCoding.GZIP, ALL, wrong))
        .hasMessageContaining("header");
    byte[] reserved = whole.clone();
    reserved[3] |= (byte) 0x80;
    assertThatThrownBy(() -> decoded(ContentCoding.GZIP, ALL, reserved))
        .hasMessageContaining("reserved");
    byte[] empty = new byte[] {0x1f, (byte) 0x8b, 8, 4, 0, 0, 0, 0, 0, 3, 0, 0};
    assertThat(
            decoded(
                ContentCoding.GZIP,
                ALL,
                Coded.joined(empty, tail(Coded.in(ContentCoding.GZIP, TEXT), 10))))
        .isEqualTo(TEXT);
  }

  @Test
  void aZlibBodyThatNeedsADictionaryIsAFault() throws IOException {
    Deflater deflater = new Deflater();
    deflater.setDictionary("model".getBytes(StandardCharsets.US_ASCII));
    ByteArrayOutputStream coded = new ByteArrayOutputStream();
    try (DeflaterOutputStream out = new DeflaterOutputStream(coded, deflater)) {
      out.write(TEXT);
    }
    deflater.end();
    assertThatThrownBy(() -> decoded(ContentCoding.DEFLATE, ALL, coded.toByteArray()))
        .hasMessage("it needs a dictionary");
  }

  /** RFC 9659: more than 8 MB may not be asked of a receiver, whatever the frame's length. */
  @Test
  void aZstdWindowOfMoreThanEightMegabytesIsAFault() throws Exception {
    open(ContentCoding.ZSTD).close();
    try (ZstdCompressCtx context = new ZstdCompressCtx()) {
      byte[] plain = new byte[9 << 20];
      new Random(3).nextBytes(plain);
      context.setLevel(1).setContentSize(false).setLong(24);
      ByteArrayOutputStream coded = new ByteArrayOutputStream();
      coded.writeBytes(context.compress(plain));
      assertThatThrownBy(() -> decoded(ContentCoding.ZSTD, ALL, coded.toByteArray()))
          .hasMessageContaining("memory");
    }
  }

  private static final class IncompleteException extends Exception {
    private static final long serialVersionUID = 1L;
  }

  private static BodyDecoder open(ContentCoding coding) {
    coding.load().join();
    return coding.open();
  }

  private static byte[] decoded(ContentCoding coding, int most, byte[]... parts)
      throws BadCodingException, IncompleteException {
    ByteBuf out = Unpooled.buffer();
    try (BodyDecoder decoder = open(coding)) {
      for (byte[] part : parts) {
        decode(decoder, part, out, most);
      }
      if (!decoder.complete()) {
        throw new IncompleteException();
      }
      return ByteBufUtil.getBytes(out);
    } finally {
      out.release();
    }
  }

  /** From heap and direct memory in turn: sockets give the one, chunks the other. */
  private static void decode(BodyDecoder decoder, byte[] part, ByteBuf out, int most)
      throws BadCodingException {
    ByteBuf in = part.length % 2 == 0 ? Unpooled.directBuffer() : Unpooled.buffer();
    try {
      in.writeBytes(part);
      boolean more = true;
      while (more) {
        int before = out.readableBytes();
        more = decoder.decode(in, out, most);
        assertThat(out.readableBytes() - before).isLessThanOrEqualTo(most);
      }
      assertThat(in.isReadable()).isFalse();
    } finally {
      in.release();
    }
  }

  private static byte[] head(byte[] bytes, int length) {
    return Arrays.copyOf(bytes, length);
  }

  private static byte[] tail(byte[] bytes, int from) {
    return Arrays.copyOfRange(bytes, from, bytes.length);
  }
}
