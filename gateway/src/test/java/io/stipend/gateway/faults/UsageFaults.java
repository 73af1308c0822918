package io.stipend.gateway.faults;

import static io.stipend.gateway.faults.Form.EMBEDDINGS;
import static io.stipend.gateway.faults.Form.SPEECH;

import io.stipend.gateway.faults.Fault.Bill;
import io.stipend.gateway.faults.Fault.Script;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Answers that come whole, and say of their usage what is not so. */
final class UsageFaults {
  static final String REPORTED = "completed 200 whole reported bill kept";
  private static final String ROUNDED = "completed 200 whole reported covers kept";
  static final String COUNTED = "completed 200 whole counted covers kept";
  static final String ASSUMED = "completed 200 whole assumed covers kept";

  /**
   * Media in tokens tell nothing but by their usage: without it all that they may be is charged.
   */
  static final Set<Form> OPAQUE = EnumSet.complementOf(EnumSet.of(SPEECH));

  static {
    OPAQUE.retainAll(Form.MEDIA);
  }

  private UsageFaults() {}

  /** With this in place of the usage it is as if there were none. */
  private static Fault unusable(String name, Usage usage) {
    return fault(name, talk -> talk.answer(usage));
  }

  private static Fault fault(String name, Script script) {
    return new Fault("Usage", name, Bill.TRUE, script).all(COUNTED).not(SPEECH);
  }

  static List<Fault> all() {
    List<Fault> all = new ArrayList<>();
    all.add(
        new Fault(
                "Usage", "none of all this: as it should be", Bill.TRUE, t -> t.answer(Usage.TRUE))
            .all(REPORTED)
            .in(SPEECH, "completed 200 whole counted bill kept"));
    all.add(unusable("missing", Usage.ABSENT));
    all.add(unusable("`null`", Usage.literal("null")));
    all.add(unusable("an empty object", Usage.literal("{}")));
    all.add(unusable("a list", Usage.literal("[9,42]")));
    all.add(unusable("a string", Usage.literal("\"9 and 42\"")));
    all.add(unusable("negative", Usage.of("-9", "-42")));
    all.add(unusable("negative output", Usage.of("9", "-42")).not(EMBEDDINGS));
    all.add(unusable("10^18", Usage.of("1000000000000000000", "1000000000000000000")));
    all.add(unusable("10^18 of output", Usage.of("9", "1000000000000000000")).not(EMBEDDINGS));
    all.add(unusable("more digits than a long has", Usage.of("9".repeat(30), "9".repeat(30))));
    all.add(unusable("1e400", Usage.of("1e400", "1e400")));
    all.add(unusable("999 digits", Usage.of("9".repeat(999), "9".repeat(999))));
    all.add(unusable("1,001 digits", Usage.of("9".repeat(1_001), "9".repeat(1_001))));
    all.add(unusable("strings", Usage.of("\"9\"", "\"42\"")));
    all.add(unusable("words and lists", Usage.of("true", "[42]")));
    all.add(unusable("no number of JSON", Usage.of("0x9", "0x2a")));
    all.add(unusable("output without input", Usage.of(null, "42")).not(EMBEDDINGS));
    all.add(unusable("input without output", Usage.of("9", null)).not(EMBEDDINGS));
    all.add(unusable("zeros", Usage.of("0", "0")));
    all.add(unusable("no input, though text came", Usage.of("0", "42")).not(EMBEDDINGS));
    all.add(unusable("no output, though text came", Usage.of("9", "0")).not(EMBEDDINGS));
    all.add(unusable("more output than was allowed", Usage.of("-9", "2001")).not(EMBEDDINGS));
    all.add(fault("fractions", t -> t.answer(Usage.of("9.5", "42.25"))).all(ROUNDED).not(SPEECH));
    all.add(
        fault("whole numbers as floats", t -> t.answer(Usage.of("9.0", "4.2e1")))
            .all(REPORTED)
            .not(SPEECH));
    all.add(
        fault("the field twice in one object", t -> t.answer(Usage.TRUE.twice()))
            .all(REPORTED)
            .not(SPEECH));
    return all;
  }
}
