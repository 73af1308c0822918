package io.stipend.metering.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.metering.Charge;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EntryCodecTest {
  private static final int SEEDS = Boolean.getBoolean("stipend.tests.full") ? 20_000 : 1_000;

  @Test
  void everyEntryIsReadAsItWasWritten() {
    for (int seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      ByteWriter out = new ByteWriter(16);
      LedgerEntry.Reserved reserved = Samples.reserved(random);
      Profile profile = Profile.of(reserved);
      LedgerEntry.Extended extended = Samples.extended(random, reserved);
      LedgerEntry.Settled settled = Samples.settled(random, reserved);
      LedgerEntry.Released released = Samples.released(reserved);
      LedgerEntry fact = Samples.fact(random, "id-" + seed);
      long clock = Samples.instant(random).toEpochMilli();
      AttemptCodec.writeAlone(out, profile, reserved);
      AttemptCodec.writeExtended(out, NameWriter.INLINE, clock, profile, extended);
      AttemptCodec.writeSettled(out, NameWriter.INLINE, clock, profile, settled);
      AttemptCodec.writeReleased(out, NameWriter.INLINE, clock, released);
      FactCodec.write(out, NameWriter.INLINE, clock, fact);

      ByteReader in = new ByteReader(out.toByteArray());
      NameReader names = NameReader.INLINE;
      AttemptId id = reserved.id();
      String why = "seed " + seed;
      assertThat(AttemptCodec.readAlone(in)).as(why).isEqualTo(reserved);
      assertThat(AttemptCodec.readExtended(in, names, clock, profile, id))
          .as(why)
          .isEqualTo(extended);
      assertThat(AttemptCodec.readSettled(in, names, clock, profile, id))
          .as(why)
          .isEqualTo(settled);
      assertThat(AttemptCodec.readReleased(in, names, clock, id)).as(why).isEqualTo(released);
      assertThat(FactCodec.read(in.u8(), in, names, clock)).as(why).isEqualTo(fact);
      assertThat(in.hasMore()).as(why).isFalse();
    }
  }

  @Test
  void numbersOfEverySizeSurvive() {
    long[] numbers = {0, 1, -1, 63, 64, -64, -65, 127, 128, Long.MAX_VALUE, Long.MIN_VALUE};
    ByteWriter out = new ByteWriter(1);
    for (long number : numbers) {
      out.zigzag(number);
      out.varint(number);
    }
    ByteReader in = new ByteReader(out.toByteArray());
    for (long number : numbers) {
      assertThat(in.zigzag()).isEqualTo(number);
      assertThat(in.varint()).isEqualTo(number);
    }
  }

  @Test
  void aCutRecordIsRefusedAtEveryByte() {
    ByteWriter out = new ByteWriter(16);
    LedgerEntry.Reserved reserved = Samples.reserved("01J");
    AttemptCodec.writeAlone(out, Profile.of(reserved), reserved);
    byte[] whole = out.toByteArray();
    for (int length = 0; length < whole.length; length++) {
      ByteReader cut = new ByteReader(java.util.Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> AttemptCodec.readAlone(cut)).isInstanceOf(LedgerException.class);
    }
  }

  @Test
  void postingsOfTheUsualFormTakeOneByte() {
    LedgerEntry.Reserved reserved = Samples.reserved("01J");
    ByteWriter out = new ByteWriter(16);
    AttemptFacts facts = reserved.facts();
    PostingCodec.write(
        out,
        NameWriter.INLINE,
        reserved.holds(),
        Profile.of(reserved).accounts(),
        new Charge(facts.expectedNanos(), facts.inputEstimate() + facts.expectedOutput()));
    assertThat(out.size()).isEqualTo(1);
  }

  @Test
  void aStringIsDefinedOnceAndItsNumberIsUsedAfterwards() throws Exception {
    BatchEncoder encoder = new BatchEncoder(1, 1, 1);
    encoder.reserved(Samples.reserved("first"), Profile.of(Samples.reserved("first")));
    int first = encoder.finish().length;
    LedgerEntry.Reserved reserved = Samples.reserved("second");
    long number = encoder.reserved(reserved, Profile.of(reserved));
    encoder.settled(number, Profile.of(reserved), Samples.settled(reserved));
    byte[] second = encoder.finish();
    assertThat(number).isEqualTo(2);
    assertThat(second.length).isLessThan(first / 2).isLessThan(150);
    assertThat(new String(second, java.nio.charset.StandardCharsets.ISO_8859_1))
        .doesNotContain("claude-opus")
        .doesNotContain("person/ada");
  }

  @Test
  void memoryOfWhatWasDefinedIsBounded() {
    Map<Integer, Integer> recent = new RecentMap<>(10);
    for (int i = 0; i < 1_000; i++) {
      recent.put(i, i);
      recent.get(0);
    }
    assertThat(recent).hasSize(10).containsKey(0).containsKey(999);
    assertThat(new HashMap<>(recent)).doesNotContainKey(500);
  }
}
