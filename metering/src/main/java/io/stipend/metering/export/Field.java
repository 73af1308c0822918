package io.stipend.metering.export;

/**
 * A column of an export as its readers know it.
 *
 * @param name its name in every format
 * @param type what its values are; any may be null
 */
public record Field(String name, ColumnType type) {}
