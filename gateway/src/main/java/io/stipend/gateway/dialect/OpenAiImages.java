package io.stipend.gateway.dialect;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.netty.buffer.ByteBuf;
import io.stipend.gateway.dialect.Multipart.Part;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * OpenAI images: generations in JSON, edits in JSON or as a form, variations as a form. Charged by
 * the usage of the answer, or by the image where the model has such a price.
 */
final class OpenAiImages extends OpenAiMedia {
  private static final String MODEL = "model";

  /** The fields of JSON edits that hold images. */
  private static final Set<String> GIVEN = Set.of("images", "mask");

  /** The fields of a form that hold images, each one or a list. */
  private static final Set<String> FILES = Set.of("image", "mask", "markup");

  private static final Set<String> JSON_NAMES = union(ImageOrder.NAMES, GIVEN);

  private final boolean json;
  private final boolean form;

  private OpenAiImages(String id, String path, boolean json, boolean form) {
    super(id, path);
    this.json = json;
    this.form = form;
  }

  static OpenAiImages generations() {
    return new OpenAiImages("openai-image-generations", "/v1/images/generations", true, false);
  }

  static OpenAiImages edits() {
    return new OpenAiImages("openai-image-edits", "/v1/images/edits", true, true);
  }

  static OpenAiImages variations() {
    return new OpenAiImages("openai-image-variations", "/v1/images/variations", false, true);
  }

  private static Set<String> union(Set<String> one, Set<String> other) {
    Set<String> all = new HashSet<>(one);
    all.addAll(other);
    return Set.copyOf(all);
  }

  @Override
  Read read(@Nullable String contentType, ByteBuf body) throws BadBody {
    boolean isForm = form && (!json || Multipart.is(contentType));
    return isForm ? form(contentType, body) : BodyScan.over(body, scan -> new Body(scan).read());
  }

  private Read form(@Nullable String contentType, ByteBuf body) throws BadBody {
    FormFields fields = FormFields.of(contentType, body, ImageOrder.NAMES, Set.of());
    for (String field : ImageOrder.UNSERVED) {
      if (fields.part(field) != null) {
        throw ImageOrder.unserved(field);
      }
    }
    ImageOrder order =
        new ImageOrder(
                fields.model(),
                fields.integer(ImageOrder.N, 1, ImageOrder.MAX_IMAGES, 1),
                fields.bool(ImageOrder.STREAM),
                fields.text(ImageOrder.SIZE),
                fields.text(ImageOrder.QUALITY),
                fields.text(ImageOrder.FORMAT),
                fields.bytesBeside(FILES),
                fields.count(FILES))
            .checked();
    return read(order, null, fields.part(MODEL));
  }

  private Read read(ImageOrder order, PlainBody.@Nullable Marks marks, @Nullable Part part) {
    long given = order.images() * ImageOrder.IMAGE_TOKENS;
    return new Read(
        order.of(call(order.model(), order.n(), order.textBytes(), given)),
        new MediaMarks(marks, part, order.asked(), order.variant()));
  }

  @Override
  public AnswerReader reader(Peeked peeked, boolean sse, ReaderLimits limits) {
    MediaMarks marks = (MediaMarks) peeked.marks();
    MediaUsage.Form usage = MediaUsage.images(marks.asked(), marks.variant());
    return sse ? new MediaEvents(usage) : new MediaBody(usage);
  }

  /** One pass over the fields of a body in JSON. */
  private final class Body {
    private final BodyScan scan;
    private boolean empty = true;
    private @Nullable String model;
    private @Nullable Span modelAt;
    private int n = 1;
    private boolean stream;
    private @Nullable String size;
    private @Nullable String quality;
    private @Nullable String format;
    private long givenBytes;
    private long given;

    Body(BodyScan scan) {
      this.scan = scan;
    }

    Read read() throws IOException, BadBody {
      final int open = scan.root(JSON_NAMES, this::field);
      String name = CallFields.named(model);
      long textBytes = scan.length() - givenBytes;
      ImageOrder order =
          new ImageOrder(name, n, stream, size, quality, format, textBytes, given).checked();
      return OpenAiImages.this.read(
          order, new PlainBody.Marks(open, empty, new ModelMark(modelAt, null)), null);
    }

    private void field(String name) throws IOException, BadBody {
      empty = false;
      switch (name) {
        case MODEL -> {
          model = CallFields.model(scan);
          modelAt = scan.span();
        }
        case ImageOrder.N -> n = (int) scan.integer(name, 1, ImageOrder.MAX_IMAGES, 1);
        case ImageOrder.STREAM -> stream = scan.bool(name);
        case ImageOrder.SIZE -> size = scan.string(name, CallFields.MAX_WORD_LENGTH);
        case ImageOrder.QUALITY -> quality = scan.string(name, CallFields.MAX_WORD_LENGTH);
        case ImageOrder.FORMAT -> format = scan.string(name, CallFields.MAX_WORD_LENGTH);
        default -> {
          if (ImageOrder.UNSERVED.contains(name) && !scan.isNull()) {
            throw ImageOrder.unserved(name);
          }
          if (GIVEN.contains(name)) {
            images();
          } else {
            scan.skip();
          }
        }
      }
    }

    /** One image, or a list of them. Each is an object; what it holds is no text. */
    private void images() throws IOException {
      int from = scan.start();
      if (scan.token() == JsonToken.START_ARRAY) {
        JsonParser parser = scan.parser();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          given++;
          scan.skip();
        }
      } else if (!scan.isNull()) {
        given++;
        scan.skip();
      }
      givenBytes += scan.span().end() - from;
    }
  }
}
