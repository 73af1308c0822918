package io.stipend.metering.export;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A column of a table of rows of one kind.
 *
 * @param name its name in every format
 * @param type what its values are
 * @param value the value of a row, of the class that the type names; null if there is none
 */
record Column<R>(String name, ColumnType type, Function<R, @Nullable Object> value) {
  Field field() {
    return new Field(name, type);
  }
}
