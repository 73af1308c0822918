package io.stipend.gateway.faults;

import io.stipend.gateway.upstream.RawProvider;
import io.stipend.gateway.upstream.RawProvider.Wire;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A provider that does what the run says whose id the request bears, and tells of connections. */
final class LyingProvider implements AutoCloseable {
  /** Of the header by which a client says which run it is. */
  static final String RUN = "x-fault-run";

  static final String KEY = "provider-key-7Q";

  private final Map<String, Run> runs = new ConcurrentHashMap<>();
  private final Queue<String> faults = new ConcurrentLinkedQueue<>();
  private final RawProvider raw;

  LyingProvider() throws IOException {
    raw = new RawProvider(this::serve);
  }

  int port() {
    return raw.port();
  }

  int connections() {
    return raw.accepted();
  }

  /** What went wrong here, which nothing should. */
  Queue<String> faults() {
    return faults;
  }

  void expect(Run run) {
    runs.put(run.id, run);
  }

  void forget(Run run) {
    runs.remove(run.id);
  }

  private void serve(Wire wire) throws Exception {
    Run last = null;
    try {
      for (String head = wire.head(); head != null; head = wire.head()) {
        Run run = runs.get(header(head, RUN));
        if (run == null) {
          faults.add("a request of no run: " + head);
          return;
        }
        if (last != null) {
          last.reused = true;
          last.connectionKnown.countDown();
        }
        last = run;
        if (play(wire, run, head)) {
          break;
        }
      }
    } catch (IOException e) {
      // A connection that is reset has ended.
    } finally {
      if (last != null) {
        last.played.countDown();
        last.connectionKnown.countDown();
      }
    }
  }

  /** Whether the connection has ended with it. */
  private boolean play(Wire wire, Run run, String head) throws IOException {
    run.connectionNumber = wire.number;
    run.keySeen = head.contains(KEY);
    if (run.fault.requestBytes() == 0) {
      // A larger one stays on its way: it is more than what both sides' buffers hold.
      wire.readBody(head);
    }
    Talk talk = new Talk(wire, run);
    try {
      run.fault.script.play(talk);
    } catch (IOException e) {
      throw e;
    } catch (Exception | AssertionError e) {
      faults.add(run + ": " + e);
    }
    run.played.countDown();
    return talk.isClosed();
  }

  private static String header(String head, String name) {
    for (String line : head.split("\r\n")) {
      int colon = line.indexOf(':');
      if (colon > 0 && line.substring(0, colon).toLowerCase(Locale.ROOT).equals(name)) {
        return line.substring(colon + 1).strip();
      }
    }
    return "";
  }

  @Override
  public void close() throws IOException {
    raw.close();
  }
}
