package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.stipend.gateway.dialect.Dialect.Edit;
import io.stipend.gateway.dialect.Dialect.Peek;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.gateway.dialect.Dialect.Unreadable;
import io.stipend.policy.ModelCall;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import java.nio.charset.StandardCharsets;

/** Requests of one dialect, written with single quotes. */
record Asking(Dialect dialect) {
  static Asking at(String path) {
    return new Asking(Dialects.at(path));
  }

  ModelCall call(String body) {
    Peek peek = peek(body);
    assertThat(peek).as(body).isInstanceOf(Peeked.class);
    return ((Peeked) peek).call();
  }

  Refusal refused(String body) {
    Peek peek = peek(body);
    assertThat(peek).as(body).isInstanceOf(Unreadable.class);
    Refusal refusal = ((Unreadable) peek).refusal();
    assertThat(refusal.reason()).isEqualTo(RefusalReason.INVALID_BODY);
    return refusal;
  }

  /** Peeks into an array at an offset and into direct memory: both must read the same. */
  private Peek peek(String body) {
    byte[] json = json(body);
    ByteBuf shifted = Unpooled.buffer().writeBytes(new byte[5]).skipBytes(5).writeBytes(json);
    ByteBuf direct = PooledByteBufAllocator.DEFAULT.directBuffer().writeBytes(json);
    Peek first = dialect.peek(Heads.post(dialect.paths().get(0)), shifted);
    assertThat(dialect.peek(Heads.post(dialect.paths().get(0)), direct)).isEqualTo(first);
    assertThat(shifted.readableBytes()).isEqualTo(json.length);
    shifted.release();
    direct.release();
    return first;
  }

  /** The body that the provider gets. */
  String edited(String body, Edit edit) {
    ByteBuf buffer = Unpooled.wrappedBuffer(json(body));
    Peeked peeked = (Peeked) dialect.peek(Heads.post(dialect.paths().get(0)), buffer);
    String text = Heads.text(dialect.edit(buffer, peeked, edit));
    assertThat(buffer.refCnt()).isZero();
    return text.replace('"', '\'');
  }

  AnswerReader reader(String body, boolean sse) {
    return Reading.reader(dialect, body.replace('\'', '"'), sse);
  }

  static byte[] json(String text) {
    return text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
  }
}
