package io.stipend.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.stipend.gateway.coding.Coded;
import io.stipend.gateway.coding.ContentCoding;
import io.stipend.gateway.server.RawClient.Answer;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Bodies with a content coding, as a listener reads them. */
class CodedBodyTest {
  private static final String TEXT =
      "{\"model\":\"m\",\"input\":\"a, b, c, and so on\"} ".repeat(50);
  private static final int LIMIT = 1_000;
  private static final int MIB = 1_024 * 1_024;

  @ParameterizedTest
  @EnumSource
  void aCodedBodyGoesOnAsWhatItMeansHoweverItComes(ContentCoding coding) throws Exception {
    byte[] coded = Coded.in(coding, bytes(TEXT));
    byte[] next = bytes(RawClient.request("/echo", "next"));
    try (Served served = Served.withDefaults();
        RawClient client = served.client()) {
      for (byte[] request : new byte[][] {withLength(coding, coded), chunked(coding, coded, 7)}) {
        client.send(Coded.joined(request, next));
        assertThat(client.answer().body()).isEqualTo(TEXT);
        assertThat(client.answer().body()).isEqualTo("next");
        for (byte b : Coded.joined(request, next)) {
          client.send(new byte[] {b});
        }
        assertThat(client.answer().body()).isEqualTo(TEXT);
        assertThat(client.answer().body()).isEqualTo("next");
      }
    }
  }

