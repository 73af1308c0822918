package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.stipend.policy.ModelCall;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request that generates nothing: Embeddings and Moderations. Policy may set its
 * model and no other field; there is no output to cap.
 */
final class PlainBody {
  private static final String MODEL = "model";
  private static final String INPUT = "input";
  private static final String TIER = "service_tier";

  /** What vLLM takes in place of {@code input}, images included. */
  private static final String MESSAGES = "messages";

  private static final Set<String> NAMES = Set.of(MODEL, INPUT, TIER, MESSAGES);

  /**
   * Where the model stands.
   *
   * @param open offset after the body's opening brace
   * @param empty whether the body has no field
   * @param model a JSON null counts as named
   */
  record Marks(int open, boolean empty, ModelMark model) {}

  /** What the body asks, and its marks. */
  record Read(ModelCall call, Marks marks) {}

  private final BodyScan scan;
  private final Media media;
  private final Prompts prompts;
  private final boolean metered;
  private final @Nullable String inPath;
  private boolean empty = true;
  private @Nullable String model;
  private @Nullable Span modelAt;
  private @Nullable String tier;

  private PlainBody(BodyScan scan, @Nullable String usualModel, @Nullable String inPath) {
    this.scan = scan;
    this.media = new Media(scan);
    this.prompts = new Prompts(scan, INPUT, Integer.MAX_VALUE);
    this.metered = usualModel == null;
    this.model = usualModel;
    this.inPath = inPath;
  }

  /**
   * A request for embeddings: metered, and its model must be named.
   *
   * @param inPath the model that the path names; null if the body must
   */
  static Read embeddings(String dialect, String vendor, @Nullable String inPath, ByteBuf body)
      throws BadBody {
    return BodyScan.over(body, scan -> new PlainBody(scan, null, inPath).read(dialect, vendor));
  }

  /**
   * A request that is free of charge.
   *
   * @param usualModel the model where the body names none
   */
  static Read free(String dialect, String vendor, ByteBuf body, String usualModel) throws BadBody {
    return BodyScan.over(body, scan -> new PlainBody(scan, usualModel, null).read(dialect, vendor));
  }

  private Read read(String dialect, String vendor) throws IOException, BadBody {
    final int open = scan.root(NAMES, this::field);
    String name = CallFields.named(ModelMark.counts(inPath, model));
    ModelCall call =
        new ModelCall(
            dialect,
            vendor,
            name,
            0,
            1,
            false,
            tier,
            scan.length() - prompts.idBytes() - media.dataBytes(),
            prompts.ids() + media.tokens(),
            0,
            false,
            metered);
    return new Read(call, new Marks(open, empty, new ModelMark(modelAt, inPath)));
  }

  private void field(String name) throws IOException, BadBody {
    empty = false;
    if (name.equals(MODEL)) {
      if (metered || !scan.isNull()) {
        model = CallFields.model(scan, inPath);
      }
      modelAt = scan.span();
      return;
    }
    if (!metered) {
      scan.skip();
      return;
    }
    switch (name) {
      case INPUT -> prompts.read();
      case MESSAGES -> media.walk();
      case TIER -> tier = scan.string(TIER, CallFields.MAX_WORD_LENGTH);
      default -> scan.skip();
    }
  }

  /**
   * The body with the model that policy sets.
   *
   * @param body ownership passes to the result
   */
  static ByteBuf edit(ByteBuf body, Marks marks, Dialect.Edit edit) {
    Splices splices = new Splices();
    String model = edit.model();
    ModelMark there = marks.model();
    there.set(splices, model);
    if (model != null && there.at() == null && there.inPath() == null) {
      String field = "\"" + MODEL + "\":" + ErrorJson.quoted(model);
      splices.insert(marks.open(), marks.empty() ? field : field + ",");
    }
    return splices.applyTo(body);
  }
}
