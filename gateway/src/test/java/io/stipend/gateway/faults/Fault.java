package io.stipend.gateway.faults;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** One thing that an upstream does, and what must come of it in each form of answer. */
final class Fault {
  /** What is sent. */
  interface Script {
    void play(Talk talk) throws Exception;
  }

  /** What the provider asks for it. */
  enum Bill {
    /** All that was generated. */
    TRUE(Usage.OUTPUT),
    /** Not a step more than what came: it was under way. */
    UNDER_WAY(1_000),
    /** As its second report says. */
    MORE(60),
    /** Nothing. */
    NOTHING(-1);

    final long output;

    Bill(long output) {
      this.output = output;
    }
  }

  final String section;
  final String name;
  final Script script;
  final Bill bill;
  private final Map<Form, Stated> stated = new EnumMap<>(Form.class);
  private String served;
  private int requestBytes;
  private boolean slow;
  private boolean headless;
  private boolean alone;

  Fault(String section, String name, Bill bill, Script script) {
    this.section = section;
    this.name = name;
    this.bill = bill;
    this.script = script;
  }

  /** States what must come of it in these forms; a later statement overrides. */
  Fault in(Set<Form> forms, String words) {
    forms.forEach(form -> stated.put(form, Stated.of(words)));
    return this;
  }

  Fault in(Form form, String words) {
    return in(EnumSet.of(form), words);
  }

  Fault in(Form form, Form other, String words) {
    return in(EnumSet.of(form, other), words);
  }

  /** The same for every form. */
  Fault all(String words) {
    return in(EnumSet.allOf(Form.class), words);
  }

  /** It makes no sense there. */
  Fault not(Set<Form> forms) {
    forms.forEach(stated::remove);
    return this;
  }

  Fault not(Form first, Form... others) {
    return not(EnumSet.of(first, others));
  }

  /** The model that the provider says it ran; the one that was asked for if not said here. */
  Fault served(String model) {
    served = model;
    return this;
  }

  /** The request is larger than what fits on its way. */
  Fault largeRequest(int bytes) {
    requestBytes = bytes;
    return this;
  }

  /** Time is what it takes. */
  Fault slow() {
    slow = true;
    return this;
  }

  /** No head of the answer comes that could name the provider's id of the request. */
  Fault headless() {
    headless = true;
    return this;
  }

  /** No other request may come in between. */
  Fault alone() {
    alone = true;
    return this;
  }

  boolean isAlone() {
    return alone;
  }

  boolean isHeadless() {
    return headless;
  }

  boolean isSlow() {
    return slow;
  }

  int requestBytes() {
    return requestBytes;
  }

  String served(Form form) {
    return served == null ? form.model : served;
  }

  Map<Form, Stated> stated() {
    return stated;
  }

  @Override
  public String toString() {
    return name;
  }
}
