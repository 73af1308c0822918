package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.stipend.metering.UsageReport;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An answer in one JSON body. The bytes pass at once; a byte-wise tracker follows strings and depth
 * and keeps only the top-level fields that tell of usage, so that memory is bounded whatever the
 * size of the body.
 */
final class WholeBody implements AnswerReader {
  /** The longest field that is kept; a longer usage is none. */
  private static final int MAX_KEPT_BYTES = 64 * 1_024;

  /** The longest key of interest. */
  private static final int MAX_KEY_BYTES = 24;

  private static final int FIRST_KEPT_BYTES = 64;

  private static final byte[] TIER = EventScan.key("service_tier");
  private static final byte[] ID = EventScan.key("id");

  /** Keys whose strings are generated text, in any dialect. */
  private static final byte[][] TEXT =
      EventScan.keys(
          "content", "reasoning_content", "reasoning", "refusal", "arguments", "text", "thinking");

  private enum Field {
    USAGE,
    MODEL,
    TIER,
    ID
  }

  /** Turns the fields of a body into a report. */
  interface Form {
    @Nullable UsageReport report(
        JsonNode usage, @Nullable String model, @Nullable String tier, long textBytes);
  }

  private final Form form;
  private final byte[] usageKey;
  private final byte[] modelKey;
  private int depth;
  private boolean inString;
  private boolean escape;
  private boolean ended;

  /** The beginning of the last string, which becomes a key if a colon follows. */
  private final byte[] string = new byte[MAX_KEY_BYTES];

  private int stringLength;
  private final byte[] key = new byte[MAX_KEY_BYTES];
  private int keyLength;

  /** The value being kept, from after its colon; null if none is. */
  private byte @Nullable [] kept;

  private int keptLength;
  private Field keptField = Field.USAGE;

  private @Nullable JsonNode usage;
  private @Nullable String model;
  private @Nullable String tier;
  private @Nullable String id;
  private long textBytes;
  private long texts;

  WholeBody(Form form) {
    this(form, "usage", "model");
  }

  /** Of a dialect that names these two fields otherwise. */
  WholeBody(Form form, String usageKey, String modelKey) {
    this.form = form;
    this.usageKey = EventScan.key(usageKey);
    this.modelKey = EventScan.key(modelKey);
  }

  @Override
  public void read(ByteBuf in, Consumer<ByteBuf> client) {
    int length = in.readableBytes();
    byte[] bytes = Scratch.take(length);
    try {
      in.getBytes(in.readerIndex(), bytes, 0, length);
      int i = 0;
      while (i < length) {
        int plain = inString && !escape && kept == null ? plain(bytes, i, length) : 0;
        stringLength += plain;
        i += plain;
        if (i < length) {
          step(bytes[i++]);
        }
      }
    } finally {
      Scratch.give(bytes);
    }
    if (length > 0) {
      client.accept(in);
    } else {
      in.release();
    }
  }

  /** How many bytes of a long string can be passed over: neither its end, an escape nor a key. */
  private int plain(byte[] bytes, int from, int to) {
    return stringLength < MAX_KEY_BYTES ? 0 : ByteSearch.quoteOrEscape(bytes, from, to) - from;
  }

  private void step(byte b) {
    if (inString) {
      inString(b);
      return;
    }
    switch (b) {
      case '"' -> {
        inString = true;
        stringLength = 0;
      }
      case ':' -> colon();
      case ',', '}', ']' -> separator(b);
      case '{', '[' -> {
        depth++;
        keyLength = 0;
      }
      default -> {}
    }
    if (b != ':' || depth > 1) {
      keep(b);
    }
  }

  private void inString(byte b) {
    keep(b);
    if (escape) {
      escape = false;
    } else if (b == '\\') {
      escape = true;
    } else if (b == '"') {
      inString = false;
      return;
    }
    if (stringLength < MAX_KEY_BYTES) {
      string[stringLength] = b;
    }
    stringLength++;
  }

  private void colon() {
    keyLength = Math.max(0, Math.min(stringLength, MAX_KEY_BYTES));
    System.arraycopy(string, 0, key, 0, keyLength);
    stringLength = -1;
    Field field = depth == 1 ? field() : null;
    if (field != null) {
      keptField = field;
      kept = new byte[FIRST_KEPT_BYTES];
      keptLength = 0;
    }
  }

  private @Nullable Field field() {
    if (is(usageKey)) {
      return Field.USAGE;
    }
    return is(modelKey) ? Field.MODEL : is(TIER) ? Field.TIER : is(ID) ? Field.ID : null;
  }

  private boolean is(byte[] name) {
    return Arrays.equals(key, 0, keyLength, name, 0, name.length);
  }

  private void separator(byte b) {
    if (stringLength > 0 && depth > 1 && isText()) {
      textBytes += stringLength;
      texts++;
    }
    stringLength = -1;
    if (depth == 1) {
      finish();
    }
    if (b != ',') {
      depth--;
    }
    keyLength = 0;
  }

  private boolean isText() {
    for (byte[] name : TEXT) {
      if (is(name)) {
        return true;
      }
    }
    return false;
  }

  private void keep(byte b) {
    byte[] value = kept;
    if (value == null) {
      return;
    }
    if (keptLength == MAX_KEPT_BYTES) {
      kept = null;
      return;
    }
    if (keptLength == value.length) {
      value = Arrays.copyOf(value, Math.min(MAX_KEPT_BYTES, 2 * value.length));
      kept = value;
    }
    value[keptLength++] = b;
  }

  /** A top-level value has ended. */
  private void finish() {
    byte[] value = kept;
    kept = null;
    if (value == null) {
      return;
    }
    if (keptField == Field.USAGE) {
      JsonNode read = UsageJson.object(value, 0, keptLength);
      usage = read == null ? usage : read;
    } else if (keptField == Field.MODEL) {
      model = word(value, CallFields.MAX_MODEL_LENGTH, model);
    } else if (keptField == Field.ID) {
      id = word(value, CallFields.MAX_MODEL_LENGTH, id);
    } else {
      tier = word(value, CallFields.MAX_WORD_LENGTH, tier);
    }
  }

  private @Nullable String word(byte[] value, int maxLength, @Nullable String old) {
    int from = 0;
    while (from < keptLength && value[from] <= ' ') {
      from++;
    }
    int to = keptLength;
    while (to > from && value[to - 1] <= ' ') {
      to--;
    }
    if (to - from <= 2 || value[from] != '"' || to - from > maxLength) {
      return old;
    }
    return new String(JsonText.unescaped(value, from + 1, to - 1), StandardCharsets.UTF_8);
  }

  @Override
  public void end(Consumer<ByteBuf> client) {
    ended = true;
  }

  @Override
  public @Nullable UsageReport usage() {
    JsonNode read = usage;
    return read == null ? null : form.report(read, model, tier, textBytes);
  }

  @Override
  public boolean complete() {
    return ended && usage != null;
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
    kept = null;
  }
}
