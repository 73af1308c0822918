package io.stipend.gateway.dialect;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An upper estimate of the tokens of images and documents in the contents of a Gemini request.
 * Audio and video have prices of their own and are refused, and so is what may be either.
 */
final class GeminiMedia {
  /**
   * The most tokens of an image: tiles of 258 tokens, of which a picture of the largest size that
   * is not scaled down, 3,072 pixels, has at most 24, as a strip of 384.
   */
  static final long IMAGE_TOKENS = 6_192;

  private static final String INLINE = "inlineData";
  private static final String FILE = "fileData";
  private static final String TYPE = "mimeType";
  private static final String URI = "fileUri";
  private static final int MAX_TYPE_LENGTH = 128;
  private static final int MAX_URI_LENGTH = 8_192;

  private static final ProtoNames PARTS = ProtoNames.of(INLINE, FILE, "partMetadata");
  private static final ProtoNames DATA = ProtoNames.of(TYPE, "data", URI);

  /** Types that are text, or pages of it. */
  private static final List<String> DOCUMENTS =
      List.of(
          "application/pdf",
          "application/json",
          "application/xml",
          "application/yaml",
          "application/rtf",
          "application/javascript",
          "application/x-javascript",
          "application/x-typescript",
          "application/x-python");

  private final BodyScan scan;
  private final JsonParser parser;
  private long tokens;
  private long dataBytes;

  GeminiMedia(BodyScan scan) {
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

  /** Content that was cached before: it is input, and the body does not show how much. */
  void cached() {
    tokens += Media.UNSEEN_DOCUMENT_TOKENS;
  }

  /** Walks the value at which the scan stands, up to its end. */
  void walk() throws IOException, BadBody {
    if (scan.token() == JsonToken.START_ARRAY) {
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        walk();
      }
    } else if (scan.token() == JsonToken.START_OBJECT) {
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String name = PARTS.canonical(parser.currentName());
        parser.nextToken();
        switch (name) {
          case INLINE, FILE -> data(name);
          // What functions take and give is text, whatever it looks like.
          case "args", "response", "partMetadata" -> scan.skip();
          default -> walk();
        }
      }
    }
  }

  /** What one part says of its data. */
  private static final class Found {
    private @Nullable String type;
    private String uri = "";
    private long bytes;
  }

  private void data(String part) throws IOException, BadBody {
    if (scan.isNull()) {
      return;
    }
    if (scan.token() != JsonToken.START_OBJECT) {
      throw BadBody.field(part, scan.shownValue(), "an object");
    }
    Found found = new Found();
    DATA.object(scan, part + ".", name -> field(part, name, found));
    String type = found.type == null ? "" : found.type.strip().toLowerCase(Locale.ROOT);
    boolean image = type.startsWith("image/");
    if (!image && !type.startsWith("text/") && !DOCUMENTS.contains(type)) {
      throw BadBody.unserved(
          part,
          (type.isEmpty() ? "data without a type" : BodyScan.shown(type))
              + " cannot be metered here (expected: an image, a PDF or text)");
    }
    if (part.equals(FILE)) {
      if (found.uri.toLowerCase(Locale.ROOT).contains("youtu")) {
        throw BadBody.unserved(part, "a video cannot be metered here (expected: a file)");
      }
      // The type is the client's word for what the provider keeps.
      tokens += Media.UNSEEN_DOCUMENT_TOKENS;
    } else {
      dataBytes += found.bytes;
      tokens += image ? IMAGE_TOKENS : Media.documentTokens(found.bytes);
    }
  }

  private void field(String part, String name, Found found) throws IOException, BadBody {
    switch (name) {
      case TYPE -> found.type = scan.string(part + "." + TYPE, MAX_TYPE_LENGTH);
      case URI -> {
        String uri = scan.string(part + "." + URI, MAX_URI_LENGTH);
        found.uri = uri == null ? "" : uri;
      }
      case "data" -> {
        if (scan.token() == JsonToken.VALUE_STRING) {
          Span span = scan.span();
          found.bytes = (long) span.end() - span.start();
        } else {
          scan.skip();
        }
      }
      default -> scan.skip();
    }
  }
}
