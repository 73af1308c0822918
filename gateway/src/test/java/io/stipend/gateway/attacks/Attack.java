package io.stipend.gateway.attacks;

/**
 * What one client sends on one connection.
 *
 * @param id the section and a number, such as {@code S1-07}
 * @param name what it is
 * @param bytes as they are sent, in ISO 8859-1; {@link Route#KEY} and its like stand for keys
 * @param ends whether the client sends no more after them, and says so
 */
record Attack(
    String id, Section section, String name, String bytes, Expected expected, boolean ends) {
  Attack(Section section, String name, String bytes, Expected expected) {
    this("", section, name, bytes, expected, false);
  }

  /** The same from a client that ends its side of the connection after these bytes. */
  Attack thenEnds() {
    return new Attack(id, section, name, bytes, expected, true);
  }

  Attack withId(String given) {
    return new Attack(given, section, name, bytes, expected, ends);
  }

  @Override
  public String toString() {
    return id + " " + name;
  }
}
