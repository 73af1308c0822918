package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a {@code multipart/form-data} body (RFC 7578) and where they stand, found in one
 * pass that copies nothing. Strict where two readers of one body could differ: lines end with CRLF,
 * nothing stands before the first part or behind the last, a header is neither folded nor given
 * twice, and a name has one way to be written. A decoder that hands out values, as Netty's does,
 * would not do: the body goes on byte for byte, so that what matters is where each value stands.
 */
final class Multipart {
  /** The most parts of a body: sixteen images and every field that any of these APIs has. */
  static final int MAX_PARTS = 128;

  /** The most bytes that the headers of one part have. */
  static final int MAX_HEADER_BYTES = 4 * 1_024;

  private static final String MEDIA_TYPE = "multipart/form-data";

  /** The longest boundary (RFC 2046, 5.1.1). */
  private static final int MAX_BOUNDARY_LENGTH = 70;

  /** What a boundary has besides letters and digits, but for the space. */
  private static final String BOUNDARY_MARKS = "'()+_,-./:=?";

  /**
   * One part.
   *
   * @param name of the field
   * @param file whether it has a file name
   * @param type its own Content-Type; null if it has none
   * @param value where its content stands
   * @param length where the digits of its own Content-Length stand; null if it has none
   */
  record Part(
      String name, boolean file, @Nullable String type, Span value, @Nullable Span length) {}

  private final byte[] bytes;
  private final int offset;
  private final int length;
  private final byte[] delimiter;

  /** Where the next line begins that is looked at, as an index of the array. */
  private int at;

  private Multipart(ByteBuf body, String boundary) {
    if (body.hasArray()) {
      bytes = body.array();
      offset = body.arrayOffset() + body.readerIndex();
    } else {
      bytes = ByteBufUtil.getBytes(body);
      offset = 0;
    }
    length = body.readableBytes();
    delimiter = ("--" + boundary).getBytes(StandardCharsets.US_ASCII);
    at = offset;
  }

  /** Whether a Content-Type is that of a form. */
  static boolean is(@Nullable String contentType) {
    return contentType != null && MEDIA_TYPE.equals(HeaderParameters.mediaType(contentType));
  }

  /**
   * The parts, in their order; at least one.
   *
   * @param contentType the request's
   * @param body is neither consumed nor released
   */
  static List<Part> parts(@Nullable String contentType, ByteBuf body) throws BadBody {
    return new Multipart(body, boundary(contentType)).parts();
  }

  private static String boundary(@Nullable String contentType) throws BadBody {
    String boundary = contentType == null || !is(contentType) ? null : boundaryOf(contentType);
    if (boundary == null || !isBoundary(boundary)) {
      throw BadBody.of(
          "Content-Type: "
              + (contentType == null ? "missing" : BodyScan.shown(contentType))
              + " (expected: "
              + MEDIA_TYPE
              + "; boundary=, of 1.."
              + MAX_BOUNDARY_LENGTH
              + " letters, digits and "
              + BOUNDARY_MARKS
              + ", and no charset but utf-8)");
    }
    return boundary;
  }

  /**
   * Null if readers could differ: a {@code boundary*} is another boundary to those of Go and
   * Python, and a charset another text of every field to some.
   */
  private static @Nullable String boundaryOf(String contentType) throws BadBody {
    HeaderParameters parameters = HeaderParameters.of("Content-Type", contentType);
    String charset = parameters.get("charset");
    boolean one = !parameters.extended() && (charset == null || charset.equalsIgnoreCase("utf-8"));
    return one ? parameters.get("boundary") : null;
  }

  private static boolean isBoundary(String text) {
    return !text.isEmpty()
        && text.length() <= MAX_BOUNDARY_LENGTH
        && text.chars()
            .allMatch(c -> HeaderParameters.isAlphanumeric(c) || BOUNDARY_MARKS.indexOf(c) >= 0);
  }

  private List<Part> parts() throws BadBody {
    if (!delimits(at)) {
      throw bad(at, "no boundary", "the form to begin with --, its boundary and CRLF");
    }
    List<Part> parts = new ArrayList<>();
    at += delimiter.length;
    while (!closes()) {
      if (parts.size() == MAX_PARTS) {
        throw bad(at, "too many parts", "at most " + MAX_PARTS);
      }
      skipCrLf("CRLF or -- behind a boundary");
      parts.add(part());
    }
    if (parts.isEmpty()) {
      throw bad(at, "no part", "at least one");
    }
    return parts;
  }

  /** Whether the boundary at hand is the last, behind which nothing but a line's end may stand. */
  private boolean closes() throws BadBody {
    int end = offset + length;
    if (at + 2 > end || bytes[at] != '-' || bytes[at + 1] != '-') {
      return false;
    }
    at += 2;
    if (at < end) {
      skipCrLf("the end of the form behind its last boundary");
    }
    if (at < end) {
      throw bad(at, "more follows", "the end of the form behind its last boundary");
    }
    return true;
  }

  private Part part() throws BadBody {
    PartHeaders headers = new PartHeaders();
    int begin = at;
    while (true) {
      int end = ByteSearch.lineEnd(bytes, at, Math.min(offset + length, begin + MAX_HEADER_BYTES));
      if (end == begin + MAX_HEADER_BYTES) {
        throw bad(begin, "long headers", "at most " + MAX_HEADER_BYTES + " bytes for a part");
      }
      int line = at;
      at = end;
      skipCrLf("each header of a part on one line that ends with CRLF, then an empty line");
      if (end == line) {
        break;
      }
      headers.add(bytes, offset, line, end);
    }
    int from = at - offset;
    int to = content();
    return headers.part(new Span(from, to));
  }

  /** Passes over the content of a part and the boundary behind it; the content's end. */
  private int content() throws BadBody {
    int end = offset + length;
    if (delimits(at)) {
      // Some readers take the empty line behind the headers for the boundary's own, some do not.
      throw bad(at, "a boundary for content", "CRLF before each boundary");
    }
    int i = at;
    while (i < end) {
      if (bytes[i] != '\n' && bytes[i] != '\r') {
        i = ByteSearch.lineEnd(bytes, i, end);
      } else if (delimits(++i)) {
        if (i - 2 < at || bytes[i - 1] != '\n' || bytes[i - 2] != '\r') {
          // Some readers take it for one: a form must not mean two things.
          throw bad(i, "a boundary behind a bare CR or LF", "CRLF before each boundary");
        }
        at = i + delimiter.length;
        return i - 2 - offset;
      }
    }
    throw bad(end, "no boundary", "the form to end with --, its boundary and --");
  }

  private boolean delimits(int from) {
    int to = from + delimiter.length;
    return to <= offset + length && Arrays.equals(bytes, from, to, delimiter, 0, delimiter.length);
  }

  private void skipCrLf(String expected) throws BadBody {
    if (at + 2 > offset + length || bytes[at] != '\r' || bytes[at + 1] != '\n') {
      throw bad(at, "no CRLF", expected);
    }
    at += 2;
  }

  private BadBody bad(int index, String found, String expected) {
    return BadBody.of(
        "body: " + found + " at byte " + (index - offset) + " (expected: " + expected + ")");
  }
}
