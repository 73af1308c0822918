/**
 * Gateway keys: making, finding and revoking them; only their HMACs are kept.
 *
 * <p>Start reading at {@link io.stipend.policy.identity.KeyRing}.
 */
@NullMarked
package io.stipend.policy.identity;

import org.jspecify.annotations.NullMarked;
