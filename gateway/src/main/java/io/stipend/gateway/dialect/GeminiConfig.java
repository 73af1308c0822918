package io.stipend.gateway.dialect;

import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The {@code generationConfig} of a Gemini request: how much may be generated, and of what. */
final class GeminiConfig {
  /** The most answers that one request may ask for; the provider's own bound. */
  private static final int MAX_CHOICES = 8;

  private static final String PATH = "generationConfig";
  private static final String DOT = PATH + ".";
  private static final String CAP = "maxOutputTokens";
  private static final String CHOICES = "candidateCount";
  private static final String THINKING = "thinkingConfig";
  private static final String BUDGET = "thinkingBudget";
  private static final String MODALITIES = "responseModalities";

  /** No budget was said. */
  private static final long UNSAID = -2;

  private static final ProtoNames NAMES =
      ProtoNames.of(CAP, CHOICES, THINKING, MODALITIES, "speechConfig", "imageConfig");
  private static final ProtoNames THINKING_NAMES =
      ProtoNames.of(BUDGET, "includeThoughts", "thinkingLevel");

  /**
   * Where it stands and where its output cap does.
   *
   * @param unset it, where it is a JSON null
   * @param open offset after its opening brace; -1 if it is no object
   * @param empty whether it has no field
   * @param cap the value of {@code maxOutputTokens}; null if it does not stand
   * @param value what that says; -1 for a JSON null
   */
  record Marks(@Nullable Span unset, int open, boolean empty, @Nullable Span cap, long value) {}

  private final BodyScan scan;
  private @Nullable Span unset;
  private int open = -1;
  private boolean empty = true;
  private @Nullable Span capAt;
  private long cap = -1;
  private int choices = 1;
  private long budget = UNSAID;
  private boolean thinks;

  GeminiConfig(BodyScan scan) {
    this.scan = scan;
  }

  long cap() {
    return cap;
  }

  int choices() {
    return choices;
  }

  /**
   * -1 where the request asks for thought: a budget is no bound, as Google's models may exceed it,
   * and only the output cap holds for thoughts too. 0 if nothing is asked for.
   */
  long thinkingBudget() {
    return thinks() ? -1 : 0;
  }

  /** Whether the request itself asks for thought. Else it is the model's to say. */
  boolean thinks() {
    return budget > 0 || budget == -1 || (thinks && budget != 0);
  }

  Marks marks() {
    return new Marks(unset, open, empty, capAt, cap);
  }

  /** Reads it where the scan stands. */
  void read() throws IOException, BadBody {
    if (scan.isNull()) {
      unset = scan.span();
      return;
    }
    if (scan.token() != JsonToken.START_OBJECT) {
      throw BadBody.field(PATH, scan.shownValue(), "an object");
    }
    open = scan.here();
    NAMES.object(scan, DOT, this::field);
  }

  private void field(String name) throws IOException, BadBody {
    empty = false;
    switch (name) {
      case CAP -> {
        capAt = scan.span();
        cap = CallFields.cap(scan, DOT + CAP);
      }
      case CHOICES -> choices = (int) scan.integer(DOT + CHOICES, 1, MAX_CHOICES, 1);
      case THINKING -> thinking();
      case MODALITIES -> modalities();
      case "speechConfig", "imageConfig" -> {
        if (!scan.isNull()) {
          throw BadBody.unserved(DOT + name, "speech and images have prices not metered here");
        }
      }
      default -> scan.skip();
    }
  }

  private void thinking() throws IOException, BadBody {
    if (scan.isNull()) {
      return;
    }
    if (scan.token() != JsonToken.START_OBJECT) {
      throw BadBody.field(DOT + THINKING, scan.shownValue(), "an object");
    }
    String path = DOT + THINKING + ".";
    THINKING_NAMES.object(
        scan,
        path,
        name -> {
          switch (name) {
            case BUDGET ->
                budget = scan.integer(path + BUDGET, -1, CallFields.MAX_OUTPUT_CAP, UNSAID);
            case "includeThoughts" -> thinks |= scan.bool(path + name);
            case "thinkingLevel" -> {
              thinks |= !scan.isNull();
              scan.skip();
            }
            default -> scan.skip();
          }
        });
  }

  private void modalities() throws IOException, BadBody {
    if (scan.isNull()) {
      return;
    }
    String expected = "[\"TEXT\"], as no other is metered";
    if (scan.token() != JsonToken.START_ARRAY) {
      throw BadBody.field(DOT + MODALITIES, scan.shownValue(), expected);
    }
    while (scan.parser().nextToken() != JsonToken.END_ARRAY) {
      if (!"TEXT".equalsIgnoreCase(scan.shortText(CallFields.MAX_WORD_LENGTH))) {
        throw BadBody.field(DOT + MODALITIES, scan.shownValue(), expected);
      }
    }
  }

  /** Sets the cap where the object stands; false if none does. */
  static boolean lower(Splices splices, Marks marks, long cap) {
    return lower(splices, marks, CAP, cap);
  }

  /** The same of an object in which the cap has this name. */
  static boolean lower(Splices splices, Marks marks, String name, long cap) {
    Span there = marks.cap();
    Span unset = marks.unset();
    if (there != null) {
      if (marks.value() < 0 || marks.value() > cap) {
        splices.replace(there, Long.toString(cap));
      }
    } else if (marks.open() >= 0) {
      splices.insert(marks.open(), field(name, cap) + (marks.empty() ? "" : ","));
    } else if (unset != null) {
      splices.replace(unset, json(name, cap));
    }
    return there != null || marks.open() >= 0 || unset != null;
  }

  /** The whole object with only a cap. */
  static String json(long cap) {
    return json(CAP, cap);
  }

  /** The same with a cap of this name. */
  static String json(String name, long cap) {
    return "{" + field(name, cap) + "}";
  }

  private static String field(String name, long cap) {
    return "\"" + name + "\":" + cap;
  }
}