  /** The body takes many turns of its loop to decode, and requests wait behind it. */
  @ParameterizedTest
  @EnumSource
  void aLargeBodyIsDecodedInStepsAndWhatIsBehindItIsNotLost(ContentCoding coding) throws Exception {
    String large = (TEXT + new Random(1).nextLong()).repeat(6 * MIB / TEXT.length());
    byte[] coded = Coded.in(coding, bytes(large));
    byte[] behind = bytes(RawClient.request("/echo", "x".repeat(60_000)).repeat(3));
    try (Served served = Served.withDefaults();
        RawClient client = served.client();
        RawClient other = served.client()) {
      for (byte[] request : new byte[][] {withLength(coding, coded), chunked(coding, coded, 999)}) {
        client.send(Coded.joined(request, behind));
        assertThat(other.post("/echo", "meanwhile").answer().body()).isEqualTo("meanwhile");
        assertThat(client.answer().body().length()).isEqualTo(large.length());
        for (int i = 0; i < 3; i++) {
          assertThat(client.answer().body()).hasSize(60_000);
        }
      }
      assertThat(served.handler.bodies).contains("/echo " + large);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBodyAtTheLimitPassesAndABombIsTooLarge(ContentCoding coding) throws Exception {
    try (Served served = limited()) {
      try (RawClient client = served.client()) {
        client.send(withLength(coding, Coded.in(coding, new byte[LIMIT])));
        assertThat(client.answer().body()).hasSize(LIMIT);
      }
      for (int length : new int[] {LIMIT + 1, 900 * LIMIT}) {
        byte[] bomb = Coded.in(coding, new byte[length]);
        assertThat(bomb.length).isLessThan(LIMIT);
        refused(served, withLength(coding, bomb), 413, RefusalReason.BODY_TOO_LARGE, "1000 bytes");
        refused(served, chunked(coding, bomb, 3), 413, RefusalReason.BODY_TOO_LARGE, "decoded");
      }
    }
  }

  /** Members that mean nothing may not go on for ever either. */
  @Test
  void whatComesIsLimitedThoughItMeansNothing() throws Exception {
    byte[] nothing = Coded.in(ContentCoding.GZIP, new byte[0]);
    byte[] many = nothing;
    while (many.length <= LIMIT) {
      many = Coded.joined(many, nothing);
    }
    try (Served served = limited()) {
      refused(
          served,
          chunked(ContentCoding.GZIP, many, 100),
          413,
          RefusalReason.BODY_TOO_LARGE,
          "larger than 1000 bytes.");
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatIsCutShortOrCorruptIsABadBodyThatNamesItsCoding(ContentCoding coding) throws Exception {
    byte[] coded = Coded.in(coding, bytes(TEXT));
    byte[] cut = Arrays.copyOf(coded, coded.length - 1);
    byte[] corrupt = coded.clone();
    corrupt[0] = (byte) 0xff;
    byte[] more = Coded.joined(coded, bytes("more"));
    try (Served served = Served.withDefaults()) {
      for (byte[] bad : new byte[][] {cut, corrupt, more}) {
        String says = "Content-Encoding is " + coding.label() + ", ";
        refused(served, withLength(coding, bad), 400, RefusalReason.INVALID_BODY, says);
        refused(served, chunked(coding, bad, 5), 400, RefusalReason.INVALID_BODY, says);
      }
      refused(served, chunked(coding, cut, 5), 400, RefusalReason.INVALID_BODY, "before its end");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aClientThatLeavesAmidACodedBodyIsGone(ContentCoding coding) throws Exception {
    byte[] request = withLength(coding, Coded.in(coding, bytes(TEXT)));
    try (Served served = Served.withDefaults()) {
      try (RawClient client = served.client()) {
        client.send(Arrays.copyOf(request, request.length - 3));
        served.handler.first.join();
      }
      await().until(() -> served.handler.gone.get() == 1);
      assertThat(served.handler.bodies).isEmpty();
    }
  }

  @Test
  void anAnswerBeforeTheBodyLeavesItUndecoded() throws Exception {
    byte[] coded = Coded.in(ContentCoding.ZSTD, bytes(TEXT));
    try (Served served = Served.withDefaults();
        RawClient client = served.client()) {
      for (int i = 0; i < 3; i++) {
        byte[] early =
            bytes(
                "POST /early HTTP/1.1\r\nHost: a\r\nContent-Encoding: zstd\r\nContent-Length: "
                    + coded.length
                    + "\r\n\r\n");
        assertThat(client.send(Coded.joined(early, coded)).answer().status()).isEqualTo(401);
      }
      assertThat(served.handler.bodies).isEmpty();
    }
  }

  /** A bomb of a gigabyte never takes more memory than a body at the limit. */
  @ParameterizedTest
  @EnumSource
  void aBombTakesNoMoreMemoryThanALargeBody(ContentCoding coding) throws Exception {
    coding.load().join();
    byte[] bomb = Coded.in(coding, new byte[300 * MIB]);
    UnpooledByteBufAllocator memory = new UnpooledByteBufAllocator(false);
    CodedBody body = new CodedBody(coding, ServerLimits.DEFAULTS, memory);
    ByteBuf bytes = Unpooled.wrappedBuffer(bomb);
    long most = 0;
    int steps = 1;
    while (body.step(bytes)) {
      most = Math.max(most, memory.metric().usedHeapMemory());
      steps++;
    }
    assertThat(body.tooLarge()).contains("33554432").contains("decoded");
    assertThat(steps).isGreaterThanOrEqualTo(64);
    assertThat(Math.max(most, memory.metric().usedHeapMemory()))
        .isLessThanOrEqualTo(ServerLimits.DEFAULTS.decodedBodyBytes() + 4L * MIB);
    body.drop();
    assertThat(memory.metric().usedHeapMemory()).isZero();
  }

  private static void refused(
      Served served, byte[] request, int status, RefusalReason reason, String says)
      throws Exception {
    int before = served.handler.refusals.size();
    try (RawClient client = served.client()) {
      Answer answer = client.send(request).answer();
      assertThat(answer.status()).isEqualTo(status);
      assertThat(answer.headers()).containsEntry("connection", "close");
      assertThat(client.ended()).isTrue();
    }
    Refusal refusal = served.handler.refusals.get(before);
    assertThat(refusal.reason()).isEqualTo(reason);
    assertThat(refusal.message()).contains(says);
    assertThat(served.handler.refusals).hasSize(before + 1);
  }

  private static Served limited() throws Exception {
    return new Served(Transport.Kind.best(), Served.counts(LIMIT, 10, 10));
  }

  private static byte[] withLength(ContentCoding coding, byte[] coded) {
    return Coded.joined(
        bytes(head(coding) + "Content-Length: " + coded.length + "\r\n\r\n"), coded);
  }

  private static byte[] chunked(ContentCoding coding, byte[] coded, int size) {
    StringBuilder chunks = new StringBuilder(head(coding) + "Transfer-Encoding: chunked\r\n\r\n");
    String all = new String(coded, StandardCharsets.ISO_8859_1);
    for (int from = 0; from < all.length(); from += size) {
      String chunk = all.substring(from, Math.min(all.length(), from + size));
      chunks.append(Integer.toHexString(chunk.length())).append("\r\n").append(chunk);
      chunks.append("\r\n");
    }
    return bytes(chunks.append("0\r\n\r\n").toString());
  }

  private static String head(ContentCoding coding) {
    return "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Encoding: " + coding.label() + "\r\n";
  }

  private static byte[] bytes(String latin1) {
    return latin1.getBytes(StandardCharsets.ISO_8859_1);
  }
}
