package io.stipend.gateway.upstream;

import java.util.concurrent.atomic.LongAdder;

/** Connections over all event loops. */
record ConnectionCounts(LongAdder open, LongAdder idle) {
  ConnectionCounts() {
    this(new LongAdder(), new LongAdder());
  }
}
