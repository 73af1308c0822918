package io.stipend.metering.report.page;

/**
 * A column of a table.
 *
 * @param name its name in CSV and JSON, in snake case
 * @param label its title for people
 * @param kind what its cells are
 * @param optional whether text and HTML leave it out where no row has a value in it
 */
public record Column(String name, String label, Kind kind, boolean optional) {
  /** A column that is always shown. */
  public Column(String name, String label, Kind kind) {
    this(name, label, kind, false);
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
    return new Column(name, label, kind, true);
  }
}
