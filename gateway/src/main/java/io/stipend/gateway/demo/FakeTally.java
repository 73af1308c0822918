package io.stipend.gateway.demo;

import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What the provider would put on its invoice, kept apart from everything that the gateway says. */
final class FakeTally {
  private final Queue<Row> rows = new ConcurrentLinkedQueue<>();
  private final AtomicLong requests = new AtomicLong();
  private final Map<String, FakeCall> kept = new ConcurrentHashMap<>();

  /** Counts a request of any kind and gives it an id. */
  String request() {
    return String.format(Locale.ROOT, "req_fake%08d", requests.incrementAndGet());
  }

  long requests() {
    return requests.get();
  }

  Row open(FakeCall call, String path, String key) {
    Row row = new Row(call, path, key);
    rows.add(row);
    return row;
  }

  /** Keeps a response, to be asked for by its id. */
  void keep(FakeCall call) {
    kept.put(ResponsesJson.id(call), call);
  }

  /** The response of this id; null if none is kept. */
  @Nullable FakeCall kept(String id) {
    return kept.get(id);
  }

  void forget(String id) {
    kept.remove(id);
  }

  List<Billed> billed() {
    return rows.stream().map(Row::billed).toList();
  }

  /** The row of one request; written by its event loop alone, read by any thread. */
  static final class Row {
    private final FakeCall call;
    private final String path;
    private final String key;
    private volatile long output;
    private volatile long reasoning;
    private volatile long searches;
    private volatile End end = End.RUNNING;

    private Row(FakeCall call, String path, String key) {
      this.call = call;
      this.path = path;
      this.key = key;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // One event loop writes.
    void generated(long tokens, long hidden) {
      reasoning += hidden;
      output += tokens;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // One event loop writes.
    void searched(long times) {
      searches += times;
    }

    /** The first end stands. */
    void end(End how) {
      if (end == End.RUNNING) {
        end = how;
      }
    }

    /** All of it is generated, whoever waits for it. */
    void generatedInFull() {
      reasoning = call.reasoning() * call.choices();
      output = call.output();
    }

    /** What was thought complete could not be written. */
    void notTaken() {
      end = End.CLIENT_GONE;
    }

    Billed billed() {
      End ended = end;
      long hidden = reasoning;
      TokenUsage input = call.input();
      TokenUsage usage =
          new TokenUsage(
              input.input(),
              input.cacheRead(),
              input.cacheWrite(),
              input.cacheWrite1h(),
              Math.max(output, hidden),
              hidden);
      FakeMedia media = call.media();
      Units searched = Units.of(Meter.WEB_SEARCH, searches);
      return new Billed(
          call.id(),
          path,
          call.model(),
          key,
          call.serviceTier(),
          call.stream(),
          usage,
          media == null ? MediaTokens.NONE : media.of(call.wire(), usage),
          media == null ? searched : media.units(),
          ended);
    }
  }
}
