package io.stipend.policy.budget;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.ledger.Lot;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LotsTest {
  private static final Instant START = Instant.parse("2026-11-01T00:00:00Z");
  private static final Instant MIDDLE = Instant.parse("2026-11-15T00:00:00Z");
  private static final Instant END = Instant.parse("2026-12-01T00:00:00Z");
  private static final Instant LATER = Instant.parse("2027-01-01T00:00:00Z");

  private static Lot lot(String id, long amount, int priority, Instant expiresAt, Instant granted) {
    return new Lot(id, amount, priority, expiresAt, granted, 0);
  }

  private static List<String> order(Lot... lots) {
    return Lots.spread(Arrays.asList(lots), 0, END).left().stream().map(l -> l.lot().id()).toList();
  }

  private static long left(Lots lots, String id) {
    return lots.left().stream().filter(l -> l.lot().id().equals(id)).findFirst().get().amount();
  }

  @Test
  void priorityThenEarliestEndThenEarliestGrantBurnsFirst() {
    assertThat(
            order(
                lot("late", 1, 0, LATER, START),
                lot("period", 1, 0, null, START),
                lot("bonus", 1, 0, null, START.plusSeconds(9)),
                lot("soon", 1, 0, MIDDLE, START.plusSeconds(5)),
                lot("last", 1, 7, MIDDLE, START),
                lot("first", 1, -1, LATER, START)))
        .containsExactly("first", "soon", "period", "bonus", "late", "last");
  }

  @Test
  void whatWasCarriedOverBurnsBeforeTheGrantOfThePeriodThatEndsWithIt() {
    assertThat(
            order(
                lot("recurring:a", 400, 0, null, START),
                lot("carry:a", 100, 0, END, START.plusSeconds(60))))
        .containsExactly("carry:a", "recurring:a");
  }

  @Test
  void whatWasGivenBackBeyondAllUseIsLeftOfTheRecurringGrant() {
    Lot[] lots = {
      lot("carry:a", 50, 0, END, START),
      lot("recurring:a", 100, 0, null, START),
      lot("bonus", 10, 0, LATER, START)
    };
    Lots back = Lots.spread(Arrays.asList(lots), -30, END);
    assertThat(left(back, "recurring:a")).isEqualTo(130);
    assertThat(left(back, "carry:a")).isEqualTo(50);
    assertThat(left(back, "bonus")).isEqualTo(10);
    assertThat(back.total()).isEqualTo(190);
    assertThat(back.unfunded()).isZero();
    assertThat(Lots.spread(Arrays.asList(lots), 0, END).total()).isEqualTo(160);
  }

  @Test
  void aLotThatEndedKeepsItsPartOfWhatWasUsed() {
    Lot ended = new Lot("soon", 50, 0, MIDDLE, START, 20);
    Lots lots = Lots.spread(List.of(lot("period", 100, -5, null, START), ended), 45, END);
    assertThat(left(lots, "soon")).isZero();
    assertThat(left(lots, "period")).isEqualTo(85);
  }

  @Test
  void whatNoLotCoversIsUnfunded() {
    Lots lots = Lots.spread(List.of(lot("period", 100, 0, null, START)), 130, END);
    assertThat(lots.unfunded()).isEqualTo(30);
    assertThat(lots.total()).isZero();
  }

  @Test
  void theSplitAddsUpAndDoesNotDependOnTheOrderOfTheLots() {
    for (int seed = 0; seed < 500; seed++) {
      Random random = new Random(seed);
      List<Lot> lots = new ArrayList<>();
      long worth = 0;
      for (int i = 0; i < random.nextInt(6); i++) {
        long amount = random.nextInt(100);
        long expired = random.nextInt(4) == 0 ? random.nextLong(amount + 1) : 0;
        Instant at = START.plusSeconds(random.nextInt(3));
        Instant ends = List.of(MIDDLE, END, LATER).get(random.nextInt(3));
        lots.add(new Lot("l" + i, amount, random.nextInt(2), ends, at, expired));
        worth += amount - expired;
      }
      long burnt = random.nextInt(300);
      Lots spread = Lots.spread(lots, burnt, END);
      assertThat(spread.total() + burnt - spread.unfunded()).as("seed %s", seed).isEqualTo(worth);
      Collections.shuffle(lots, random);
      assertThat(Lots.spread(lots, burnt, END)).as("seed %s", seed).isEqualTo(spread);
    }
  }
}
