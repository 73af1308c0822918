package io.stipend.gateway.attacks;

/** The sections of the attack table; S18 has tests elsewhere; there is no S15 and no S19. */
enum Section {
  S1("Smuggling by `Content-Length` and `Transfer-Encoding`: CL.TE, TE.CL, TE.TE"),
  S2("`Content-Length` that is not one plain number"),
  S3("Chunks: sizes, extensions, line ends, trailers"),
  S4("Bodies where none is expected, answers before the request's end, odd `Expect`"),
  S5("HTTP/1.0 with what belongs to HTTP/1.1"),
  S6("Bytes before the request, request lines of other shapes, methods that tunnel"),
  S7("Header and body splitting through JSON values"),
  S8("`Connection` that names fields which must not be lost"),
  S9("Field names with `_` for `-`, duplicates, names and values outside of the grammar"),
  S10("`Host` missing, twice or malformed, absolute targets"),
  S11("Paths with escapes, parameters, dot segments, `//`, and of great length"),
  S12("Slow and stalled clients, half-open connections, very many connections"),
  S13("Oversized lines, fields and bodies; JSON that is deep, huge, doubled or not UTF-8"),
  S14("Compression bombs, both ways"),
  S16("Upgrades to another protocol"),
  S17("Events forged inside a model's output"),
  S20("Keys: missing, malformed, doubled, revoked, expired, guessed"),
  S21("Admin and metrics paths on the data listener"),
  S22("Log injection: CR LF, escape sequences, lookups");

  /** What is tried. */
  final String tries;

  Section(String tries) {
    this.tries = tries;
  }
}
