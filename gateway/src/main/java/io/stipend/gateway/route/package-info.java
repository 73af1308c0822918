/**
 * Which of several upstreams a call goes to, and which it goes to next when one fails. Owns what is
 * known of their health: circuit breakers, pauses that providers asked for, and the budget for
 * tries. Start reading at {@link io.stipend.gateway.route.Routing}.
 */
@NullMarked
package io.stipend.gateway.route;

import org.jspecify.annotations.NullMarked;
