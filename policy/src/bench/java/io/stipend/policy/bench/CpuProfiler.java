package io.stipend.policy.bench;

import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/** Adds the processor time of the whole process to each operation's figures: {@code -prof}. */
public final class CpuProfiler implements InternalProfiler {
  private long begun;

  @Override
  public String getDescription() {
    return "processor time of the process per operation";
  }

  @Override
  public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
    begun = Meter.cpuNow();
  }

  @Override
  public Collection<? extends Result<?>> afterIteration(
      BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
    double each = (double) (Meter.cpuNow() - begun) / Math.max(1, result.getMetadata().getAllOps());
    return List.of(new ScalarResult("cpu", each, "ns/op", AggregationPolicy.AVG));
  }
}
