package io.stipend.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.stipend.gateway.server.RequestHandler.Inbound;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What comes while the keys of an issuer are fetched. */
class IntroducingTest {
  private final List<String> seen = new ArrayList<>();
  private final Introducing waiting = new Introducing();
  private final ByteBuf body = Unpooled.buffer().writeByte(1);
  private final Refusal refusal = Refusal.of(RefusalReason.BODY_TOO_LARGE, "much");

  private final Inbound next =
      new Inbound() {
        @Override
        public void body(ByteBuf whole) {
          seen.add("body");
          whole.release();
        }

        @Override
        public void badBody(int status, Refusal bad) {
          seen.add("bad " + status + " " + bad.message());
        }

        @Override
        public void writable() {
          seen.add("writable");
        }

        @Override
        public void gone() {
          seen.add("gone");
        }
      };

  private Inbound begun() {
    seen.add("begun");
    return next;
  }

  @Test
  void aBodyThatCameBeforeOrComesAfterIsPassedOnOnce() {
    waiting.body(body);
    assertThat(seen).isEmpty();
    waiting.done(this::begun);
    waiting.writable();
    waiting.gone();
    assertThat(seen).containsExactly("begun", "body", "writable", "gone");
    assertThat(body.refCnt()).isZero();

    Introducing later = new Introducing();
    seen.clear();
    later.writable();
    later.done(this::begun);
    later.body(Unpooled.buffer());
    assertThat(seen).containsExactly("begun", "body");
  }

  @Test
  void aBadBodyIsToldAfterTheCredential() {
    waiting.badBody(408, refusal);
    waiting.done(this::begun);
    assertThat(seen).containsExactly("begun", "bad 408 much");
    Introducing later = new Introducing();
    seen.clear();
    later.done(this::begun);
    later.badBody(0, refusal);
    assertThat(seen).containsExactly("begun", "bad 0 much");
    body.release();
  }

  @Test
  void nothingIsBegunForAClientThatHasGone() {
    waiting.body(body);
    waiting.gone();
    waiting.done(this::begun);
    assertThat(seen).isEmpty();
    assertThat(body.refCnt()).isZero();
  }
}
