package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import org.junit.jupiter.api.Test;

/** Nothing that a client sends can forge a line of the log or reach a terminal's controls. */
class PlainLineTest {
  @Test
  void controlCharactersBecomeEscapes() {
    assertThat(PlainLine.escape("a\r\nINFO forged\t\u001b[31mred\u0000\u007f\u0085"))
        .isEqualTo("a\\r\\nINFO forged\\t\\u001b[31mred\\u0000\\u007f\\u0085");
  }

  @Test
  void separatorsAndDirectionMarksBecomeEscapes() {
    assertThat(PlainLine.escape("a\u2028b\u2029c\u202ed\u200fe"))
        .isEqualTo("a\\u2028b\\u2029c\\u202ed\\u200fe");
  }

  @Test
  void plainTextStaysAsItIs() {
    String text = "model gpt-5 of ada: grüße, ${jndi:ldap://x} 你好";

    assertThat(PlainLine.escape(text)).isSameAs(text);
  }

  @Test
  void anExceptionStandsOnTheSameLine() {
    LoggerContext context = new LoggerContext();
    Logger logger = context.getLogger("test");
    IllegalStateException thrown = new IllegalStateException("first\nsecond");
    LoggingEvent event =
        new LoggingEvent("x", logger, Level.ERROR, "it {}", thrown, new Object[] {"failed\r\n"});

    assertThat(new PlainLine().convert(event))
        .startsWith("it failed\\r\\n | java.lang.IllegalStateException: first\\nsecond | at ")
        .doesNotContain("\n", "\r");
  }
}
