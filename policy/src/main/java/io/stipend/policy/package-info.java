/**
 * Who may do what, and who has how much left.
 *
 * <p>Start reading at {@link io.stipend.policy.PolicyEngine}: it turns a credential and a model
 * call into a {@link io.stipend.policy.Permit} or a {@link io.stipend.policy.Refusal}.
 */
@NullMarked
package io.stipend.policy;

import org.jspecify.annotations.NullMarked;
