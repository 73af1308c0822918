/**
 * One class per wire format: routes, reading a request, editing it in place, reading usage,
 * refusing.
 *
 * <p>Start reading at {@link io.stipend.gateway.dialect.Dialect}.
 */
@NullMarked
package io.stipend.gateway.dialect;

import org.jspecify.annotations.NullMarked;
