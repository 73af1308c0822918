package io.stipend.gateway.dialect;

/**
 * Where a value stands in a body.
 *
 * @param start offset of its first byte
 * @param end offset after its last byte
 */
record Span(int start, int end) {
  /** Bytes of it. */
  int length() {
    return end - start;
  }
}
