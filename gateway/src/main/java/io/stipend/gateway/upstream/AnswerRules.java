package io.stipend.gateway.upstream;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What heads one exchange may bring, and what they say about its end. */
final class AnswerRules {
  /** What a head is worth. */
  enum Verdict {
    /** The answer's own head. */
    FINAL,
    /** A 1xx that is harmless. */
    INTERIM,
    /** A 1xx that nobody asked for: the connection must not serve again. */
    INTERIM_UNASKED,
    /** It breaks a rule. */
    BROKEN
  }

  private static final AsciiString KEEP_ALIVE = AsciiString.cached("keep-alive");

  private static final int MAX_INTERIM = 8;
  private static final int SWITCHING = 101;
  private static final int EARLY_HINTS = 103;
  private static final int MIN_FINAL = 200;
  private static final int MIN_REDIRECT = 300;
  private static final int MIN_ERROR = 400;
  private static final int MAX_STATUS = 599;
  private static final int MIN_STATUS = 100;
  private static final int NO_CONTENT = 204;
  private static final int RESET_CONTENT = 205;

  /** An error that came compressed unasked is passed on as it is up to this size. */
  private static final long MAX_ENCODED_ERROR_BYTES = 64 * 1_024L;

  private final boolean head;
  private int interim;
  private boolean finalSeen;
  private boolean endsByClose;
  private @Nullable String keepAlive;

  AnswerRules(boolean head) {
    this.head = head;
  }

  Verdict judge(HttpResponse response, boolean ambiguous) {
    int status = response.status().code();
    if (finalSeen || ambiguous || status < MIN_STATUS || status > MAX_STATUS || !http1(response)) {
      return Verdict.BROKEN;
    }
    if (status < MIN_FINAL) {
      if (status == SWITCHING || ++interim > MAX_INTERIM) {
        return Verdict.BROKEN;
      }
      return status == EARLY_HINTS ? Verdict.INTERIM : Verdict.INTERIM_UNASKED;
    }
    HttpHeaders headers = response.headers();
    if ((status >= MIN_REDIRECT && status < MIN_ERROR)
        || !plainFraming(response)
        || !readable(status, headers)) {
      return Verdict.BROKEN;
    }
    finalSeen = true;
    boolean bodiless = head || status == NO_CONTENT || status == RESET_CONTENT;
    endsByClose =
        !bodiless
            && !headers.contains(HttpHeaderNames.CONTENT_LENGTH)
            && !headers.contains(HttpHeaderNames.TRANSFER_ENCODING);
    keepAlive = headers.get(KEEP_ALIVE);
    return Verdict.FINAL;
  }

  private static boolean http1(HttpResponse response) {
    HttpVersion version = response.protocolVersion();
    return version.equals(HttpVersion.HTTP_1_1) || version.equals(HttpVersion.HTTP_1_0);
  }

  /** Chunks only as HTTP/1.1 writes them: any other coding would reach the client undecoded. */
  private static boolean plainFraming(HttpResponse response) {
    HttpHeaders headers = response.headers();
    if (!headers.contains(HttpHeaderNames.TRANSFER_ENCODING)) {
      return true;
    }
    return response.protocolVersion().equals(HttpVersion.HTTP_1_1)
        && headers.getAll(HttpHeaderNames.TRANSFER_ENCODING).size() == 1
        && HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(
            headers.get(HttpHeaderNames.TRANSFER_ENCODING));
  }

  /** Usage is read from the body, so it must come as identity, which was asked for. */
  private static boolean readable(int status, HttpHeaders headers) {
    String coding = headers.get(HttpHeaderNames.CONTENT_ENCODING);
    if (coding == null || HttpHeaderValues.IDENTITY.contentEqualsIgnoreCase(coding)) {
      return true;
    }
    String length = headers.get(HttpHeaderNames.CONTENT_LENGTH);
    return status >= MIN_ERROR
        && length != null
        && Long.parseLong(length) <= MAX_ENCODED_ERROR_BYTES;
  }

  /** Whether the answer's own head came: an end now is the answer's end. */
  boolean finished() {
    return finalSeen;
  }

  /** Whether only the connection's end tells the body's. */
  boolean endsByClose() {
    return endsByClose;
  }

  /** How long to keep the connection: shorter if the provider says that it closes earlier. */
  long keptNanos(long most) {
    String hint = keepAlive;
    int at = hint == null ? -1 : hint.indexOf("timeout=");
    if (hint == null || at < 0) {
      return most;
    }
    long seconds = 0;
    for (int i = at + "timeout=".length(); i < hint.length() && seconds < most; i++) {
      int digit = hint.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        break;
      }
      seconds = seconds * 10 + digit;
    }
    // A second less: its timer began before ours.
    return Math.min(most, TimeUnit.SECONDS.toNanos(Math.max(0, seconds - 1)));
  }
}
