package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.stipend.gateway.dialect.AnswerReader.BadAnswerException;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.gateway.dialect.Dialect.ReaderLimits;
import io.stipend.metering.UsageReport;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * What holds for any answer: it is read to its end or found bad for its bounds, what is kept is
 * bounded, and it comes to the same however it is cut.
 */
final class FuzzedAnswers {
  /** Small enough for an input to break them. */
  private static final ReaderLimits TIGHT = new ReaderLimits(200, 8);

  private static final int FIRST_KEPT_BYTES = 1_024;
  private static final int MOST_TEXT = 256 * 1_024;

  private static final String PLAIN = "'stream':true";
  private static final List<Asked> STREAMS =
      List.of(
          Asked.of("/v1/chat/completions", "{'model':'m','n':2," + PLAIN + "}"),
          Asked.of("/v1/messages", "{'model':'m','max_tokens':9," + PLAIN + "}"),
          Asked.of("/v1/responses", "{'model':'m'," + PLAIN + "}"),
          Asked.of("/v1/completions", "{'model':'m','prompt':'p','echo':true," + PLAIN + "}"),
          Asked.of("/v1beta/models/m:streamGenerateContent", "{}"));
  private static final Asked LIST = STREAMS.get(STREAMS.size() - 1);

  private FuzzedAnswers() {}

  private record Asked(Dialect dialect, Peeked peeked) {
    static Asked of(String path, String body) {
      Dialect dialect = Dialects.at(path);
      ByteBuf bytes = Heads.utf8(body.replace('\'', '"'));
      Peeked peeked = (Peeked) dialect.peek(Heads.post(path), bytes);
      bytes.release();
      return new Asked(dialect, peeked);
    }
  }

  /** What came of one reading; what passed before a bound was broken depends on the cuts. */
  private record Came(
      boolean bad,
      String client,
      UsageReport usage,
      UsageReport inputOnly,
      boolean complete,
      boolean overtaken,
      boolean mayEnd,
      long textBytes,
      long textEvents,
      String model) {}

  static void events(byte[] input) {
    if (input.length >= 2) {
      check(STREAMS.get(Math.floorMod(input[0] - '0', STREAMS.size())), true, input);
    }
  }

  static void array(byte[] input) {
    if (input.length >= 2) {
      check(LIST, false, input);
    }
  }

  private static void check(Asked asked, boolean sse, byte[] input) {
    ReaderLimits limits = input[1] % 2 == 0 ? Reading.LIMITS : TIGHT;
    byte[] answer = Arrays.copyOfRange(input, 2, input.length);
    Random random = new Random(input[1]);
    Came whole = read(asked, sse, limits, answer, answer.length + 1, random);
    Came cut = read(asked, sse, limits, answer, 1 + random.nextInt(16), random);
    // At its bound an answer may be bad by a byte or two more or less, as its lines are cut.
    if (limits != TIGHT || (!whole.bad && !cut.bad)) {
      assertThat(cut).isEqualTo(whole);
    }
  }

  /** Reads it in pieces of up to so many bytes. */
  private static Came read(
      Asked asked, boolean sse, ReaderLimits limits, byte[] answer, int most, Random random) {
    AnswerReader reader = asked.dialect.reader(asked.peeked, sse, limits);
    ByteArrayOutputStream client = new ByteArrayOutputStream();
    boolean bad = false;
    try {
      for (int from = 0; from < answer.length; ) {
        int to =
            Math.min(
                answer.length, from + (most > answer.length ? most : 1 + random.nextInt(most)));
        ByteBuf in = Unpooled.buffer().writeBytes(answer, from, to - from);
        try {
          reader.read(in, part -> take(part, client));
        } finally {
          assertThat(in.refCnt()).as("references to what was read").isZero();
        }
        assertThat(kept(reader))
            .as("bytes kept")
            .isLessThanOrEqualTo(Math.max(FIRST_KEPT_BYTES, 2 * limits.eventBytes()));
        assertThat(reader.text().length()).isLessThanOrEqualTo(MOST_TEXT);
        from = to;
      }
      reader.end(part -> take(part, client));
      assertThat(client.size()).as("bytes passed").isLessThanOrEqualTo(answer.length);
    } catch (BadAnswerException e) {
      bad = true;
    }
    Came came =
        new Came(
            bad,
            client.toString(StandardCharsets.ISO_8859_1),
            reader.usage(),
            reader.inputOnly(),
            reader.complete(),
            reader.overtaken(),
            reader.mayEnd(),
            reader.textBytes(),
            reader.textEvents(),
            reader.modelServed());
    reader.cutEnding(7, 3).release();
    reader.errorEnding("It broke.").release();
    reader.close();
    return came;
  }

  private static void take(ByteBuf part, ByteArrayOutputStream client) {
    byte[] seen = new byte[part.readableBytes()];
    part.readBytes(seen);
    client.writeBytes(seen);
    part.release();
  }

  private static int kept(AnswerReader reader) {
    Class<?> type = reader instanceof EventStream ? EventStream.class : reader.getClass();
    try {
      Field pending = type.getDeclaredField("pending");
      pending.setAccessible(true);
      return ((Pending) pending.get(reader)).bytes().length;
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }
}
