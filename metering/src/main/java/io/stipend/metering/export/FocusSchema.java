package io.stipend.metering.export;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What FOCUS wants to be told beside a file, by its own names: the schema object of its metadata
 * and who generated the data.
 *
 * @param schemaId changes whenever columns do
 * @param focusVersion such as {@code 1.4}
 * @param creationDate when the schema was made, not the file
 * @param dataGenerator who wrote the file
 * @param dataGeneratorVersion its version
 * @param columnDefinition the columns, in the order of the file
 */
public record FocusSchema(
    @JsonProperty("SchemaId") String schemaId,
    @JsonProperty("FocusVersion") String focusVersion,
    @JsonProperty("CreationDate") String creationDate,
    @JsonProperty("DataGenerator") String dataGenerator,
    @JsonProperty("DataGeneratorVersion") String dataGeneratorVersion,
    @JsonProperty("ColumnDefinition") List<Definition> columnDefinition) {
  /** To be raised, and {@link #CREATED} set, with every change of the columns. */
  private static final String EDITION = "1";

  private static final String CREATED = "2026-11-29T00:00:00Z";

  /** Copies the columns. */
  public FocusSchema {
    columnDefinition = List.copyOf(columnDefinition);
  }

  /**
   * A column.
   *
   * @param numericPrecision digits in all, of a decimal
   * @param numberScale the most digits after the point, of a decimal
   * @param stringEncoding of a text
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Definition(
      @JsonProperty("ColumnName") String columnName,
      @JsonProperty("DataType") String dataType,
      @JsonProperty("NumericPrecision") @Nullable Integer numericPrecision,
      @JsonProperty("NumberScale") @Nullable Integer numberScale,
      @JsonProperty("StringEncoding") @Nullable String stringEncoding) {
    private static Definition of(FocusColumn column) {
      boolean decimal = column.type() == FocusColumn.Type.DECIMAL;
      boolean text =
          column.type() == FocusColumn.Type.STRING || column.type() == FocusColumn.Type.JSON;
      return new Definition(
          column.name(),
          column.type().name(),
          decimal ? FocusColumn.PRECISION : null,
          decimal ? column.decimals() : null,
          text ? "UTF-8" : null);
    }
  }

  /**
   * The schema of a version.
   *
   * @param generatorVersion the version of Stipend
   */
  public static FocusSchema of(FocusVersion version, String generatorVersion) {
    return new FocusSchema(
        "stipend-focus-" + version.label() + "-" + EDITION,
        version.label(),
        CREATED,
        FocusProvider.STIPEND.name(),
        generatorVersion,
        FocusColumns.of(version).stream().map(Definition::of).toList());
  }
}
