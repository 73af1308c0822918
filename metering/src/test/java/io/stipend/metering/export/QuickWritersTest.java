package io.stipend.metering.export;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.stipend.metering.ChargeBasis;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.Units;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.Booking;
import io.stipend.metering.ledger.SignedUsage;
import io.stipend.metering.ledger.UsageRow;
import java.io.IOException;
import java.io.StringWriter;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The writers that are quick say what the simple ones would. */
class QuickWritersTest {
  private static final int ROWS = Boolean.getBoolean("stipend.tests.full") ? 100_000 : 4_000;
  private static final JsonFactory JSON = new JsonFactory();

  @Test
  void everyRowIsTheSameToTheCharacter() throws IOException {
    StringWriter csv = new StringWriter();
    StringWriter json = new StringWriter();
    CsvWriter csvRows = new CsvWriter(csv);
    JsonLinesWriter jsonRows = new JsonLinesWriter(json);
    StringBuilder simpleCsv = new StringBuilder();
    StringBuilder simpleJson = new StringBuilder();
    csvRows.header();
    UsageColumns.ALL.forEach(column -> simpleCsv.append(",").append(column.name()));
    simpleCsv.deleteCharAt(0).append("\r\n");
    Random random = new Random(5);
    for (int i = 0; i < ROWS; i++) {
      Booking row = booking(random);
      csvRows.row(row);
      jsonRows.row(row);
      simpleCsv.append(csv(row));
      simpleJson.append(json(row));
    }
    assertThat(csv.toString()).isEqualTo(simpleCsv.toString());
    assertThat(json.toString()).isEqualTo(simpleJson.toString());
  }

  @Test
  void numbersAmountsAndTimesOfEverySizeAreWrittenAsTheirOwnTextsAre() throws IOException {
    RowText row = new RowText();
    StringWriter out = new StringWriter();
    StringBuilder simple = new StringBuilder();
    Random random = new Random(6);
    for (int i = 0; i < 20_000; i++) {
      long number = i < 40 ? power(i / 2) - i % 2 : random.nextLong() >> random.nextInt(64);
      row.number(number);
      row.number(-number);
      row.money(number);
      row.money(-number);
      simple.append(number).append(-number);
      simple.append(Unit.USD.format(number)).append(Unit.USD.format(-number));
      Instant at = Instant.ofEpochMilli(random.nextLong() >> (16 + random.nextInt(40)));
      row.time(at, UsageColumns.TIME);
      simple.append(UsageColumns.TIME.format(at));
    }
    row.number(Long.MIN_VALUE);
    row.money(Long.MIN_VALUE);
    simple.append(Long.MIN_VALUE).append(Unit.USD.format(Long.MIN_VALUE));
    row.moveTo(out);
    assertThat(out.toString()).isEqualTo(simple.toString());
  }

  private static long power(int exponent) {
    long power = 1;
    for (int i = 0; i < Math.min(exponent, 18); i++) {
      power *= 10;
    }
    return power;
  }

  private static String csv(Booking row) {
    StringBuilder line = new StringBuilder();
    for (UsageColumns.Column column : UsageColumns.ALL) {
      String value = column.value().of(row);
      boolean text = column.type() == ColumnType.TEXT;
      line.append(',');
      if (value != null) {
        line.append(CsvWriter.quoted(text ? CsvWriter.neutralised(value) : value));
      }
    }
    return line.deleteCharAt(0).append("\r\n").toString();
  }

  private static String json(Booking row) throws IOException {
    StringWriter line = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(line)) {
      json.writeStartObject();
      for (UsageColumns.Column column : UsageColumns.ALL) {
        String value = column.value().of(row);
        json.writeFieldName(column.name());
        if (value == null) {
          json.writeNull();
        } else if (column.type() == ColumnType.INTEGER) {
          json.writeNumber(value);
        } else {
          json.writeString(value);
        }
      }
      json.writeEndObject();
    }
    return line + "\n";
  }

  private static String label(Random random) {
    return switch (random.nextInt(7)) {
      case 0 -> null;
      case 1 -> "";
      case 2 -> "=1+1, \"quoted\"\r\n";
      case 3 -> "-\u0001\t\b\f\\/\u007f\u2028ünïcode\ud83d\ude00";
      case 4 -> "\u001f" + (char) random.nextInt(0xD800);
      default -> "label-" + random.nextInt(30);
    };
  }

  private static String name(Random random) {
    String label = label(random);
    return label == null ? "name" : label;
  }

  private static Booking booking(Random random) {
    TokenUsage usage = new TokenUsage(random.nextInt(9), 1, 2, 1, random.nextInt(1_000_000), 0);
    Instant at = Instant.ofEpochMilli(random.nextLong() >> 20);
    UsageRow row =
        new UsageRow(
            name(random),
            random.nextInt(4),
            at,
            at.plusMillis(random.nextInt(100_000)),
            name(random),
            label(random),
            label(random),
            label(random),
            name(random),
            label(random),
            label(random),
            name(random),
            name(random),
            name(random),
            name(random),
            label(random),
            usage,
            UsageSource.values()[random.nextInt(3)],
            name(random),
            random.nextInt(3) * 200,
            random.nextLong() >> random.nextInt(64),
            "USD",
            name(random),
            label(random),
            "",
            label(random),
            label(random),
            random.nextBoolean() ? Units.NONE : Units.parse("web_search=3;image=1"),
            ChargeBasis.NONE);
    SignedUsage counted =
        new SignedUsage(
            random.nextInt(),
            random.nextLong(),
            -random.nextInt(3),
            0,
            random.nextInt(100),
            7,
            random.nextLong() >> random.nextInt(64));
    return new Booking(
        row,
        row.startedAt(),
        row.finishedAt(),
        counted,
        random.nextInt(5) == 0,
        null,
        row.priceVersion());
  }
}
