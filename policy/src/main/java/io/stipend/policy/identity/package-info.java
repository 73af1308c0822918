/**
 * Who a credential is: gateway keys, of which only HMACs are kept, and the JWTs of issuers.
 *
 * <p>Start reading at {@link io.stipend.policy.identity.KeyRing}, then {@link
 * io.stipend.policy.identity.Jwts}.
 */
@NullMarked
package io.stipend.policy.identity;

import org.jspecify.annotations.NullMarked;
