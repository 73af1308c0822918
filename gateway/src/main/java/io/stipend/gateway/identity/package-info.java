/**
 * The keys of issuers of identities: fetched over the gateway's own client, kept while they are
 * good. What a JWT is worth under them is decided in {@code policy.identity}.
 *
 * <p>Start reading at {@link io.stipend.gateway.identity.FetchedKeys}.
 */
@NullMarked
package io.stipend.gateway.identity;

import org.jspecify.annotations.NullMarked;
