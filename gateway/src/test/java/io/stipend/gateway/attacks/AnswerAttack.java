package io.stipend.gateway.attacks;

import io.stipend.metering.UsageSource;

/**
 * What one provider answers to one good request.
 *
 * @param id the section and a number, such as {@code S4-A01}
 * @param name what it is
 * @param stream whether the request asks for a stream
 * @param bytes of the answer as they are sent, in ISO 8859-1
 * @param status that the client gets
 * @param body that the client gets, whole; null if it is an error of the gateway's
 * @param source how the row of the ledger was counted
 * @param reused whether the provider's connection serves the next request
 */
record AnswerAttack(
    String id,
    Section section,
    String name,
    boolean stream,
    String bytes,
    int status,
    String body,
    UsageSource source,
    boolean reused) {
  AnswerAttack withId(String given) {
    return new AnswerAttack(given, section, name, stream, bytes, status, body, source, reused);
  }

  @Override
  public String toString() {
    return id + " " + name;
  }
}
