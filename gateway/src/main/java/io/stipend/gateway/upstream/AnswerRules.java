package io.stipend.gateway.upstream;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.util.AsciiString;
import io.stipend.gateway.http.FieldNames;
import io.stipend.gateway.http.Fields;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What heads one exchange may bring, and what they say about its connection. */
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

  private int interim;
  private boolean misframed;
  private @Nullable CharSequence keepAlive;

  /** The next answer is to come. */
  void begin() {
    interim = 0;
    misframed = false;
    keepAlive = null;
  }

  Verdict judge(ResponseHead head) {
    int status = head.status();
    if (status < MIN_STATUS || status > MAX_STATUS) {
      return Verdict.BROKEN;
    }
    boolean framed = head.chunked() || head.contentLength() > 0;
    if (status < MIN_FINAL) {
      if (status == SWITCHING || ++interim > MAX_INTERIM) {
        return Verdict.BROKEN;
      }
      return status == EARLY_HINTS && !framed ? Verdict.INTERIM : Verdict.INTERIM_UNASKED;
    }
    if ((status >= MIN_REDIRECT && status < MIN_ERROR)
        || (status == RESET_CONTENT && framed)
        || !readable(head)) {
      return Verdict.BROKEN;
    }
    misframed = status == NO_CONTENT && framed;
    keepAlive = head.fields().first(FieldNames.KEEP_ALIVE);
    return Verdict.FINAL;
  }

  /** Usage is read from the body, so it must come as identity, which was asked for. */
  private static boolean readable(ResponseHead head) {
    Fields fields = head.fields();
    for (int i = 0; i < fields.size(); i++) {
      if (fields.is(i, HttpHeaderNames.CONTENT_ENCODING)
          && !HttpHeaderValues.IDENTITY.contentEqualsIgnoreCase(fields.value(i))) {
        return head.status() >= MIN_ERROR
            && head.contentLength() >= 0
            && head.contentLength() <= MAX_ENCODED_ERROR_BYTES;
      }
    }
    return true;
  }

  /**
   * Whether the provider keeps the connection after this answer. It does not if the head tells of a
   * body that its status excludes: who knows whether one follows.
   */
  boolean kept(ResponseHead head) {
    if (misframed) {
      return false;
    }
    Fields fields = head.fields();
    boolean kept = !head.http10();
    for (int i = 0; i < fields.size(); i++) {
      if (fields.is(i, HttpHeaderNames.CONNECTION)) {
        if (lists(fields.value(i), HttpHeaderValues.CLOSE)) {
          return false;
        }
        kept |= lists(fields.value(i), HttpHeaderValues.KEEP_ALIVE);
      }
    }
    return kept;
  }

  /** Whether a list of words, with commas between them, holds a word. */
  private static boolean lists(CharSequence list, AsciiString word) {
    int length = word.length();
    for (int i = 0; i + length <= list.length(); i++) {
      if (ends(list, i - 1)
          && ends(list, i + length)
          && AsciiString.regionMatches(list, true, i, word, 0, length)) {
        return true;
      }
    }
    return false;
  }

  private static boolean ends(CharSequence list, int at) {
    if (at < 0 || at >= list.length()) {
      return true;
    }
    char c = list.charAt(at);
    return c == ',' || c == ' ' || c == '\t';
  }

  /** How long to keep the connection: shorter if the provider says that it closes earlier. */
  long keptNanos(long most) {
    String hint = keepAlive == null ? null : keepAlive.toString();
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
