package io.stipend.gateway.dialect;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/**
 * An upper estimate of the tokens of images and documents in the messages of Converse, where a
 * block is named by its one field; and whether anything is written to the cache for an hour.
 */
final class ConverseMedia {
  private static final String HOUR = "1h";

  private final BodyScan scan;
  private final JsonParser parser;
  private long tokens;
  private long dataBytes;
  private boolean hourly;

  ConverseMedia(BodyScan scan) {
    this.scan = scan;
    this.parser = scan.parser();
  }

  long tokens() {
    return tokens;
  }

  /** Bytes of the body that are media data. */
  long dataBytes() {
    return dataBytes;
  }

  boolean hourly() {
    return hourly;
  }

  /** Walks the value at which the scan stands, up to its end. */
  void walk() throws IOException, BadBody {
    if (scan.token() == JsonToken.START_ARRAY) {
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        walk();
      }
    } else if (scan.token() == JsonToken.START_OBJECT) {
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String name = parser.currentName();
        parser.nextToken();
        block(name);
      }
    }
  }

  private void block(String name) throws IOException, BadBody {
    switch (name) {
      case "image" -> {
        data();
        tokens += Media.IMAGE_TOKENS;
      }
      case "document" -> {
        long bytes = data();
        tokens += bytes < 0 ? Media.UNSEEN_DOCUMENT_TOKENS : Media.documentTokens(bytes);
      }
      case "video", "audio" -> {
        if (!scan.isNull()) {
          throw BadBody.unserved(name, "it cannot be metered here (expected: text or images)");
        }
      }
      case "cachePoint" -> cachePoint();
      // What a tool takes and gives is text, whatever it looks like.
      case "toolUse", "json" -> scan.skip();
      default -> walk();
    }
  }

  /** Reads whether what stands before it is kept for an hour. */
  void cachePoint() throws IOException {
    String ttl = null;
    if (scan.token() != JsonToken.START_OBJECT) {
      scan.skip();
      return;
    }
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      boolean isTtl = parser.currentName().equals("ttl");
      parser.nextToken();
      ttl = isTtl ? scan.shortText(CallFields.MAX_WORD_LENGTH) : ttl;
      scan.skip();
    }
    hourly |= HOUR.equals(ttl);
  }

  /**
   * Passes over an image or a document.
   *
   * @return bytes of its base64; -1 if its data is not in the body
   */
  private long data() throws IOException, BadBody {
    if (scan.token() == JsonToken.START_ARRAY) {
      throw BadBody.field("source", "a list", "an object");
    }
    long bytes = 0;
    boolean elsewhere = false;
    int depth = scan.token() == JsonToken.START_OBJECT ? 1 : 0;
    while (depth > 0) {
      JsonToken token = parser.nextToken();
      depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
      if (token == JsonToken.FIELD_NAME) {
        elsewhere |= parser.currentName().equals("s3Location");
      } else if (token == JsonToken.VALUE_STRING && "bytes".equals(parser.currentName())) {
        bytes += scan.span().length();
      }
    }
    dataBytes += bytes;
    return elsewhere ? -1 : bytes;
  }
}
