package io.stipend.gateway.coding;

/**
 * Bytes are not in the coding that they are said to be in. Thrown without a stack: clients cause it
 * at will, and its message says what is wrong.
 */
public final class BadCodingException extends Exception {
  private static final long serialVersionUID = 1L;

  BadCodingException(String message) {
    super(message, null, false, false);
  }
}
