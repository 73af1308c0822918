/**
 * What both legs of an exchange share of HTTP: the header fields of a head, what they may hold, and
 * the names that are known.
 *
 * <p>Start reading at {@link io.stipend.gateway.http.Fields}.
 */
@NullMarked
package io.stipend.gateway.http;

import org.jspecify.annotations.NullMarked;
