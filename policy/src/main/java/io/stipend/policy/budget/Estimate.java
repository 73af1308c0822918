package io.stipend.policy.budget;

import io.stipend.metering.Charge;

/**
 * What an attempt may cost, before it is sent.
 *
 * @param hold what is held: input and expected output of a visible stream, input and whole cap else
 * @param exposed what the upstream could still bill before the gateway can stop it: the hold and
 *     one step of a visible stream, the whole cap or thinking budget else; never less than {@code
 *     hold}
 * @param step what one step costs: the default overshoot of a visible stream; zero else
 */
public record Estimate(Charge hold, Charge exposed, Charge step) {}
