/**
 * The proxy: the only module that knows Netty, HTTP and processes.
 *
 * <p>Start reading at {@code Gateway}, the composition root, then {@code exchange.Exchange}.
 */
@NullMarked
package io.stipend.gateway;

import org.jspecify.annotations.NullMarked;
