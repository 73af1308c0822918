package io.stipend.gateway.admin;

/**
 * How a gateway does.
 *
 * @param version of the program
 * @param configHash SHA-256 of the quota file in force, in hex
 * @param openExchanges exchanges under way
 * @param inFlight reservations that have not ended durably
 * @param ready whether it takes new exchanges: neither draining nor with a failed ledger
 */
public record GatewayStatus(
    String version, String configHash, int openExchanges, int inFlight, boolean ready) {}
