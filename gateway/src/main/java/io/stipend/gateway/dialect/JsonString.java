package io.stipend.gateway.dialect;

/** A string value at which a reader of JSON stands. */
interface JsonString {
  /** Whether its key is this; false for an element of a list. */
  boolean keyIs(byte[] name);

  /** Whether it is spelled so. */
  boolean valueIs(byte[] ascii);
}
