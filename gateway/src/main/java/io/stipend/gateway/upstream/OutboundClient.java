package io.stipend.gateway.upstream;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLContext;

/**
 * A client for the gateway's own few requests that are no exchange. It goes the way that attempts
 * go, through the proxy except to loopback and with the same authorities, but on threads of its
 * own; and only to the address that it is given: it follows no redirect.
 */
public final class OutboundClient {
  private OutboundClient() {}

  /**
   * A client.
   *
   * @param connectTime to stand a connection
   * @param threads run its callbacks
   * @throws IllegalArgumentException if the file of authorities cannot be read
   */
  public static HttpClient of(UpstreamOptions options, Duration connectTime, Executor threads) {
    URI proxy = options.proxy();
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .followRedirects(HttpClient.Redirect.NEVER)
        .connectTimeout(connectTime)
        .proxy(proxy == null ? HttpClient.Builder.NO_PROXY : new Through(new OutboundProxy(proxy)))
        .sslContext(tls(options))
        .executor(threads)
        .build();
  }

  private static SSLContext tls(UpstreamOptions options) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, ClientTls.trust(options.caFile()).getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalArgumentException(
          "upstream ca: " + options.caFile() + " (expected: a PEM file of certificates)", e);
    }
  }

  /** One proxy for all but loopback. */
  private static final class Through extends ProxySelector {
    private static final List<Proxy> DIRECT = List.of(Proxy.NO_PROXY);

    private final List<Proxy> proxy;

    Through(OutboundProxy proxy) {
      InetSocketAddress address = InetSocketAddress.createUnresolved(proxy.host(), proxy.port());
      this.proxy = List.of(new Proxy(Proxy.Type.HTTP, address));
    }

    @Override
    public List<Proxy> select(URI url) {
      return Origin.of(url).loopback() ? DIRECT : proxy;
    }

    @Override
    public void connectFailed(URI url, SocketAddress address, IOException failure) {
      // The request fails too, and says so.
    }
  }
}
