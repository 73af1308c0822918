package io.stipend.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TableTest {
  @Test
  void numbersAreAlignedAtTheirPoint() {
    Table table =
        new Table("NAME", "LEFT", "UNIT")
            .row("ada", "399.5", "USD")
            .row("bob", "-5000", "tokens")
            .row("eve", "", "USD");

    assertThat(table.toString())
        .isEqualTo(
            """
            NAME     LEFT  UNIT
            ada     399.5  USD
            bob   -5000    tokens
            eve            USD
            """);
  }

  @Test
  void aRowOfAnotherWidthIsRefused() {
    assertThatThrownBy(() -> new Table("A", "B").row("1")).hasMessage("cells: [1] (expected: 2)");
  }
}
