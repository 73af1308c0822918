package io.stipend.metering.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InFlightTableTest {
  private static final int HEADER = 4096;

  @TempDir Path folder;
  private Path path;

  @BeforeEach
  void path() {
    path = folder.resolve("table");
  }

  private InFlightTable open() {
    return InFlightTable.open(path, 4, InFlightTable.read(path), 0, Storage.DISK);
  }

  private static int take(InFlightTable table, LedgerEntry.Reserved reserved) {
    return table.take(new KnownProfile(Profile.of(reserved)), reserved);
  }

  private List<Slot.Content> read() {
    return InFlightTable.read(path).contents();
  }

  @Test
  void whatWasWrittenIsReadWithoutClosing() {
    InFlightTable table = open();
    LedgerEntry.Reserved first = Samples.reserved("first");
    LedgerEntry.Reserved second = Samples.reserved("second");
    take(table, first);
    int slot = take(table, second);
    table.sent(slot);
    table.progress(slot, 1, 10, 100);
    table.progress(slot, 2, 20, 200);
    table.progress(slot, 3, 30, 300);
    assertThat(read())
        .containsExactly(
            new Slot.Content(first, false, 0, 0), new Slot.Content(second, true, 30, 300));
    table.free(new int[] {slot}, 1);
    assertThat(read()).containsExactly(new Slot.Content(first, false, 0, 0));
  }

  @Test
  void aTornSlotCountsAsAbsentWhicheverByteIsWrong() throws Exception {
    InFlightTable table = open();
    LedgerEntry.Reserved reserved = Samples.reserved("first");
    table.sent(take(table, reserved));
    byte[] whole = Files.readAllBytes(path);
    ByteWriter body = new ByteWriter(64);
    assertThat(Slot.body(body, new KnownProfile(Profile.of(reserved)), reserved)).isTrue();
    int bytes = body.size();
    for (int i = 0; i < bytes; i++) {
      byte[] torn = whole.clone();
      torn[HEADER + 88 + i] ^= 0x40;
      Files.write(path, torn);
      InFlightTable.Leftover left = InFlightTable.read(path);
      assertThat(left.contents()).as("byte " + i).isEmpty();
      assertThat(left.taken()).hasSize(1);
    }
  }

  @Test
  void aTornProgressMarkLeavesTheOneBefore() throws Exception {
    InFlightTable table = open();
    int slot = take(table, Samples.reserved("first"));
    table.sent(slot);
    table.progress(slot, 1, 10, 100);
    table.progress(slot, 2, 20, 200);
    byte[] whole = Files.readAllBytes(path);
    // Even counts stand in the first mark.
    for (int i = 0; i < 28; i++) {
      byte[] torn = whole.clone();
      torn[HEADER + 24 + i] ^= 0x01;
      Files.write(path, torn);
      assertThat(read().get(0).outputTokens()).as("byte " + i).isEqualTo(10);
      assertThat(read().get(0).nanos()).isEqualTo(100);
    }
  }

  @Test
  void marksOfAnEarlierUseOfTheSlotAreForgotten() {
    InFlightTable table = open();
    int slot = take(table, Samples.reserved("first"));
    table.progress(slot, 1, 10, 100);
    table.free(new int[] {slot}, 1);
    assertThat(take(table, Samples.reserved("second"))).isEqualTo(slot);
    assertThat(read().get(0).outputTokens()).isZero();
  }

  @Test
  void aTableIsUsedAgainWithAllSlotsFree() {
    InFlightTable table = open();
    for (int i = 0; i < 4; i++) {
      assertThat(take(table, Samples.reserved("x" + i))).isNotNegative();
    }
    assertThat(take(table, Samples.reserved("full"))).isNegative();
    InFlightTable again = open();
    assertThat(read()).isEmpty();
    for (int i = 0; i < 4; i++) {
      assertThat(take(again, Samples.reserved("y" + i))).isNotNegative();
    }
  }

  @Test
  void aTableCutWhileItWasMadeIsMadeAnew() throws Exception {
    Files.write(path, new byte[100]);
    open();
    Files.write(path, new byte[HEADER + 17]);
    assertThat(take(open(), Samples.reserved("x"))).isNotNegative();
  }

  @Test
  void aTableOfANewerVersionIsRefused() throws Exception {
    open();
    byte[] bytes = Files.readAllBytes(path);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(8, 4);
    Files.write(path, bytes);
    assertThatThrownBy(this::open)
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("version 4");
  }

  @Test
  void aTableOfTheVersionBeforeIsReadAndThenMadeAnew() throws Exception {
    LedgerEntry.Reserved reserved = Samples.reserved("first");
    InFlightTable before = open();
    before.sent(take(before, reserved));
    byte[] bytes = Files.readAllBytes(path);
    // Version 1 had no word for what was acknowledged.
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(8, 1).putLong(24, 77);
    Files.write(path, bytes);

    InFlightTable.Leftover left = InFlightTable.read(path);
    assertThat(left.contents()).containsExactly(new Slot.Content(reserved, true, 0, 0));
    assertThat(left.acknowledged()).isZero();
    open().acknowledge(5);
    assertThat(InFlightTable.read(path))
        .isEqualTo(new InFlightTable.Leftover(List.of(), List.of(), 4, 5, Storage.DISK.run()));
  }
}
