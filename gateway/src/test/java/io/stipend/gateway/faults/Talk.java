package io.stipend.gateway.faults;

import io.stipend.gateway.upstream.RawProvider.Wire;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One answer of the provider, byte by byte; it remembers what of the body it has sent. */
final class Talk {
  private static final long PATIENCE_SECONDS = 20;

  final Form form;
  final Run run;
  private final Wire wire;
  private final StringBuilder body = new StringBuilder();
  private boolean chunked;
  private boolean closed;

  Talk(Wire wire, Run run) {
    this.wire = wire;
    this.run = run;
    this.form = run.form;
  }

  Wording wording() {
    return form.wording;
  }

  String model() {
    return run.fault.served(form);
  }

  /** Whether the connection has been ended here. */
  boolean isClosed() {
    return closed;
  }

  /** The parts of a good answer. */
  List<String> parts() {
    return parts(Usage.TRUE);
  }

  List<String> parts(Usage usage) {
    return wording().parts(model(), usage);
  }

  /** A whole answer. */
  void answer(Usage usage) throws IOException {
    answer(parts(usage));
  }

  void answer(List<String> parts) throws IOException {
    open(parts);
    for (String part : parts) {
      part(part);
    }
    end();
  }

  /** The head of an answer of these parts, framed as providers do. */
  void open(List<String> parts) throws IOException {
    if (form.answerType().equals("text/event-stream") || form == Form.GEMINI_LIST) {
      openChunked();
    } else {
      head("200 OK", form.answerType(), "content-length: " + length(parts));
    }
  }

  void openChunked() throws IOException {
    chunked = true;
    head("200 OK", form.answerType(), "transfer-encoding: chunked");
  }

  static int length(List<String> parts) {
    return parts.stream().mapToInt(String::length).sum();
  }

  /** A head with these fields, its own id, and an empty line. */
  void head(String status, String type, String... fields) throws IOException {
    raw(headText("HTTP/1.1 " + status, type, fields));
  }

  String headText(String statusLine, String type, String... fields) {
    String said = fields.length == 0 ? "" : String.join("\r\n", fields) + "\r\n";
    return statusLine
        + "\r\nx-request-id: "
        + run.id
        + "\r\ncontent-type: "
        + type
        + "\r\n"
        + said
        + "\r\n";
  }

  /** A part of the body, in a chunk of its own if it comes in chunks. */
  void part(String part) throws IOException {
    body.append(part);
    raw(chunked ? chunk(part) : part);
  }

  static String chunk(String part) {
    return Integer.toHexString(part.length()) + "\r\n" + part + "\r\n";
  }

  /** The end by the framing. */
  void end() throws IOException {
    if (chunked) {
      raw("0\r\n\r\n");
    }
  }

  /** Bytes that are no part of any body. */
  void raw(String bytes) throws IOException {
    // What the client saw may be compared at once.
    run.sent = body.toString();
    wire.write(bytes);
  }

  /** This is body, too, though it was not sent by {@link #part}. */
  void counts(String part) {
    body.append(part);
    run.sent = body.toString();
  }

  /** Until the client has its head: what breaks then is no answer of the gateway any more. */
  void awaitClient() throws Exception {
    if (!run.head.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError(run + ": the client never got a head");
    }
  }

  /** Until the client has seen the end of its answer. */
  void awaitEnd() throws Exception {
    if (!run.done.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError(run + ": the client never saw an end");
    }
  }

  void close() throws IOException {
    closed = true;
    wire.socket.close();
  }

  void reset() throws IOException {
    closed = true;
    wire.socket.setSoLinger(true, 0);
    wire.socket.close();
  }

  /** Says nothing more until the gateway gives up. */
  void stall() {
    wire.awaitClose();
    closed = true;
  }

  /** Says this over and over until the gateway closes the connection. */
  void endless(String bytes) {
    try {
      while (true) {
        raw(bytes);
      }
    } catch (IOException e) {
      closed = true;
    }
  }

  /** A part over and over, a while apart. */
  void endlessSlowly(String part) throws InterruptedException {
    try {
      while (!run.played.await(50, TimeUnit.MILLISECONDS)) {
        part(part);
      }
    } catch (IOException e) {
      closed = true;
    }
  }

  /** All of this in segments of one byte. */
  void byByte(String bytes) throws IOException {
    for (byte b : bytes.getBytes(StandardCharsets.ISO_8859_1)) {
      wire.write(new byte[] {b});
    }
  }
}
