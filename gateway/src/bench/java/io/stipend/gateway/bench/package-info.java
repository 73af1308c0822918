/**
 * What the gateway costs, measured: {@link io.stipend.gateway.bench.Comparison} beside other
 * proxies, in processes of their own; the JMH benchmarks part by part.
 */
package io.stipend.gateway.bench;
