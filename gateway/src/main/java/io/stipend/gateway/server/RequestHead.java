package io.stipend.gateway.server;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.net.InetAddress;

/**
 * The head of a request, after it passed the rules of the proxy. Authentication and dispatch both
 * use this one parsed object.
 *
 * @param method the method
 * @param path the raw path: ASCII, no {@code %}, {@code ;}, {@code \}, {@code //} or dot segments
 * @param query the raw query with its {@code ?}; empty if none; holds no credential
 * @param headers in their order, as {@link io.stipend.gateway.http.Fields}; the names that {@link
 *     io.stipend.gateway.http.FieldNames} knows are its constants, others and all values are as
 *     they came, ISO 8859-1
 * @param source the client's address
 * @param hasBody whether a body follows
 */
public record RequestHead(
    HttpMethod method,
    String path,
    String query,
    HttpHeaders headers,
    InetAddress source,
    boolean hasBody) {}
