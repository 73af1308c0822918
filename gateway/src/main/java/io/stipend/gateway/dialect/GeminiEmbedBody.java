package io.stipend.gateway.dialect;

import com.fasterxml.jackson.core.JsonToken;
import io.netty.buffer.ByteBuf;
import io.stipend.policy.ModelCall;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The body of a Gemini request for embeddings: one content, or a list of requests, each of which
 * names the model again. It must be that of the path.
 */
final class GeminiEmbedBody {
  /** The most embeddings that one request may ask for; the provider takes fewer. */
  static final int MAX_REQUESTS = 1_000;

  private static final String MODEL = "model";
  private static final String MODELS = "models/";
  private static final String CONTENT = "content";
  private static final String REQUESTS = "requests";

  private static final ProtoNames NAMES = ProtoNames.of(MODEL, CONTENT, REQUESTS);
  private static final ProtoNames ONE = ProtoNames.of(MODEL, CONTENT);

  /**
   * Where the fields stand that policy may set.
   *
   * @param models every mention of the model
   */
  record Marks(List<Span> models) {
    Marks {
      models = List.copyOf(models);
    }
  }

  /** What the body asks, and its marks. */
  record Read(ModelCall call, Marks marks) {}

  private final BodyScan scan;
  private final GeminiMedia media;
  private final String model;
  private final List<Span> models = new ArrayList<>();
  private @Nullable BadBody other;
  private int requests;

  private GeminiEmbedBody(BodyScan scan, String model) {
    this.scan = scan;
    this.media = new GeminiMedia(scan);
    this.model = model;
  }

  /**
   * Reads it.
   *
   * @param model as the path names it
   */
  static Read read(String dialect, String model, ByteBuf body) throws BadBody {
    return BodyScan.over(body, scan -> new GeminiEmbedBody(scan, model).read(dialect));
  }

  private Read read(String dialect) throws IOException, BadBody {
    NAMES.root(scan, name -> field("", name));
    if (other != null) {
      throw other;
    }
    ModelCall call =
        new ModelCall(
            dialect, Gemini.VENDOR, model, 0, 1, false, null, scan.length(), 0, 0, false, true);
    return new Read(call, new Marks(models));
  }

  private void field(String path, String name) throws IOException, BadBody {
    switch (name) {
      case MODEL -> model(path + MODEL);
      case CONTENT -> content(path + CONTENT);
      case REQUESTS -> {
        if (path.isEmpty()) {
          requests();
        } else {
          scan.skip();
        }
      }
      default -> scan.skip();
    }
  }

  private void model(String param) throws IOException, BadBody {
    String said = scan.string(param, MODELS.length() + CallFields.MAX_MODEL_LENGTH);
    if (said == null) {
      return;
    }
    if (other == null && !said.equals(model) && !said.equals(MODELS + model)) {
      other = BadBody.field(param, BodyScan.shown(said), "the model of the path");
    }
    models.add(scan.span());
  }

  /** Text alone: what else can be embedded has prices of its own, each by its kind. */
  private void content(String param) throws IOException, BadBody {
    media.walk();
    if (media.tokens() > 0 || media.dataBytes() > 0) {
      throw BadBody.unserved(
          param,
          "images and files are embedded at prices that are not metered here (expected: text)");
    }
  }

  private void requests() throws IOException, BadBody {
    if (scan.isNull()) {
      return;
    }
    if (scan.token() != JsonToken.START_ARRAY) {
      throw BadBody.field(REQUESTS, scan.shownValue(), "a list");
    }
    while (scan.parser().nextToken() != JsonToken.END_ARRAY) {
      if (scan.token() != JsonToken.START_OBJECT) {
        throw BadBody.field(REQUESTS, scan.shownValue(), "a list of objects");
      }
      if (++requests > MAX_REQUESTS) {
        throw BadBody.field(REQUESTS, "more than " + MAX_REQUESTS, "at most so many at once");
      }
      ONE.object(scan, REQUESTS + ".", name -> field(REQUESTS + ".", name));
    }
  }

  /**
   * The body with the model that policy sets, wherever it names one.
   *
   * @param body ownership passes to the result
   */
  static ByteBuf edit(ByteBuf body, Marks marks, Dialect.Edit edit) {
    Splices splices = new Splices();
    if (edit.model() != null) {
      for (Span said : marks.models()) {
        splices.replace(said, ErrorJson.quoted(MODELS + edit.model()));
      }
    }
    return splices.applyTo(body);
  }
}
