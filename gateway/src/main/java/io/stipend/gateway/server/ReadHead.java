package io.stipend.gateway.server;

import io.netty.handler.codec.http.HttpMethod;
import io.netty.util.AsciiString;
import io.stipend.gateway.http.Fields;
import org.jspecify.annotations.Nullable;

/**
 * A head whose grammar and framing are good, as {@link HeadGrammar} read it. What it means is for
 * {@link RequestRules} to judge.
 *
 * @param method the method
 * @param path the raw target up to its query
 * @param query the rest of the raw target, from its {@code ?} on; empty if none
 * @param fields in order; their values are slices of one array of the head's bytes
 * @param framing of the body
 * @param marks what the rules ask about the fields
 */
record ReadHead(
    HttpMethod method, String path, String query, Fields fields, Framing framing, Marks marks) {

  /**
   * What was noted while the fields were read, so that nobody has to look for it again.
   *
   * @param host the value of Host; null if none
   * @param upgrade the value of Upgrade; null if none
   * @param expect the value of Expect; null if none
   * @param contentEncoding the value of Content-Encoding; null if none
   * @param connection whether there is a Connection field
   * @param underscored whether a name holds an underscore
   * @param repeated a name that was given more than once and must not be; null if none
   */
  record Marks(
      @Nullable AsciiString host,
      @Nullable AsciiString upgrade,
      @Nullable AsciiString expect,
      @Nullable AsciiString contentEncoding,
      boolean connection,
      boolean underscored,
      @Nullable AsciiString repeated) {}
}
