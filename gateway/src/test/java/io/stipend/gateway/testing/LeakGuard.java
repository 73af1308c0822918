package io.stipend.gateway.testing;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import io.netty.util.ResourceLeakTracker;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a test class after which a buffer was collected that nobody had released. Netty reports
 * such a buffer in the log only; here the report is kept, and each class ends with a collection and
 * a look, unless every buffer that was made since the last one has been released: then there is
 * nothing that could be found. It needs no annotation: JUnit finds it through {@code
 * META-INF/services}.
 *
 * <p>A test that leaks on purpose takes its report with {@link #take}.
 */
public final class LeakGuard implements AfterAllCallback {
  private static final Queue<String> REPORTS = new ConcurrentLinkedQueue<>();

  /** Of every buffer that was not released yet. They refer to it weakly. */
  private static final Set<Open<?>> OPEN = ConcurrentHashMap.newKeySet();

  private static final int LOOKS = 2;
  private static final long PATIENCE_MILLIS = 10_000;

  // JUnit makes its extensions before it touches a test class, so this comes before any buffer.
  static {
    ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(new Reporting());
  }

  @Override
  public void afterAll(ExtensionContext context) {
    if (REPORTS.isEmpty() && !anyToLookAt()) {
      return;
    }
    List<String> leaks = take();
    if (!leaks.isEmpty()) {
      throw new AssertionError(
          leaks.size() + " buffers were never released; the first:\n" + leaks.get(0));
    }
  }

  /** Collects garbage, and takes the reports of all that was leaked until now. */
  public static List<String> take() {
    for (int i = 0; i < LOOKS; i++) {
      List<Open<?>> looked = List.copyOf(OPEN);
      collect();
      // A detector looks into its queue when it is given the next buffer to track.
      PooledByteBufAllocator.DEFAULT.directBuffer(1).release();
      PooledByteBufAllocator.DEFAULT.heapBuffer(1).release();
      looked.forEach(open -> open.looks++);
    }
    List<String> taken = new ArrayList<>();
    for (String report = REPORTS.poll(); report != null; report = REPORTS.poll()) {
      taken.add(report);
    }
    return taken;
  }

  /** What was there at every look of an earlier class is a constant that lives for ever. */
  static boolean anyToLookAt() {
    return OPEN.stream().anyMatch(open -> open.looks < LOOKS);
  }

  /** Collects, and waits until the JVM has queued what it found. */
  private static void collect() {
    ReferenceQueue<Object> queue = new ReferenceQueue<>();
    WeakReference<Object> mark = new WeakReference<>(new Object(), queue);
    System.gc();
    try {
      if (queue.remove(PATIENCE_MILLIS) != mark) {
        throw new AssertionError("no garbage was collected within " + PATIENCE_MILLIS + " ms");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static final class Reporting extends ResourceLeakDetectorFactory {
    @Override
    @SuppressWarnings("deprecation")
    public <T> ResourceLeakDetector<T> newResourceLeakDetector(
        Class<T> resource, int samplingInterval, long maxActive) {
      return new Keeping<>(resource, samplingInterval);
    }
  }

  private static final class Keeping<T> extends ResourceLeakDetector<T> {
    Keeping(Class<?> resource, int samplingInterval) {
      super(resource, samplingInterval);
    }

    @Override
    public @Nullable ResourceLeakTracker<T> track(T buffer) {
      return open(super.track(buffer));
    }

    @Override
    public @Nullable ResourceLeakTracker<T> trackForcibly(T buffer) {
      return open(super.trackForcibly(buffer));
    }

    private static <T> @Nullable ResourceLeakTracker<T> open(
        @Nullable ResourceLeakTracker<T> tracker) {
      if (tracker == null) {
        return null;
      }
      Open<T> open = new Open<>(tracker);
      OPEN.add(open);
      return open;
    }

    @Override
    protected boolean needReport() {
      return true;
    }

    @Override
    protected void reportTracedLeak(String resourceType, String records) {
      REPORTS.add(resourceType + records);
    }

    @Override
    protected void reportUntracedLeak(String resourceType) {
      REPORTS.add(resourceType);
    }
  }

  /** Netty's own tracker, which is counted until its buffer is released. */
  private static final class Open<T> implements ResourceLeakTracker<T> {
    private final ResourceLeakTracker<T> tracker;
    private volatile int looks;

    Open(ResourceLeakTracker<T> tracker) {
      this.tracker = tracker;
    }

    @Override
    public void record() {
      tracker.record();
    }

    @Override
    public void record(Object hint) {
      tracker.record(hint);
    }

    @Override
    public boolean close(T buffer) {
      OPEN.remove(this);
      return tracker.close(buffer);
    }

    @Override
    public @Nullable Throwable getCloseStackTraceIfAny() {
      return tracker.getCloseStackTraceIfAny();
    }
  }
}
