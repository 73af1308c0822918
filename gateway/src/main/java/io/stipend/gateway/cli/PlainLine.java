package io.stipend.gateway.cli;

import ch.qos.logback.classic.pattern.ClassicConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The message of a log event and its exception, as one line. What a client sent can stand in
 * either, so everything that could begin a line, move a cursor or turn text around is escaped.
 */
public final class PlainLine extends ClassicConverter {
  private static final String FRAME = System.lineSeparator() + "\t";

  @Override
  public String convert(ILoggingEvent event) {
    String message = String.valueOf(event.getFormattedMessage());
    IThrowableProxy thrown = event.getThrowableProxy();
    String trace =
        thrown == null ? "" : " | " + ThrowableProxyUtil.asString(thrown).replace(FRAME, " | ");
    return escape(message + trace);
  }

  /** The text with every control and direction character written as an escape. */
  static String escape(@Nullable String text) {
    String plain = String.valueOf(text);
    StringBuilder escaped = null;
    for (int i = 0; i < plain.length(); i++) {
      char c = plain.charAt(i);
      if (isUnsafe(c)) {
        escaped = escaped == null ? new StringBuilder(plain.substring(0, i)) : escaped;
        escaped.append(
            switch (c) {
              case '\n' -> "\\n";
              case '\r' -> "\\r";
              case '\t' -> "\\t";
              default -> String.format(Locale.ROOT, "\\u%04x", (int) c);
            });
      } else if (escaped != null) {
        escaped.append(c);
      }
    }
    return escaped == null ? plain : escaped.toString();
  }

  private static boolean isUnsafe(char c) {
    if (c >= ' ' && c < 0x7f) {
      return false;
    }
    int type = Character.getType(c);
    return type == Character.CONTROL
        || type == Character.FORMAT
        || type == Character.LINE_SEPARATOR
        || type == Character.PARAGRAPH_SEPARATOR;
  }
}
