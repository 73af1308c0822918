package io.stipend.policy.config;

/** When an attempt may go upstream, and what a power cut can lose. */
public enum Durability {
  /**
   * Send at once; the first response byte waits until the reservation is durable. A power cut can
   * lose only attempts of the last commit window, of which no client saw a byte.
   */
  GATE,
  /** Send when the reservation is durable. A power cut loses none. */
  STRICT
}
