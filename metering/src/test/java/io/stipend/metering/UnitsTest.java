package io.stipend.metering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnitsTest {
  @ParameterizedTest
  @EnumSource
  void everyMeterIsCountedApartAndReadBackByItsLabel(Meter meter) {
    Units units = Units.of(meter, 7);

    assertThat(units.text()).isEqualTo(meter.label() + "=7");
    assertThat(meter.label()).matches("[a-z_]+");
    assertThat(Units.parse(units.text())).isEqualTo(units).hasSameHashCodeAs(units);
    assertThat(units.isNone()).isFalse();
    for (Meter other : Meter.values()) {
      assertThat(units.of(other)).isEqualTo(other == meter ? 7 : 0);
    }
  }

  @Test
  void theTextIsInTheOrderOfTheMetersWhateverTheOrderOfReading() {
    Units units = Units.of(Meter.IMAGE, 1).plus(Units.of(Meter.WEB_SEARCH, 3));

    assertThat(units.text()).isEqualTo("web_search=3;image=1");
    assertThat(Units.parse("image=1;web_search=3")).isEqualTo(units);
    assertThat(units.plus(units).text()).isEqualTo("web_search=6;image=2");
  }

  @Test
  void nothingUsedIsTheEmptyText() {
    assertThat(Units.NONE.text()).isEmpty();
    assertThat(Units.parse("")).isSameAs(Units.NONE);
    assertThat(Units.of(Meter.SECOND, 0)).isSameAs(Units.NONE);
    assertThat(Units.parse("second=0").isNone()).isTrue();
    assertThat(Units.NONE.plus(Units.of(Meter.SECOND, 2))).isEqualTo(Units.of(Meter.SECOND, 2));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x=1",
        "image",
        "image=",
        "image=1;",
        ";image=1",
        "image=1;image=1",
        "Image=1",
        "image=1.5"
      })
  void whatIsNoTextOfUnitsIsRefusedWithItInTheMessage(String text) {
    assertThatThrownBy(() -> Units.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("units: " + text + " (expected: counts by meter");
  }

  @ParameterizedTest
  @CsvSource({"-1", "1000000001"})
  void aCountOutOfBoundsIsRefusedAndASumIsHeldAtTheBound(long count) {
    assertThatThrownBy(() -> Units.of(Meter.IMAGE, count))
        .hasMessage("image: " + count + " (expected: 0..1000000000)");
    assertThatThrownBy(() -> Units.parse("image=" + count)).hasMessageContaining("" + count);
    Units most = Units.of(Meter.IMAGE, Units.MAX_COUNT);
    assertThat(most.plus(most)).isEqualTo(most);
  }
}
