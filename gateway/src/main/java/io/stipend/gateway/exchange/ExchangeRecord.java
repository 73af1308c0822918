package io.stipend.gateway.exchange;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one exchange at its end; the access line is made of it.
 *
 * @param id the exchange's id
 * @param path the route
 * @param person who asked; null if the credential named nobody
 * @param model the model at its provider; null if none was resolved
 * @param status the HTTP status that the client got; 0 if it got none
 * @param outcome the outcome's or the refusal's name in snake case
 * @param tokens all tokens charged
 * @param nanos the cost
 * @param took from the head to the end
 */
public record ExchangeRecord(
    String id,
    String path,
    @Nullable String person,
    @Nullable String model,
    int status,
    String outcome,
    long tokens,
    long nanos,
    Duration took) {}
