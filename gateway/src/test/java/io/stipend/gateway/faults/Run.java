package io.stipend.gateway.faults;

import java.util.concurrent.CountDownLatch;

/** One request of one cell of the table, and what was seen of it at both ends. */
final class Run {
  final String id;
  final Fault fault;
  final Form form;

  /** The client has the head of its answer. */
  final CountDownLatch head = new CountDownLatch(1);

  /** The client has seen the end of its answer. */
  final CountDownLatch done = new CountDownLatch(1);

  /** The provider has done what it had to. */
  final CountDownLatch played = new CountDownLatch(1);

  /** Its connection has served again, or has ended. */
  final CountDownLatch connectionKnown = new CountDownLatch(1);

  volatile boolean reused;
  volatile boolean keySeen;
  volatile String sent = "";
  volatile int connectionNumber;

  // What the client saw.
  volatile String exchangeId = "";
  volatile int status;
  volatile String body = "";
  volatile boolean cutOff;
  volatile String headers = "";

  Run(String id, Fault fault, Form form) {
    this.id = id;
    this.fault = fault;
    this.form = form;
  }

  /** What the provider asks for it in nano-units: its own tally. */
  long bill() {
    return fault.bill == Fault.Bill.NOTHING
        ? 0
        : form.cost(Usage.INPUT, fault.bill.output, fault.served(form));
  }

  /** The most that may be charged for it. */
  long most() {
    return form.most(form.request(fault.requestBytes()).length, fault.served(form));
  }

  /** How the client saw the end, in the words of {@link Stated}. */
  String end() {
    if (cutOff) {
      return sent.startsWith(body) ? "cut-off" : "cut-off, and not as sent";
    }
    if (body.contains("The answer was interrupted: ")
        || body.contains("The provider ended the stream early.")) {
      return "event";
    }
    boolean own =
        body.contains("The provider's answer could not be read.")
            || body.contains("The provider closed the connection before it answered.")
            || body.contains("The provider did not answer in time.");
    return own
        ? "error"
        : body.equals(sent) || body.equals(sent + "\n\n") ? "whole" : "not as sent: " + body;
  }

  @Override
  public String toString() {
    return fault.section + ": " + fault.name + " × " + form;
  }
}
