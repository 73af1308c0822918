/**
 * Listeners and the client's side of a connection: strict HTTP/1.1, limits, TLS, graceful drain.
 *
 * <p>Start reading at {@code ServerPipeline}, the one place with the order of handlers; {@link
 * io.stipend.gateway.server.RequestHandler} is where a request leaves this package.
 */
@NullMarked
package io.stipend.gateway.server;

import org.jspecify.annotations.NullMarked;
