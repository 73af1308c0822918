package io.stipend.policy;

/** What became of a credential that was seen for the first time. */
public sealed interface Introduction {
  /** It is known from now on: it has an entitlement. */
  record Vouched() implements Introduction {}

  /** It is good for nothing, for whatever reason. */
  record Stranger() implements Introduction {}

  /**
   * It is known whose it is, but they are entitled to nothing.
   *
   * @param refusal says why; it may be told, as they have proven who they are
   */
  record Unentitled(Refusal refusal) implements Introduction {}
}
