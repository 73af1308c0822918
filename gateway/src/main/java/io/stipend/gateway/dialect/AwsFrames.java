package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.stipend.gateway.dialect.AnswerReader.BadAnswerException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import software.amazon.eventstream.HeaderValue;
import software.amazon.eventstream.Message;

/**
 * The frames of AWS's event streams: its length, that of its headers and a checksum of both, the
 * headers, the payload, a checksum of all.
 */
final class AwsFrames {
  /** Up to the first checksum. */
  static final int PRELUDE = 12;

  private static final int LENGTHS = 8;

  /** The prelude and the last checksum. */
  private static final int LEAST = 16;

  private static final String MESSAGE_TYPE = ":message-type";
  private static final String EVENT_TYPE = ":event-type";
  private static final String EXCEPTION = "exception";

  /** Whole frames of our own, one after the other. */
  private final ByteBuf all = Unpooled.buffer();

  /**
   * The length of the frame whose prelude stands there.
   *
   * @throws BadAnswerException if it is none, or longer than that
   */
  static int length(byte[] bytes, int at, int most) {
    ByteBuffer prelude = ByteBuffer.wrap(bytes, at, PRELUDE);
    int length = prelude.getInt();
    CRC32 sum = new CRC32();
    sum.update(bytes, at, LENGTHS);
    if ((int) sum.getValue() != prelude.getInt(at + LENGTHS)) {
      throw new BadAnswerException("frame: its prelude has another checksum (expected: its own)");
    }
    if (length < LEAST || length > most) {
      throw new BadAnswerException(
          "frame: " + length + " bytes (expected: " + LEAST + ".." + most + ")");
    }
    return length;
  }

  /**
   * The whole frame that stands there.
   *
   * @throws BadAnswerException if its checksum is another, or its headers are none
   */
  static Message read(byte[] bytes, int at, int length) {
    try {
      return Message.decode(ByteBuffer.wrap(bytes, at, length).slice());
    } catch (RuntimeException e) {
      throw new BadAnswerException("frame: damaged (expected: one with its own checksum)");
    }
  }

  /** The type of the event in a frame; null if it holds an error. */
  static @Nullable String event(Message frame) {
    HeaderValue kind = frame.getHeaders().get(MESSAGE_TYPE);
    HeaderValue type = frame.getHeaders().get(EVENT_TYPE);
    try {
      return kind != null && type != null && kind.getString().equals("event")
          ? type.getString()
          : null;
    } catch (RuntimeException e) {
      throw new BadAnswerException("frame: its type is no text (expected: a string)");
    }
  }

  /** Adds an event. */
  AwsFrames event(String type, JsonNode payload) {
    return add("event", EVENT_TYPE, type, payload);
  }

  /** Adds an error. */
  AwsFrames exception(String type, String message) {
    return add(EXCEPTION, ":exception-type", type, ErrorJson.message(message));
  }

  private AwsFrames add(String kind, String typeName, String type, JsonNode payload) {
    Map<String, HeaderValue> headers = new LinkedHashMap<>();
    headers.put(typeName, HeaderValue.fromString(type));
    headers.put(":content-type", HeaderValue.fromString("application/json"));
    headers.put(MESSAGE_TYPE, HeaderValue.fromString(kind));
    byte[] json = ErrorJson.text(payload).getBytes(StandardCharsets.UTF_8);
    all.writeBytes(new Message(headers, json).toByteBuffer());
    return this;
  }

  /** All that were added. */
  ByteBuf bytes() {
    return all;
  }
}
