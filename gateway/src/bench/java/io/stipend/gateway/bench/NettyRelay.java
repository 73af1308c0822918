package io.stipend.gateway.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * The yardstick where nothing else is installed: a plain relay of Netty's own parts, which parses
 * HTTP on both legs and does nothing else. It costs about what nginx costs. Each client connection
 * has one upstream connection of its own. Prints its port.
 */
public final class NettyRelay {
  private static final boolean EPOLL = Epoll.isAvailable();
  private static final int BACKLOG = 4_096;

  private NettyRelay() {}

  /** Runs until it is killed; the argument is the provider's port. */
  public static void main(String[] args) throws Exception {
    int provider = Integer.parseInt(args[0]);
    var group =
        new MultiThreadIoEventLoopGroup(
            Runtime.getRuntime().availableProcessors(),
            EPOLL ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    Channel channel =
        new ServerBootstrap()
            .group(group)
            .channel(EPOLL ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.AUTO_READ, false)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel client) {
                    client.pipeline().addLast(new HttpServerCodec());
                    dial(client, provider);
                  }
                })
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sync()
            .channel();
    System.out.println(((InetSocketAddress) channel.localAddress()).getPort());
    channel.closeFuture().sync();
  }

  private static void dial(Channel client, int provider) {
    ChannelFuture dialed =
        new Bootstrap()
            .group(client.eventLoop())
            .channel(EPOLL ? EpollSocketChannel.class : NioSocketChannel.class)
            .option(ChannelOption.TCP_NODELAY, true)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel upstream) {
                    upstream.pipeline().addLast(new HttpClientCodec(), new To(client));
                  }
                })
            .connect(InetAddress.getLoopbackAddress(), provider);
    dialed.addListener(
        (ChannelFutureListener)
            done -> {
              if (done.isSuccess()) {
                client.pipeline().addLast(new To(done.channel()));
                client.config().setAutoRead(true);
              } else {
                client.close();
              }
            });
  }

  /** Writes all that comes to the other leg, and flushes at the end of a burst. */
  private static final class To extends ChannelInboundHandlerAdapter {
    private final Channel other;

    To(Channel other) {
      this.other = other;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (other.isActive()) {
        other.write(message, other.voidPromise());
      } else {
        ReferenceCountUtil.release(message);
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      other.flush();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      other.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}
