package io.stipend.policy.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the gateway itself runs: the section {@code gateway} of the quota file. Only {@link
 * #refusals} and {@link #contact} take effect while the gateway runs; the rest is read at start.
 *
 * @param listen the data listener
 * @param admin the admin listener
 * @param data folder of the ledger, the in-flight table, the pepper and the admin key
 * @param durability when an attempt may be sent
 * @param tls certificate of the data listener; null means plain HTTP
 * @param limits bounds on everything
 * @param drain how long open exchanges may take after SIGTERM
 * @param clientGone how long, and for how many bytes, an answer is read on for its usage after its
 *     client has gone
 * @param upstream how upstreams are reached
 * @param retry when a call is tried again
 * @param eventLoops threads that serve; 0 means one for each core
 * @param refusals HTTP status of a budget refusal by dialect id or path, where the default does not
 *     fit
 * @param contact whom refusals tell people to ask; empty if nobody
 */
public record GatewayConfig(
    HostPort listen,
    HostPort admin,
    Path data,
    Durability durability,
    @Nullable Tls tls,
    Limits limits,
    Duration drain,
    ClientGone clientGone,
    Upstream upstream,
    Retry retry,
    int eventLoops,
    Map<String, Integer> refusals,
    String contact) {
  /** How long open exchanges may take after SIGTERM unless the file says otherwise. */
  public static final Duration DEFAULT_DRAIN = Duration.ofSeconds(30);

  /** Copies the map. */
  public GatewayConfig {
    refusals = Map.copyOf(refusals);
  }

  /** The defaults, listening here and keeping its data there. */
  public static GatewayConfig of(HostPort listen, HostPort admin, Path data) {
    return new GatewayConfig(
        listen,
        admin,
        data,
        Durability.GATE,
        null,
        Limits.DEFAULTS,
        DEFAULT_DRAIN,
        ClientGone.DEFAULTS,
        Upstream.DEFAULTS,
        Retry.DEFAULTS,
        0,
        Map.of(),
        "");
  }

  /** The status of budget refusals on a route, by its path or its dialect; 0 if none is set. */
  public int refusalStatus(String path, String dialect) {
    return refusals.getOrDefault(path, refusals.getOrDefault(dialect, 0));
  }

  /** The same with other refusals and another contact. */
  GatewayConfig with(Map<String, Integer> otherRefusals, String otherContact) {
    return new GatewayConfig(
        listen,
        admin,
        data,
        durability,
        tls,
        limits,
        drain,
        clientGone,
        upstream,
        retry,
        eventLoops,
        otherRefusals,
        otherContact);
  }

  /**
   * PEM files of a listener.
   *
   * @param certificate the chain, the listener's own certificate first
   * @param key its private key, PKCS #8
   */
  public record Tls(Path certificate, Path key) {}

  /**
   * The bound of reading on after a client has gone; whichever is reached first ends it.
   *
   * @param time how long
   * @param bytes how much
   */
  public record ClientGone(Duration time, long bytes) {
    /** What holds for every key that the file does not write. */
    public static final ClientGone DEFAULTS =
        new ClientGone(Duration.ofSeconds(30), 4L * 1_024 * 1_024);
  }

  /**
   * How upstreams are reached.
   *
   * @param proxy {@code http://host:port} of an outbound proxy; null if none
   * @param ca PEM file of the authorities that are trusted besides the system's; null if none
   * @param connectionsPerLoop connections that one event loop may hold to one provider
   * @param idleTime how long an unused connection is kept
   */
  public record Upstream(
      @Nullable URI proxy, @Nullable Path ca, int connectionsPerLoop, Duration idleTime) {
    /** What holds for every key that the file does not write. */
    public static final Upstream DEFAULTS = new Upstream(null, null, 4_096, Duration.ofSeconds(30));
  }

  /**
   * When a call is tried again: where no connection stood, or the provider answered 429 or 5xx and
   * no byte of that has reached the client.
   *
   * @param attempts tries of one exchange in all
   * @param budgetPercent how many of a hundred exchanges may be tried again, over the last while
   * @param sameUpstream whether an upstream that answered 429 or 5xx is asked again where there is
   *     no other
   * @param longestWait the longest pause before a try; a provider that asks for more is not waited
   *     for
   * @param failuresPercent how many of its last calls must have failed for an upstream to rest
   * @param rest how long it then gets no call while there is another
   */
  public record Retry(
      int attempts,
      int budgetPercent,
      boolean sameUpstream,
      Duration longestWait,
      int failuresPercent,
      Duration rest) {
    /** What holds for every key that the file does not write. */
    public static final Retry DEFAULTS =
        new Retry(3, 20, false, Duration.ofSeconds(5), 50, Duration.ofSeconds(15));
  }
}
