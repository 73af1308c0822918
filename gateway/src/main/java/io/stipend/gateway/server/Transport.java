package io.stipend.gateway.server;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The event loops, and the kind of socket that belongs to them: one thread accepts, the others
 * serve. Listeners and upstream connections share it, so that both legs of an exchange can live on
 * one loop. Safe for use by any thread.
 */
public final class Transport implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Transport.class);

  private static final Duration CLOSE_BOUND = Duration.ofSeconds(5);

  private final Kind kind;
  private final EventLoopGroup acceptor;
  private final EventLoopGroup workers;

  private Transport(Kind kind, int loops) {
    this.kind = kind;
    this.acceptor =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("stipend-accept", true), kind.factory());
    this.workers =
        new MultiThreadIoEventLoopGroup(
            loops, new DefaultThreadFactory("stipend-loop", true), kind.factory());
  }

  /**
   * Starts the loops on the best kind of socket that this machine has.
   *
   * @param loops threads that serve; 0 means one for each core
   */
  public static Transport start(int loops) {
    Kind kind = Kind.best();
    kind.warnIfOther();
    return start(kind, loops);
  }

  /**
   * Starts the loops.
   *
   * @param loops threads that serve; 0 means one for each core
   */
  public static Transport start(Kind kind, int loops) {
    if (loops < 0) {
      throw new IllegalArgumentException("loops: " + loops + " (expected: >= 0)");
    }
    return new Transport(kind, loops == 0 ? Runtime.getRuntime().availableProcessors() : loops);
  }

  /** Which kind of socket is in use. */
  public Kind kind() {
    return kind;
  }

  /** The loops that serve; each connection lives on one of them. */
  public EventLoopGroup workers() {
    return workers;
  }

  EventLoopGroup acceptor() {
    return acceptor;
  }

  Class<? extends ServerChannel> serverChannel() {
    return switch (kind) {
      case IO_URING -> IoUringServerSocketChannel.class;
      case EPOLL -> EpollServerSocketChannel.class;
      case NIO -> NioServerSocketChannel.class;
    };
  }

  /** Ends the loops and whatever connections they still have; waits a few seconds at most. */
  @Override
  public void close() {
    long bound = CLOSE_BOUND.toMillis();
    var accepting = acceptor.shutdownGracefully(0, bound, TimeUnit.MILLISECONDS);
    var serving = workers.shutdownGracefully(0, bound, TimeUnit.MILLISECONDS);
    accepting.awaitUninterruptibly(bound);
    serving.awaitUninterruptibly(bound);
  }

  /** A kind of socket. */
  public enum Kind {
    /** Linux's rings, through Netty's native library. */
    IO_URING,
    /** Linux's own, through Netty's native library. */
    EPOLL,
    /** The JDK's, everywhere. */
    NIO;

    private static final String PROPERTY = "stipend.transport";

    /** That of {@code -Dstipend.transport} where it works here; else epoll, else the JDK's. */
    public static Kind best() {
      String asked = System.getProperty(PROPERTY, "");
      if (asked.equals("io_uring") && IoUring.isAvailable()) {
        return IO_URING;
      }
      return Epoll.isAvailable() && !asked.equals("nio") ? EPOLL : NIO;
    }

    /** Says so if another was asked for than the one that is taken. */
    private void warnIfOther() {
      String asked = System.getProperty(PROPERTY, "");
      if (!asked.isEmpty() && !asked.equals(name().toLowerCase(Locale.ROOT))) {
        LOG.warn(
            "-D{}={}: cannot be used here, {} is (expected: io_uring, epoll or nio)",
            PROPERTY,
            asked,
            name().toLowerCase(Locale.ROOT));
      }
    }

    private IoHandlerFactory factory() {
      return switch (this) {
        case IO_URING -> IoUringIoHandler.newFactory();
        case EPOLL -> EpollIoHandler.newFactory();
        case NIO -> NioIoHandler.newFactory();
      };
    }
  }
}
