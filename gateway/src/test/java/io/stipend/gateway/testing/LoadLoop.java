package io.stipend.gateway.testing;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * One thread of the generator. In an open loop every request has its time beforehand; one that
 * finds no idle connection waits in line, and its wait counts. All state is of its event loop.
 */
final class LoadLoop {
  private static final long RECONNECT_MILLIS = 20;

  private final EventLoop loop;
  private final LoadPlan plan;
  private final int connections;
  private final List<ByteBuf> requests;
  private final LoadResult result = new LoadResult();
  private final Set<LoadConnection> open = new HashSet<>();
  private final ArrayDeque<LoadConnection> idle = new ArrayDeque<>();
  private final ArrayDeque<Long> late = new ArrayDeque<>();
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final CompletableFuture<LoadResult> done = new CompletableFuture<>();
  private boolean running;
  private boolean over;
  private long startNanos;
  private long endNanos;
  private double gapNanos;
  private long fired;
  private int dialed;

  LoadLoop(EventLoop loop, LoadPlan plan, int connections) {
    this.loop = loop;
    this.plan = plan;
    this.connections = connections;
    this.requests = plan.requests();
  }

  /** Connects all; complete when they stand. */
  CompletableFuture<Void> connect() {
    loop.execute(
        () -> {
          for (int i = 0; i < connections; i++) {
            dial();
          }
        });
    return ready;
  }

  /** Runs from start to end, of {@link System#nanoTime}. */
  CompletableFuture<LoadResult> run(long start, long end, double rate) {
    loop.execute(
        () -> {
          startNanos = start;
          endNanos = end;
          running = true;
          if (rate > 0) {
            gapNanos = 1e9 / rate;
            tick();
          } else {
            while (!idle.isEmpty()) {
              next(idle.pollLast());
            }
          }
          loop.schedule(this::stop, end - System.nanoTime(), TimeUnit.NANOSECONDS);
        });
    return done;
  }

  /** After its event loop has ended. */
  void release() {
    requests.forEach(ByteBuf::release);
  }

  LoadResult result() {
    return result;
  }

  private ByteBuf request(int connection) {
    return requests.get(connection % requests.size());
  }

  private void dial() {
    boolean epoll = loop instanceof IoEventLoop io && io.isIoType(EpollIoHandler.class);
    new Bootstrap()
        .group(loop)
        .channel(epoll ? EpollSocketChannel.class : NioSocketChannel.class)
        .option(ChannelOption.TCP_NODELAY, true)
        .handler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                channel
                    .pipeline()
                    .addLast(new LoadConnection(LoadLoop.this, channel, request(dialed++)));
              }
            })
        .connect(plan.url().getHost(), plan.port())
        .addListener(
            (io.netty.channel.ChannelFutureListener)
                dialed -> {
                  if (dialed.isSuccess()) {
                    stands(dialed.channel().pipeline().get(LoadConnection.class));
                  } else if (!ready.isDone()) {
                    ready.completeExceptionally(dialed.cause());
                  } else {
                    dialLater();
                  }
                });
  }

  private void dialLater() {
    if (!over) {
      loop.schedule(this::dial, RECONNECT_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private void stands(LoadConnection connection) {
    open.add(connection);
    if (running) {
      next(connection);
    } else {
      idle.addLast(connection);
    }
    if (open.size() == connections) {
      ready.complete(null);
    }
  }

  /** Fires all that is due, then sleeps until the next is. */
  private void tick() {
    long now = System.nanoTime();
    long due = dueNanos();
    while (due <= now && due < endNanos) {
      fired++;
      LoadConnection free = idle.pollLast();
      if (free == null) {
        late.addLast(due);
      } else {
        free.send(due);
      }
      due = dueNanos();
    }
    if (due < endNanos) {
      loop.schedule(this::tick, due - System.nanoTime(), TimeUnit.NANOSECONDS);
    }
  }

  private long dueNanos() {
    return startNanos + (long) (fired * gapNanos);
  }

  void answered(LoadConnection by, int status, long fromNanos, boolean keep) {
    long now = System.nanoTime();
    if (!over) {
      result.latencies.record(now - fromNanos);
      result.statuses.merge(status, 1L, Long::sum);
      result.lastNanos = now - startNanos;
    }
    if (keep && !over) {
      next(by);
    }
  }

  private void next(LoadConnection free) {
    if (gapNanos > 0) {
      Long due = late.pollFirst();
      if (due != null) {
        free.send(due);
        return;
      }
    } else if (running) {
      free.send(System.nanoTime());
      return;
    }
    idle.addLast(free);
    finishIfIdle();
  }

  void reset() {
    result.resets++;
  }

  void gone(LoadConnection connection) {
    open.remove(connection);
    idle.remove(connection);
    if (running) {
      dialLater();
    }
    finishIfIdle();
  }

  private void stop() {
    running = false;
    loop.schedule(this::finish, plan.grace().toNanos(), TimeUnit.NANOSECONDS);
    finishIfIdle();
  }

  private void finishIfIdle() {
    if (!running && startNanos != 0 && late.isEmpty() && open.size() == idle.size()) {
      finish();
    }
  }

  private void finish() {
    if (!over) {
      over = true;
      open.forEach(LoadConnection::end);
      result.unfinished = late.size() + open.stream().filter(LoadConnection::busy).count();
      if (result.unfinished > 0) {
        result.lastNanos = System.nanoTime() - startNanos;
      }
      done.complete(result);
      // The next load may need as many descriptors.
      List.copyOf(open).forEach(LoadConnection::close);
    }
  }
}
