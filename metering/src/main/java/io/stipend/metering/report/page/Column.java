package io.stipend.metering.report.page;

/**
 * A column of a table.
 *
 * @param name its name in CSV and JSON, which have every column, in snake case
 * @param label its title for people
 * @param kind what its cells are
 * @param shown when text and HTML have it
 */
public record Column(String name, String label, Kind kind, Shown shown) {
  /** A column that is always shown. */
  public Column(String name, String label, Kind kind) {
    this(name, label, kind, Shown.ALWAYS);
  }

  /** When people are shown a column. */
  public enum Shown {
    /** Always. */
    ALWAYS,
    /** Where some row has a value in it. */
    WHERE_USED,
    /** Never: it is for machines. */
    NEVER
  }

  /** Words. */
  public static Column text(String name, String label) {
    return new Column(name, label, Kind.TEXT);
  }

  /** Whole numbers. */
  public static Column count(String name, String label) {
    return new Column(name, label, Kind.COUNT);
  }

  /** Money. */
  public static Column money(String name, String label) {
    return new Column(name, label, Kind.MONEY);
  }

  /** Money with all its digits everywhere. */
  public static Column exact(String name, String label) {
    return new Column(name, label, Kind.EXACT);
  }

  /** Parts of a whole. */
  public static Column share(String name, String label) {
    return new Column(name, label, Kind.SHARE);
  }

  /** Quotients. */
  public static Column ratio(String name, String label) {
    return new Column(name, label, Kind.RATIO);
  }

  /** Instants or days. */
  public static Column time(String name, String label) {
    return new Column(name, label, Kind.TIME);
  }

  /** The same, left out for people where it is empty. */
  public Column whereUsed() {
    return new Column(name, label, kind, Shown.WHERE_USED);
  }

  /** The same, for machines alone. */
  public Column unshown() {
    return new Column(name, label, kind, Shown.NEVER);
  }
}
