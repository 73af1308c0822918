package io.stipend.metering.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.metering.Charge;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
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
  void everyKindOfFactIsReadAsItWasWrittenAndRefusedWhereItIsCut() {
    Random random = new Random(20261123);
    Set<Integer> tags = new TreeSet<>();
    for (int kind = 0; kind < Samples.ALL_FACTS; kind++) {
      LedgerEntry fact = Samples.fact(random, kind, "id");
      byte[] whole = LedgerTables.body(fact);
      tags.add((int) whole[0]);
      ByteReader in = new ByteReader(whole);
      assertThat(FactCodec.read(in.u8(), in, NameReader.INLINE, 0)).isEqualTo(fact);
      for (int length = 1; length < whole.length; length++) {
        ByteReader cut = new ByteReader(java.util.Arrays.copyOf(whole, length));
        assertThatThrownBy(() -> FactCodec.read(cut.u8(), cut, NameReader.INLINE, 0))
            .as("%s cut at %d", fact, length)
            .isInstanceOf(LedgerException.class);
      }
    }
    assertThat(tags).containsExactlyElementsOf(FactCodec.tags());
  }

  @Test
  void aGrantFromBeforeThereWerePrioritiesHasPriority0() {
    LedgerEntry.Granted granted = Samples.granted("g1", Samples.ADA, -400);
    ByteWriter out = new ByteWriter(16);
    out.u8(0x10);
    out.zigzag(granted.at().toEpochMilli() - 7);
    out.text("g1");
    out.text(Samples.ADA.toString());
    out.zigzag(-400);
    out.u8(0);
    out.text("");
    out.text("stipend");
    out.u8(0);
    ByteReader in = new ByteReader(out.toByteArray());
    assertThat(FactCodec.read(in.u8(), in, NameReader.INLINE, 7)).isEqualTo(granted);
    assertThat(in.hasMore()).isFalse();
  }

  @Test
  void aRecordOfWhatCannotBeIsRefused() {
    for (long amount : new long[] {0, -1, Long.MIN_VALUE}) {
      ByteWriter out = new ByteWriter(16);
      out.zigzag(0);
      out.text("x1");
      out.text(Samples.ADA.toString());
      out.text("lot");
      out.zigzag(amount);
      ByteReader in = new ByteReader(out.toByteArray());
      assertThatThrownBy(() -> FactCodec.read(FactCodec.EXPIRED, in, NameReader.INLINE, 0))
          .isInstanceOf(LedgerException.class)
          .hasMessageContaining("amount: " + amount + " (expected: at least 1)");
    }
    assertThatThrownBy(
            () -> FactCodec.read(0xFF, new ByteReader(new byte[9]), NameReader.INLINE, 0))
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("tag 255");
    assertThatThrownBy(
            () ->
                new LedgerEntry.Transferred(
                    Samples.NOW, "t", Samples.ADA, Samples.BOB, 1, "", "root", null))
        .hasMessageContaining(Samples.BOB + " (expected: another account that counts USD)");
    assertThatThrownBy(
            () -> new LedgerEntry.Rolled(Samples.NOW, Samples.ADA, null, List.of(), 0, 0, 1))
        .hasMessageContaining("owed 1 (expected: an account)");
  }

  @Test
  void entriesAreTheSameWhateverTheirTimeAndNothingElse() {
    Random random = new Random(7);
    for (int kind = 0; kind < Samples.ALL_FACTS; kind++) {
      LedgerEntry fact = Samples.fact(random, kind, "id");
      byte[] body = LedgerTables.body(fact);
      ByteReader in = new ByteReader(body);
      LedgerEntry later = FactCodec.read(in.u8(), in, NameReader.INLINE, 12_345);
      assertThat(later.at()).isEqualTo(fact.at().plusMillis(12_345));
      assertThat(FactCodec.same(fact, later)).as("%s", fact).isTrue();
      assertThat(FactCodec.same(fact, Samples.fact(random, kind, "other"))).isFalse();
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
