package io.stipend.gateway;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.gateway.admin.AdminAccess;
import io.stipend.gateway.admin.AdminHandler;
import io.stipend.gateway.admin.AdminJson;
import io.stipend.gateway.admin.AdminService;
import io.stipend.gateway.admin.Callers;
import io.stipend.gateway.admin.GatewayStatus;
import io.stipend.gateway.admin.LocalAdmin;
import io.stipend.gateway.admin.PersonBalance;
import io.stipend.gateway.admin.Statements;
import io.stipend.gateway.delivery.Deliveries;
import io.stipend.gateway.dialect.Dialect.Answer;
import io.stipend.gateway.exchange.AccessLog;
import io.stipend.gateway.exchange.Exchanges;
import io.stipend.gateway.exchange.RefusalCounts;
import io.stipend.gateway.exchange.Services;
import io.stipend.gateway.route.Routing;
import io.stipend.gateway.server.Listener;
import io.stipend.gateway.server.ListenerOptions;
import io.stipend.gateway.server.ServerLimits;
import io.stipend.gateway.server.Transport;
import io.stipend.gateway.upstream.CloudUpstreams;
import io.stipend.gateway.upstream.NettyUpstreams;
import io.stipend.gateway.upstream.UpstreamOptions;
import io.stipend.metering.ledger.Ledger;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.SqliteLedger;
import io.stipend.metering.tokens.Learned;
import io.stipend.metering.tokens.LearnedFile;
import io.stipend.metering.tokens.TokenCounters;
import io.stipend.policy.Entitlement;
import io.stipend.policy.budget.Budgets.AccountBalance;
import io.stipend.policy.budget.LocalBudgets;
import io.stipend.policy.config.ConfigWatcher;
import io.stipend.policy.config.GatewayConfig;
import io.stipend.policy.config.HostPort;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.limit.RequestLimits;
import io.stipend.policy.limit.SourceLimiter;
import io.stipend.policy.store.Freezes;
import io.stipend.policy.store.PolicyStore;
import io.stipend.policy.store.SnapshotPolicy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One running gateway: the composition root. The order in which {@link #start} makes its parts is
 * the order in which they depend on each other.
 */
public final class Gateway implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);

  /** How long after a drain the endings of the last exchanges may take to be recorded. */
  private static final Duration SETTLE_TIME = Duration.ofSeconds(10);

  private final GatewayConfig config;
  private final Identities identities;
  private final QuotaRecord quotaRecord;
  private final PolicyStore store;
  private final Freezes freezes;
  private final Ledger ledger;
  private final Alerts alerts;
  private final Deliveries deliveries;
  private final LocalBudgets budgets;
  private final LocalAdmin admin;
  private final AdminAccess access;
  private final AdminHandler adminHandler;
  private final RefusalCounts refusals;
  private final Learned learned;
  private final LearnedFile learnedFile;
  private final Background background;
  private final ConfigWatcher watcher;
  private final Transport transport;
  private final CloudUpstreams upstreams;
  private final Routing routing;
  private final Exchanges exchanges;
  private final Listener listener;
  private final Listener adminListener;
  private final CompletableFuture<Void> failed;
  private boolean closed;

  private Gateway(
      QuotaFile.Loaded loaded,
      Map<String, String> env,
      InstantSource clock,
      CompletableFuture<Void> failed,
      Ledger ledger)
      throws IOException {
    this.failed = failed;
    this.ledger = ledger;
    this.config = loaded.quotaFile().gateway();
    this.quotaRecord = new QuotaRecord(ledger, config.data());
    this.identities = new Identities(loaded, ledger, clock);
    this.store = identities.store();
    this.freezes = identities.freezes();
    this.alerts = new Alerts(ledger, loaded.quotaFile(), clock);
    this.budgets = new LocalBudgets(ledger, clock, alerts.watch());
    this.admin =
        new LocalAdmin(ledger, budgets, identities.keys(), freezes, identities::file, clock);
    this.access = AdminAccess.open(config.data());
    this.refusals = new RefusalCounts(ledger, clock);
    this.transport = Transport.start(config.eventLoops());
    UpstreamOptions outward = UpstreamOptions.of(config);
    this.upstreams = new CloudUpstreams(new NettyUpstreams(outward), outward, clock);
    this.deliveries = new Deliveries(config.data(), outward, Version.text(), clock);
    this.routing = new Routing(config.retry(), System::nanoTime);
    TokenCounters counters = new TokenCounters();
    this.learnedFile = new LearnedFile(config.data());
    Learned known = learnedFile.load();
    this.learned = known == null ? new Learned() : known;
    this.background = new Background();
    Services services =
        new Services(
            clock,
            new SnapshotPolicy(store, new RequestLimits(System::nanoTime), freezes),
            new SourceLimiter(config.limits().counts().badCredentialsPerMinute()),
            budgets,
            upstreams,
            routing,
            new Services.Tokens(counters, learned),
            background.counting(),
            () -> store.snapshot().file().gateway(),
            refusals,
            AccessLog::write);
    this.exchanges = new Exchanges(services, this::me);
    Statements statements = new Statements(identities::file, clock, LedgerReader::openBeside);
    Callers callers = identities.callers(access, clock);
    this.adminHandler = new AdminHandler(admin, statements, this::status, access, callers);
    identities.awaitKeys();
    this.adminListener = Listener.start(transport, at(config.admin(), null), adminHandler);
    this.listener = Listener.start(transport, at(config.listen(), tls(config)), exchanges);
    access.publish(adminListener.address());
    this.watcher = new ConfigWatcher(loaded, env, clock, next -> swap(next, clock.instant()));
    loaded.warnings().forEach(warning -> LOG.warn("{}", warning));
    this.quotaRecord.inForce(loaded, clock.instant());
    background.start(
        counters,
        refusals,
        () -> budgets.sweep(exchanges::living, store.snapshot().file().rules()));
    background.keep(learned, learnedFile);
    if (known == null) {
      background.once(() -> Relearning.from(config.data(), learned, clock.instant()));
    }
    alerts.start(budgets);
    deliveries.update(loaded.quotaFile());
    watcher.start(ConfigWatcher.INTERVAL);
  }

  /**
   * Starts a gateway by a quota file.
   *
   * @param env where {@code ${NAME}} secrets come from
   * @throws BrokenQuotaFileException if the file has problems
   * @throws io.stipend.metering.ledger.LedgerException if the ledger cannot be opened
   */
  public static Gateway start(Path quotaFile, Map<String, String> env, InstantSource clock) {
    Preload.begin();
    QuotaFile.Result result = QuotaFile.load(quotaFile, env);
    if (result instanceof QuotaFile.Broken broken) {
      throw new BrokenQuotaFileException(broken.problems());
    }
    QuotaFile.Loaded loaded = (QuotaFile.Loaded) result;
    GatewayConfig config = loaded.quotaFile().gateway();
    CompletableFuture<Void> failed = new CompletableFuture<>();
    LedgerOptions options =
        new LedgerOptions(
            config.limits().counts().openAttempts(),
            LedgerOptions.DEFAULT_QUEUE_CAPACITY,
            LedgerOptions.DEFAULT_MAX_BATCHES_BEHIND,
            () -> failed.complete(null));
    Ledger ledger = SqliteLedger.open(config.data(), options, clock);
    try {
      return new Gateway(loaded, env, clock, failed, ledger);
    } catch (IOException e) {
      ledger.close();
      throw new UncheckedIOException(e);
    } catch (RuntimeException e) {
      ledger.close();
      throw e;
    }
  }

  private ListenerOptions at(HostPort where, ListenerOptions.@Nullable Tls tls) {
    ServerLimits limits = ServerLimits.of(config.limits());
    return new ListenerOptions(where.host(), where.port(), tls, limits);
  }

  private static ListenerOptions.@Nullable Tls tls(GatewayConfig config) {
    GatewayConfig.Tls tls = config.tls();
    return tls == null ? null : new ListenerOptions.Tls(tls.certificate(), tls.key());
  }

  private void swap(QuotaFile.Loaded next, Instant now) {
    identities.swap(next);
    alerts.webhooks(next.quotaFile().webhooks());
    deliveries.update(next.quotaFile());
    quotaRecord.inForce(next, now);
    LOG.info("the quota file changed: {} is in force", next.hash());
  }

  private Answer me(Entitlement who, List<AccountBalance> balances) {
    boolean frozen = freezes.isFrozen(who.principal());
    PersonBalance balance = PersonBalance.of(who.principal().id(), balances, frozen);
    HttpHeaders headers = DefaultHttpHeadersFactory.headersFactory().newHeaders();
    headers.set(HttpHeaderNames.CONTENT_TYPE, "application/json");
    return new Answer(200, headers, Unpooled.wrappedBuffer(AdminJson.write(balance)));
  }

  private GatewayStatus status() {
    return new GatewayStatus(
        Version.text(),
        store.snapshot().hash(),
        exchanges.open(),
        budgets.openReservations(),
        !exchanges.draining() && !ledger.poisoned(),
        routing.states(),
        deliveries.status());
  }

  /** The section {@code gateway} as it was at the start. */
  public GatewayConfig config() {
    return config;
  }

  /** Where the data listener is bound. */
  public InetSocketAddress address() {
    return listener.address();
  }

  /** Where the admin listener is bound. */
  public InetSocketAddress adminAddress() {
    return adminListener.address();
  }

  /** Administration in this process. */
  public AdminService admin() {
    return admin;
  }

  /** Completes when the ledger's disk has failed: the process must then end, non-zero. */
  public CompletableFuture<Void> failed() {
    return failed;
  }

  /**
   * Enters in the ledger what is only counted so far.
   *
   * @return completes when it is durable
   */
  public CompletableFuture<Void> flush() {
    return refusals.flush();
  }

  /**
   * Drains and stops: takes no more exchanges, lets those under way end within the drain bound,
   * ends the rest, settles all, and closes the ledger. Blocks. Closing twice is closing once.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    watcher.close();
    access.withdraw();
    exchanges.refuseNew();
    listener.stopAccepting();
    listener.drain(config.drain()).toCompletableFuture().join();
    exchanges.endAll();
    listener.drain(SETTLE_TIME).toCompletableFuture().join();
    adminListener.stopAccepting();
    adminListener.drain(Duration.ZERO).toCompletableFuture().join();
    adminHandler.close();
    exchanges.awaitEnd(SETTLE_TIME);
    background.close();
    learnedFile.save(learned);
    refusals.flush();
    identities.close();
    alerts.close();
    deliveries.close();
    upstreams.close();
    transport.close();
    ledger.close();
  }
}
