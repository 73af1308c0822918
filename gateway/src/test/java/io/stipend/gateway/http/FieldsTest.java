package io.stipend.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class FieldsTest {
  private static final String[] NAMES = {"Host", "host", "X-A", "x-b", "x-a", "Content-Length"};

  /** Netty's own implementation is the judge; what it has in buckets may come in another order. */
  @Test
  void anyChangesLeaveWhatNettysHeadersHold() {
    Random random = new Random(7);
    for (int run = 0; run < 500; run++) {
      HttpHeaders ours = new Fields();
      HttpHeaders theirs = new DefaultHttpHeaders();
      for (int step = 0; step < 40; step++) {
        CharSequence name = NAMES[random.nextInt(NAMES.length)];
        if (random.nextBoolean()) {
          name = new AsciiString(name);
        }
        int change = random.nextInt(6);
        change(ours, change, name, step);
        change(theirs, change, name, step);
        assertThat(ours.size()).isEqualTo(theirs.size());
        for (String each : NAMES) {
          assertThat(ours.getAll(each)).isEqualTo(theirs.getAll(each));
          assertThat(ours.get(new AsciiString(each))).isEqualTo(theirs.get(each));
          assertThat(ours.contains(each)).isEqualTo(theirs.contains(each));
        }
      }
    }
  }

  private static void change(HttpHeaders headers, int change, CharSequence name, int step) {
    switch (change) {
      case 0, 1 -> headers.add(name, "v" + step);
      case 2 -> headers.set(name, "v" + step);
      case 3 -> headers.remove(name);
      case 4 -> headers.set(name.toString(), List.of("a" + step, "b" + step));
      default -> headers.setInt(name, step);
    }
  }

  @Test
  void fieldsKeepTheirOrderAndTheirSpelling() {
    Fields fields = new Fields();
    for (int i = 0; i < 40; i++) {
      fields.append("Name-" + i, "value " + i);
    }
    fields.remove("name-7");
    assertThat(fields.size()).isEqualTo(39);
    assertThat(fields.name(6).toString()).isEqualTo("Name-6");
    assertThat(fields.name(7).toString()).isEqualTo("Name-8");
    assertThat(fields.value(38).toString()).isEqualTo("value 39");
    assertThat(fields.is(38, AsciiString.of("name-39"))).isTrue();
    assertThat(fields.first("none")).isNull();
    assertThat(Fields.copyOf(fields).entries()).isEqualTo(fields.entries());
    assertThat(fields.copy().names()).hasSize(39);
    assertThat(Fields.copyOf(new DefaultHttpHeaders().add("a", "1").add("b", "2")).entries())
        .extracting(Object::toString)
        .containsExactly("a=1", "b=2");
  }

  @Test
  void itsIteratorEnds() {
    var it = new Fields().append("a", "1").iteratorCharSequence();
    assertThat(it.next().getValue().toString()).isEqualTo("1");
    assertThat(it.hasNext()).isFalse();
    assertThatThrownBy(it::next).isInstanceOf(NoSuchElementException.class);
  }
}
