package io.stipend.gateway.dialect;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * An upper estimate of the tokens of images and documents in messages. Their data is no text: it
 * leaves the count of text bytes, and these estimates stand for it.
 */
final class Media {
  /** The most tokens of an image: a picture at full size in tiles or patches stays below. */
  static final long IMAGE_TOKENS = 3_000;

  /**
   * Bytes of base64 for each token of a document: a page has about 3,000 tokens as text and image
   * together, and takes more than 9,000 bytes with its share of fonts.
   */
  private static final long DOCUMENT_BYTES_PER_TOKEN = 3;

  /** The least that a document is taken for: one page. */
  private static final long MIN_DOCUMENT_TOKENS = 3_000;

  /** The most that a document is taken for: the largest context of any model. */
  private static final long MAX_DOCUMENT_TOKENS = 1_000_000;

  /** A document named by id or address, whose size the body does not show: a usual context. */
  static final long UNSEEN_DOCUMENT_TOKENS = 200_000;

  /** An item of an earlier answer that stands at the provider. */
  private static final String REFERENCE = "item_reference";

  /** Types and media types are short; a longer string is none. */
  private static final int TYPE_LENGTH = 128;

  private final BodyScan scan;
  private final JsonParser parser;
  private long tokens;
  private long dataBytes;

  Media(BodyScan scan) {
    this.scan = scan;
    this.parser = scan.parser();
  }

  /** What a document is taken for that stands in the body with so many bytes of base64. */
  static long documentTokens(long base64Bytes) {
    long byLength = base64Bytes / DOCUMENT_BYTES_PER_TOKEN;
    return Math.max(MIN_DOCUMENT_TOKENS, Math.min(MAX_DOCUMENT_TOKENS, byLength));
  }

  long tokens() {
    return tokens;
  }

  /** Bytes of the body that are media data. */
  long dataBytes() {
    return dataBytes;
  }

  /** Walks the value at which the scan stands, up to its end. */
  void walk() throws IOException, BadBody {
    if (scan.token() == JsonToken.START_ARRAY) {
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        walk();
      }
    } else if (scan.token() == JsonToken.START_OBJECT) {
      object();
    }
  }

  private void object() throws IOException, BadBody {
    String type = null;
    Source source = null;
    Source own = null;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      parser.nextToken();
      switch (name) {
        case "file_data", "file_id", "file_url" -> own = own(name, own);
        case "type" -> {
          type = scan.shortText(TYPE_LENGTH);
          scan.skip();
        }
        case "source", "file" -> source = source();
        case "image_url" -> {
          imageUrl();
          tokens += IMAGE_TOKENS;
        }
        case "input_audio", "audio" -> {
          if (!scan.isNull()) {
            throw BadBody.unserved(name, "audio cannot be metered here (expected: text or images)");
          }
        }
        // The input of a tool call is text, whatever it looks like.
        case "input" -> scan.skip();
        default -> walk();
      }
    }
    if (source != null && source.present()) {
      tokens += "image".equals(type) ? IMAGE_TOKENS : source.documentTokens();
    }
    if (own != null && type != null) {
      part(type, own);
    } else if (REFERENCE.equals(type)) {
      tokens += UNSEEN_DOCUMENT_TOKENS;
    }
  }

  /** Parts of Responses name their data beside their type; elsewhere such a field is text. */
  private void part(String type, Source own) {
    switch (type) {
      case "input_file" -> {
        dataBytes += own.base64Bytes();
        tokens += own.documentTokens();
      }
      case "input_image" -> tokens += IMAGE_TOKENS;
      default -> {}
    }
  }

  private @Nullable Source own(String name, @Nullable Source before) throws IOException {
    if (scan.token() != JsonToken.VALUE_STRING) {
      scan.skip();
      return before;
    }
    if (!name.equals("file_data")) {
      return new Source(before == null ? 0 : before.base64Bytes(), true);
    }
    Span span = scan.span();
    return new Source(span.end() - span.start(), before != null && before.reference());
  }

  /**
   * What a content part says of its data.
   *
   * @param base64Bytes length of the data; 0 if it is not in the body
   * @param reference whether an address or id stands for the data
   */
  private record Source(long base64Bytes, boolean reference) {
    boolean present() {
      return base64Bytes > 0 || reference;
    }

    long documentTokens() {
      return base64Bytes == 0 ? UNSEEN_DOCUMENT_TOKENS : Media.documentTokens(base64Bytes);
    }
  }

  private @Nullable Source source() throws IOException, BadBody {
    if (scan.token() != JsonToken.START_OBJECT) {
      walk();
      return null;
    }
    String type = null;
    long data = 0;
    boolean isUrl = false;
    boolean reference = false;
    JsonToken token = parser.nextToken();
    while (token != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      token = parser.nextToken();
      if (token != JsonToken.VALUE_STRING) {
        walk();
        token = parser.nextToken();
        continue;
      }
      int start = scan.start();
      boolean inUrl = scan.startsWith("data:");
      if (name.equals("type")) {
        type = scan.shortText(TYPE_LENGTH);
      }
      // The next token begins where this string has been passed over, not decoded.
      token = parser.nextToken();
      switch (name) {
        case "data", "file_data" -> data += scan.start() - start;
        case "url" -> {
          data += inUrl ? scan.start() - start : 0;
          isUrl = inUrl;
          reference |= !inUrl;
        }
        case "file_id", "file_url" -> reference = true;
        default -> {}
      }
    }
    // Text in a source is text; only what is marked as data is none.
    if ("text".equals(type) || (data == 0 && !reference && !isUrl)) {
      return null;
    }
    dataBytes += data;
    return new Source(data, reference);
  }

  private void imageUrl() throws IOException, BadBody {
    if (scan.token() != JsonToken.VALUE_STRING) {
      source();
    } else if (scan.startsWith("data:")) {
      Span span = scan.span();
      dataBytes += span.end() - span.start();
    }
  }
}
