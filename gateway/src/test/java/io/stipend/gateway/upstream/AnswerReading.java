package io.stipend.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.stipend.gateway.http.Fields;
import java.nio.charset.StandardCharsets;

/** What the parser and the rules make of the bytes of one connection, which then closes. */
final class AnswerReading implements ResponseParser.Sink {
  /** More than the answers of these tests have, less than their floods. */
  static final int MAX_HEADER_BYTES = 8 * 1_024;

  /**
   * What came of it.
   *
   * @param end {@code END}, or the name of the failure
   * @param status of the answer; 0 if its head was not passed on
   * @param fields as lines
   * @param body as Latin-1
   */
  record Result(String end, int status, String fields, String body) {
    boolean refused() {
      return !end.equals("END");
    }
  }

  private final ResponseParser parser = new ResponseParser(this, MAX_HEADER_BYTES);
  private final AnswerRules rules = new AnswerRules();
  private final StringBuilder fields = new StringBuilder();
  private final StringBuilder body = new StringBuilder();
  private int status;
  private String end;
  boolean kept = true;

  AnswerReading(boolean toHead) {
    rules.begin();
    parser.expect(toHead);
  }

  /** Reads bytes of which each part is so long; then the connection closes. */
  static Result of(String bytes, boolean toHead, int... parts) {
    return new AnswerReading(toHead).read(bytes, parts);
  }

  Result read(String bytes, int... parts) {
    int from = 0;
    for (int i = 0; from < bytes.length() && end == null; i++) {
      int length = Math.min(parts[i % parts.length], bytes.length() - from);
      read(bytes.substring(from, from + length));
      from += length;
    }
    if (from < bytes.length()) {
      kept = false;
    }
    if (end == null) {
      end = parser.toClose() ? "END" : "RESET";
      kept = false;
    }
    return new Result(end, status, fields.toString(), body.toString());
  }

  private void read(String part) {
    // Bytes around it must not matter.
    ByteBuf in = Unpooled.copiedBuffer("\r\n" + part + "\r\n", StandardCharsets.ISO_8859_1);
    in.skipBytes(2).writerIndex(in.writerIndex() - 2);
    try {
      parser.read(in);
    } catch (MalformedResponse e) {
      over("PROTOCOL");
    }
    if (in.refCnt() != 0) {
      throw new AssertionError("the buffer was not released");
    }
  }

  private void over(String how) {
    if (end == null) {
      end = how;
    }
    parser.stop();
  }

  @Override
  public void head(ResponseHead head) {
    switch (rules.judge(head)) {
      case BROKEN -> over("PROTOCOL");
      case INTERIM_UNASKED -> kept = false;
      case INTERIM -> {}
      case FINAL -> {
        status = head.status();
        kept &= rules.kept(head);
        Fields all = head.fields();
        for (int i = 0; i < all.size(); i++) {
          // Netty drops it where there is no body; what it says shows in the body.
          if (!all.is(i, HttpHeaderNames.TRANSFER_ENCODING)) {
            fields.append(all.name(i)).append(": ").append(all.value(i)).append('\n');
          }
        }
      }
    }
  }

  @Override
  public void data(ByteBuf part) {
    body.append(part.toString(StandardCharsets.ISO_8859_1));
    part.release();
  }

  @Override
  public void end(boolean surplus) {
    kept &= !surplus;
    over("END");
  }
}
