package io.stipend.gateway.admin;

import io.stipend.policy.config.Role;
import org.jspecify.annotations.Nullable;

/**
 * Who asks the admin listener.
 *
 * @param by how the ledger names it: {@code key:ID/NAME} or {@code oidc:ISSUER/PERSON} where a
 *     credential proves it; else what the holder of the data folder's key says
 * @param role what it may do
 * @param person the person or service that it is; null of keys that are nobody's
 */
record Caller(String by, Role role, @Nullable String person) {}
