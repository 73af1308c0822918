package io.stipend.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;

/**
 * A request as it goes upstream. {@code host} and {@code content-length} are set by the attempt.
 *
 * @param method the method
 * @param pathAndQuery appended to the provider's path prefix
 * @param headers end-to-end headers, the provider's credential included
 * @param body the whole body; may be empty
 */
public record UpstreamRequest(
    HttpMethod method, String pathAndQuery, HttpHeaders headers, ByteBuf body) {}
