package io.stipend.metering.export;

import io.stipend.metering.Unit;
import java.io.IOException;
import java.io.Writer;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;

/** The characters of one row: numbers, amounts and times are written as digits at once. */
final class RowText {
  private static final long MILLIS_PER_DAY = 86_400_000;
  private static final int MONEY_DECIMALS = 9;
  private static final int LONGEST_NUMBER = 20;

  /** Days of which the date is written with four digits of a year. */
  private static final long FIRST_DAY = LocalDate.of(0, 1, 1).toEpochDay();

  private static final long LAST_DAY = LocalDate.of(9999, 12, 31).toEpochDay();

  private char[] chars = new char[1_024];
  private int size;

  /** The day whose date is kept, and that date. */
  private long day = Long.MIN_VALUE;

  private String date = "";

  void add(char c) {
    room(1);
    chars[size++] = c;
  }

  void add(String text) {
    int length = text.length();
    room(length);
    text.getChars(0, length, chars, size);
    size += length;
  }

  void add(char[] text) {
    room(text.length);
    System.arraycopy(text, 0, chars, size, text.length);
    size += text.length;
  }

  void number(long number) {
    if (number == Long.MIN_VALUE) {
      add(Long.toString(number));
      return;
    }
    room(LONGEST_NUMBER);
    long rest = Math.abs(number);
    if (number < 0) {
      chars[size++] = '-';
    }
    int digits = 1;
    for (long bound = 10; digits < LONGEST_NUMBER - 1 && rest >= bound; bound *= 10) {
      digits++;
    }
    digits(rest, digits);
  }

  /** The last so many digits. */
  private void digits(long number, int count) {
    long rest = number;
    int i = size + count - 1;
    for (; i >= size && rest > Integer.MAX_VALUE; i--) {
      chars[i] = (char) ('0' + rest % 10);
      rest /= 10;
    }
    // Divisions of an int take a third of the time.
    int small = (int) rest;
    for (; i >= size; i--) {
      chars[i] = (char) ('0' + small % 10);
      small /= 10;
    }
    size += count;
  }

  /** As {@link Unit#format} of an amount of money. */
  void money(long nanos) {
    if (nanos == Long.MIN_VALUE) {
      add(Unit.USD.format(nanos));
      return;
    }
    long whole = Math.abs(nanos) / Unit.NANOS;
    long rest = Math.abs(nanos) % Unit.NANOS;
    if (nanos < 0) {
      add('-');
    }
    number(whole);
    if (rest == 0) {
      return;
    }
    int decimals = MONEY_DECIMALS;
    while (rest % 10 == 0) {
      rest /= 10;
      decimals--;
    }
    room(1 + MONEY_DECIMALS);
    chars[size++] = '.';
    digits(rest, decimals);
  }

  /** In UTC with milliseconds, as {@code 2026-11-23T10:15:30.123Z}. */
  void time(Instant instant, DateTimeFormatter otherwise) {
    long seconds = instant.getEpochSecond();
    long ofDay = Math.floorDiv(seconds, MILLIS_PER_DAY / 1_000);
    if (ofDay < FIRST_DAY || ofDay > LAST_DAY) {
      add(otherwise.format(instant));
      return;
    }
    if (ofDay != day) {
      day = ofDay;
      date = instant.atOffset(ZoneOffset.UTC).toLocalDate() + "T";
    }
    add(date);
    int second = (int) Math.floorMod(seconds, MILLIS_PER_DAY / 1_000);
    room(13);
    digits(second / 3_600, 2);
    chars[size++] = ':';
    digits(second / 60 % 60, 2);
    chars[size++] = ':';
    digits(second % 60, 2);
    chars[size++] = '.';
    digits(instant.getNano() / 1_000_000, 3);
    chars[size++] = 'Z';
  }

  /** Moves all characters to a writer; the next row begins. */
  void moveTo(Writer out) throws IOException {
    out.write(chars, 0, size);
    size = 0;
  }

  private void room(int more) {
    if (chars.length - size < more) {
      chars = Arrays.copyOf(chars, Math.max(2 * chars.length, size + more));
    }
  }
}
