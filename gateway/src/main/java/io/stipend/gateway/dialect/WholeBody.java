package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An answer in one JSON body. The bytes pass at once; of them only the top-level fields are kept
 * that tell of usage.
 */
final class WholeBody extends TopFields implements AnswerReader {
  private static final int USAGE = 0;
  private static final int MODEL = 1;
  private static final int ID = 3;

  /** No field has this name: of what an answer does not say. */
  static final String UNSAID = "(unsaid)";

  /** Keys whose strings are generated text, in any dialect. */
  private static final byte[][] TEXT =
      EventScan.keys(
          "content", "reasoning_content", "reasoning", "refusal", "arguments", "text", "thinking");

  /** Turns the fields of a body into a report. */
  interface Form {
    @Nullable UsageReport report(
        JsonNode usage, @Nullable String model, @Nullable String tier, long textBytes);
  }

  private final Form form;
  private final BodyWatch watch;
  private boolean ended;
  private @Nullable JsonNode usage;
  private @Nullable String model;
  private @Nullable String tier;
  private @Nullable String id;
  private long textBytes;
  private long texts;

  WholeBody(Form form) {
    this(form, BodyWatch.NOTHING);
  }

  /** Of an answer in which this is to be looked for. */
  WholeBody(Form form, BodyWatch watch) {
    this(form, "usage", "model", watch);
  }

  /** Of a dialect that names these two fields otherwise. */
  WholeBody(Form form, String usageKey, String modelKey, BodyWatch watch) {
    super(usageKey, modelKey, "service_tier", "id");
    this.form = form;
    this.watch = watch;
  }

  @Override
  public void read(ByteBuf in, Consumer<ByteBuf> client) {
    int length = in.readableBytes();
    byte[] bytes = Scratch.take(length);
    try {
      in.getBytes(in.readerIndex(), bytes, 0, length);
      scan(bytes, 0, length);
    } finally {
      Scratch.give(bytes);
    }
    if (length > 0) {
      client.accept(in);
    } else {
      in.release();
    }
  }

  @Override
  void opened(int at) {
    watch.open(at, this);
  }

  @Override
  void string(int at, long bytes) {
    if (at > 1 && isText()) {
      textBytes += bytes;
      texts++;
    }
    watch.string(at, this);
  }

  private boolean isText() {
    for (byte[] name : TEXT) {
      if (keyIs(name)) {
        return true;
      }
    }
    return false;
  }

  @Override
  void closed(int at) {
    watch.close(at);
  }

  @Override
  void value(int field, byte[] raw, int length) {
    if (field == USAGE) {
      JsonNode read = UsageJson.object(raw, 0, length);
      usage = read == null ? usage : read;
    } else if (field == MODEL) {
      model = word(raw, length, CallFields.MAX_MODEL_LENGTH, model);
    } else if (field == ID) {
      id = word(raw, length, CallFields.MAX_MODEL_LENGTH, id);
    } else {
      tier = word(raw, length, CallFields.MAX_WORD_LENGTH, tier);
    }
  }

  @Override
  public void end(Consumer<ByteBuf> client) {
    ended = true;
  }

  @Override
  public @Nullable UsageReport usage() {
    JsonNode read = usage;
    UsageReport report = read == null ? null : form.report(read, model, tier, textBytes);
    return report == null ? null : report.and(watch.unsaid());
  }

  @Override
  public Units units() {
    return watch.units();
  }

  @Override
  public boolean complete() {
    return ended && usage != null;
  }

  @Override
  public boolean cutShort() {
    return isOpen();
  }

  @Override
  public boolean overtaken() {
    return false;
  }

  @Override
  public @Nullable UsageReport inputOnly() {
    return null;
  }

  @Override
  public long textBytes() {
    return textBytes;
  }

  @Override
  public long textEvents() {
    return texts;
  }

  @Override
  public String text() {
    return "";
  }

  @Override
  public @Nullable String storedId() {
    return id;
  }

  @Override
  public @Nullable String modelServed() {
    return model;
  }

  /** Nothing: a body cannot be ended early in a form that its reader would take. */
  @Override
  public ByteBuf cutEnding(long inputTokens, long outputTokens) {
    return Unpooled.EMPTY_BUFFER;
  }

  /** Nothing: a body that broke is told by its broken end. */
  @Override
  public ByteBuf errorEnding(String message) {
    return Unpooled.EMPTY_BUFFER;
  }

  @Override
  public void close() {
    forget();
  }
}
