package io.stipend.metering.export;

import java.math.BigDecimal;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/**
 * A column of a FOCUS file.
 *
 * @param name its Column ID
 * @param type its data type
 * @param decimals the most digits after the point, of a decimal
 * @param value its value, written out; null if there is none
 */
record FocusColumn(String name, Type type, int decimals, Getter<String> value) {
  /** Digits of a whole and its fraction together, as the widest decimals of databases have. */
  static final int PRECISION = 38;

  /** Data types of FOCUS, by the words that its metadata uses. */
  enum Type {
    STRING,
    DECIMAL,
    DATETIME,
    JSON
  }

  /** How a value is found in a row. */
  @FunctionalInterface
  interface Getter<T> {
    @Nullable T of(FocusRow row);
  }

  static FocusColumn text(String name, Getter<String> value) {
    return new FocusColumn(name, Type.STRING, 0, value);
  }

  static FocusColumn json(String name, Getter<String> value) {
    return new FocusColumn(name, Type.JSON, 0, value);
  }

  /** The first moment of a UTC day. */
  static FocusColumn day(String name, Getter<LocalDate> value) {
    return new FocusColumn(
        name,
        Type.DATETIME,
        0,
        row -> {
          LocalDate day = value.of(row);
          return day == null ? null : day + "T00:00:00Z";
        });
  }

  static FocusColumn decimal(String name, int decimals, Getter<BigDecimal> value) {
    return new FocusColumn(
        name,
        Type.DECIMAL,
        decimals,
        row -> {
          BigDecimal number = value.of(row);
          return number == null ? null : decimal(number);
        });
  }

  static FocusColumn count(String name, Getter<Long> value) {
    return decimal(
        name,
        0,
        row -> {
          Long count = value.of(row);
          return count == null ? null : BigDecimal.valueOf(count);
        });
  }

  /** The same as other formats know it. */
  Field field() {
    return new Field(
        name,
        switch (type) {
          case STRING -> ColumnType.TEXT;
          case DECIMAL -> ColumnType.DECIMAL;
          case DATETIME -> ColumnType.TIME;
          case JSON -> ColumnType.WORD;
        });
  }

  /** Plain, and with a point also where it is whole: what guesses types must not see integers. */
  static String decimal(BigDecimal number) {
    String text = number.stripTrailingZeros().toPlainString();
    return text.indexOf('.') < 0 ? text + ".0" : text;
  }
}
