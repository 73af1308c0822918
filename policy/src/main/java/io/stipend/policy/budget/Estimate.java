package io.stipend.policy.budget;

import io.stipend.metering.Charge;

/**
 * What an attempt may cost, before it is sent.
 *
 * @param hold what is held: input and expected output of a visible stream, input and whole cap else
 * @param exposed what the upstream could still bill before the gateway can stop it: the hold and
 *     one step of a visible stream, the whole cap or the hold, the thinking budget and a step else;
 *     never less than {@code hold}. It stays as far ahead of the hold as that grows
 * @param step what one step costs: the default overshoot of a visible stream; zero else
 * @param most what the whole cap costs: no more than this is ever exposed, but for a hold that is
 *     larger
 */
public record Estimate(Charge hold, Charge exposed, Charge step, Charge most) {
  private static final Charge UNBOUNDED = new Charge(Long.MAX_VALUE, Long.MAX_VALUE);

  /** Without a known cap: a visible stream exposes ever more, any other what it did at first. */
  public Estimate(Charge hold, Charge exposed, Charge step) {
    this(hold, exposed, step, step.equals(Charge.ZERO) ? exposed : UNBOUNDED);
  }
}
