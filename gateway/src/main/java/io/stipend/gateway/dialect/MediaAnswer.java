package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageReport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An answer of sound, images or a transcript. All of it passes at once, megabytes in one string or
 * one event as well, and nothing is ever added: how much was generated shows only in the usage that
 * comes with its end, so that it is held for whole and never cut.
 */
abstract class MediaAnswer implements AnswerReader {
  private final MediaFields fields = new MediaFields();
  private final MediaUsage.Form form;

  MediaAnswer(MediaUsage.Form form) {
    this.form = form;
  }

  /** Sound as it is: its bytes tell nothing. */
  static MediaAnswer ofBytes() {
    return new MediaBytes();
  }

  final MediaFields fields() {
    return fields;
  }

  /** Looks at the next bytes. */
  abstract void look(byte[] bytes, int length);

  @Override
  public final void read(ByteBuf in, Consumer<ByteBuf> client) {
    int length = in.readableBytes();
    if (length == 0) {
      in.release();
      return;
    }
    byte[] bytes = Scratch.take(length);
    try {
      in.getBytes(in.readerIndex(), bytes, 0, length);
      look(bytes, length);
    } finally {
      Scratch.give(bytes);
    }
    client.accept(in);
  }

  @Override
  public @Nullable UsageReport usage() {
    UsageReport report =
        fields.usage() == null ? null : form.report(fields.usage(), fields.model());
    return report == null ? null : suspected(report);
  }

  /** No request is empty, and what was generated is no less than a token. */
  private UsageReport suspected(UsageReport report) {
    TokenUsage usage = report.total();
    boolean bySeconds = report.units().of(Meter.SECOND) > 0;
    boolean silent = usage.inputTotal() == 0 || (usage.output() == 0 && fields.generated());
    return bySeconds || !silent || report.absurd()
        ? report
        : new UsageReport(
            report.parts(), report.modelServed(), report.serviceTier(), true, report.variant());
  }

  @Override
  public final boolean overtaken() {
    return false;
  }

  @Override
  public final @Nullable UsageReport inputOnly() {
    return null;
  }

  @Override
  public final long textBytes() {
    return 0;
  }

  @Override
  public final long textEvents() {
    return 0;
  }

  @Override
  public final String text() {
    return "";
  }

  @Override
  public final @Nullable String modelServed() {
    return fields.model();
  }

  /** Nothing: it is never cut. */
  @Override
  public final ByteBuf cutEnding(long inputTokens, long outputTokens) {
    return Unpooled.EMPTY_BUFFER;
  }

  /** Nothing: an answer that broke is told by its broken end. */
  @Override
  public final ByteBuf errorEnding(String message) {
    return Unpooled.EMPTY_BUFFER;
  }

  @Override
  public final void close() {
    fields.forget();
  }
}
