package io.stipend.gateway.bench;

import java.nio.charset.StandardCharsets;

/**
 * A Chat Completions request that tells {@link BenchProvider} what to answer. The order in its
 * {@code metadata} label is fixed, so that the provider need not parse JSON.
 *
 * @param events of the stream; 0 if the answer is plain JSON
 * @param thinkMicros before the first byte of the answer
 * @param paceMicros between two events
 */
record BenchRequest(int events, int thinkMicros, int paceMicros) {
  static final String MARK = "\"bench\":\"";
  private static final int BYTES = 2_048;

  /** A body of 2 KiB. */
  byte[] body() {
    StringBuilder json = new StringBuilder(BYTES);
    json.append("{\"model\":\"gpt-5-mini\",\"metadata\":{").append(MARK);
    json.append(events).append('/').append(thinkMicros).append('/').append(paceMicros);
    json.append("/\"},\"max_completion_tokens\":256,");
    if (events > 0) {
      json.append("\"stream\":true,\"stream_options\":{\"include_usage\":true},");
    }
    json.append("\"messages\":[{\"role\":\"user\",\"content\":\"");
    String end = "\"}]}";
    while (json.length() < BYTES - end.length()) {
      json.append("all work and no play ");
    }
    json.setLength(BYTES - end.length());
    return json.append(end).toString().getBytes(StandardCharsets.US_ASCII);
  }
}
