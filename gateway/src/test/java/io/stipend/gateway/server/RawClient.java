package io.stipend.gateway.server;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** A client that sends exactly the bytes it is told to, and reads answers as a client would. */
public final class RawClient implements Closeable {
  private static final int PATIENCE_MILLIS = 10_000;

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;

  public RawClient(InetSocketAddress server) throws IOException {
    this(connect(server, 0));
  }

  public RawClient(Socket connected) throws IOException {
    this.socket = connected;
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.setTcpNoDelay(true);
    this.in = new BufferedInputStream(socket.getInputStream());
    this.out = socket.getOutputStream();
  }

  public static Socket connect(InetSocketAddress server, int receiveBuffer) throws IOException {
    Socket socket = new Socket();
    if (receiveBuffer > 0) {
      socket.setReceiveBufferSize(receiveBuffer);
    }
    socket.connect(server);
    return socket;
  }

  public Socket socket() {
    return socket;
  }

  public RawClient send(String latin1) throws IOException {
    return send(latin1.getBytes(StandardCharsets.ISO_8859_1));
  }

  public RawClient send(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
    return this;
  }

  /** A well-formed POST with a length. */
  public RawClient post(String path, String body) throws IOException {
    return send(request(path, body));
  }

  public static String request(String path, String body) {
    return "POST "
        + path
        + " HTTP/1.1\r\nHost: a\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  /** The next answer; {@code 1xx} is an answer of its own. */
  public Answer answer() throws IOException {
    Answer head = head();
    byte[] body;
    if (head.status() < 200 || head.status() == 204 || head.status() == 304) {
      body = new byte[0];
    } else if (head.headers().containsKey("content-length")) {
      int length = Integer.parseInt(head.headers().get("content-length"));
      body = in.readNBytes(length);
      if (body.length < length) {
        throw new EOFException("the body ended after " + body.length + " of " + length + " bytes");
      }
    } else if ("chunked".equals(head.headers().get("transfer-encoding"))) {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      for (byte[] chunk = chunk(); chunk.length > 0; chunk = chunk()) {
        all.writeBytes(chunk);
      }
      body = all.toByteArray();
    } else {
      body = in.readAllBytes();
    }
    return new Answer(head.status(), head.headers(), new String(body, StandardCharsets.ISO_8859_1));
  }

  /** The next answer's head alone. */
  public Answer head() throws IOException {
    String status = line();
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      headers.put(line.substring(0, colon), line.substring(colon + 1).trim());
    }
    return new Answer(Integer.parseInt(status.substring(9, 12)), headers, "");
  }

  /** The next chunk's data; empty for the last chunk. */
  public byte[] chunk() throws IOException {
    int size = Integer.parseInt(line(), 16);
    byte[] data = in.readNBytes(size);
    if (data.length < size || !line().isEmpty()) {
      throw new EOFException("a chunk of " + size + " bytes is cut short");
    }
    return data;
  }

  /** Whether the server has ended the connection, with nothing more said; waits for it. */
  public boolean ended() {
    try {
      return in.read() < 0;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  /** The next byte as it is; -1 at the end. */
  public int readOne() throws IOException {
    return in.read();
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("the connection ended after: " + line);
      }
      line.append((char) b);
    }
    if (line.length() == 0 || line.charAt(line.length() - 1) != '\r') {
      throw new IOException("a line of the answer ends without CR: " + line);
    }
    line.setLength(line.length() - 1);
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  /** What the server said. */
  public record Answer(int status, Map<String, String> headers, String body) {}
}
