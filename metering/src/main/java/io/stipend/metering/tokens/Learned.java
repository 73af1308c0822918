package io.stipend.metering.tokens;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What this gateway has learned from the providers' reports: how long answers are and how many
 * tokens a byte makes, in and out. It says how much is held, never what is charged: losing all of
 * it costs some refusals or larger holds for a while, and no money. Counts only, no text.
 * Thread-safe; a question takes no lock.
 */
public final class Learned {
  /** Longer names are not learned about: none is a model's or a person's. */
  private static final int MAX_NAME = 256;

  private final TokenBound input = new TokenBound();
  private final TokenBound written = new TokenBound();
  private final ExpectedOutput answers = new ExpectedOutput();
  private final AtomicLong lessons = new AtomicLong();

  /** Nothing yet. */
  public Learned() {}

  /** Input tokens by the bytes of a request. */
  public TokenBound input() {
    return input;
  }

  /** Output tokens by the bytes of the text that shows of an answer. */
  public TokenBound written() {
    return written;
  }

  /** The output that answers usually stay under. */
  public ExpectedOutput answers() {
    return answers;
  }

  /** Learns how long an answer was. */
  public void answer(String principal, String model, long outputTokens) {
    answers.learn(principal, model, outputTokens);
    lessons.incrementAndGet();
  }

  /** Forgets what was learned of one principal. Returns whether anything was. */
  boolean forget(String principal) {
    return answers.forget(principal);
  }

  /** How much was learned since the start, to tell whether anything was. */
  long lessons() {
    return lessons.get();
  }

  /** Whether the name can be kept. */
  static boolean storable(String name) {
    return name.length() <= MAX_NAME;
  }

  void writeTo(DataOutput out) throws IOException {
    answers.writeTo(out);
    input.writeTo(out);
    written.writeTo(out);
  }

  static Learned readFrom(DataInput in) throws IOException {
    Learned learned = new Learned();
    learned.answers.readFrom(in);
    learned.input.readFrom(in);
    learned.written.readFrom(in);
    return learned;
  }
}
