/**
 * Providers: one pool of connections per event loop, an attempt, its time limits.
 *
 * <p>Start reading at {@link io.stipend.gateway.upstream.Upstreams}.
 */
@NullMarked
package io.stipend.gateway.upstream;

import org.jspecify.annotations.NullMarked;
