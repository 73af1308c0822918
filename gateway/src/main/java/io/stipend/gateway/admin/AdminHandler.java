package io.stipend.gateway.admin;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.stipend.gateway.admin.AdminException.Kind;
import io.stipend.gateway.server.Outbound;
import io.stipend.gateway.server.RequestHandler;
import io.stipend.gateway.server.RequestHead;
import io.stipend.policy.Refusal;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The JSON API of the admin listener. Everything but health and readiness needs {@code
 * authorization: Bearer} and a credential whose role may do it ({@link AdminRoute}). Nothing is
 * done on an event loop: changes are made one after another on a thread of their own, and what
 * takes long to read holds up neither them nor, where a person reads their own, who has a role.
 *
 * <p>Errors are {@code {"error":{"code","message"}}}.
 */
public final class AdminHandler implements RequestHandler, AutoCloseable {
  /** Names who asks, for the ledger; a claim of whoever holds the data folder's admin key. */
  static final String OPERATOR = "stipend-operator";

  /**
   * On a health check: any text. The answer's proof is made of it and the admin key, so that a
   * command sends the key only to who has it already.
   */
  static final String CHALLENGE = "stipend-challenge";

  private static final Logger LOG = LoggerFactory.getLogger(AdminHandler.class);

  private static final int OK = 200;
  private static final int INTERNAL = 500;
  private static final int NOT_READY = 503;

  private final AdminAccess access;
  private final Supplier<GatewayStatus> status;
  private final Callers callers;
  private final AdminRoute.Desk desk;
  private final AdminThreads threads = new AdminThreads();

  /**
   * Serves a service.
   *
   * @param status is read on any thread; must not block
   */
  public AdminHandler(
      AdminService service,
      Statements statements,
      Supplier<GatewayStatus> status,
      AdminAccess access,
      Callers callers) {
    this.access = access;
    this.status = status;
    this.callers = callers;
    this.desk = new AdminRoute.Desk(service, statements, status);
  }

  @Override
  public Inbound accept(RequestHead head, Outbound client) {
    if (head.method().equals(HttpMethod.GET) && head.path().equals("/healthz")) {
      String proof = access.proof(head.headers().get(CHALLENGE, ""));
      return answer(client, OK, Map.of("status", "ok", "proof", proof));
    }
    if (head.method().equals(HttpMethod.GET) && head.path().equals("/readyz")) {
      boolean ready = status.get().ready();
      return answer(
          client, ready ? OK : NOT_READY, Map.of("status", ready ? "ready" : "not ready"));
    }
    CompletableFuture<@Nullable Caller> caller = callers.of(head.headers());
    Request request = new Request(head, client, caller);
    if (caller.isDone()) {
      try {
        request.requireAllowed();
      } catch (AdminException e) {
        return answer(client, e);
      }
    }
    return request;
  }

  @Override
  public void malformed(RequestHead head, int status, Refusal refusal, Outbound client) {
    answer(client, status, error(refusal.reason().label(), refusal.message()));
  }

  /** Lets what was begun end; takes nothing more. */
  @Override
  public void close() {
    threads.close();
  }

  private static Inbound answer(Outbound client, AdminException e) {
    return answer(
        client, e.kind().status(), error(e.kind().name(), String.valueOf(e.getMessage())));
  }

  private static Map<String, Object> error(String code, String message) {
    return Map.of("error", Map.of("code", code.toLowerCase(Locale.ROOT), "message", message));
  }

  private static Inbound answer(Outbound client, int status, Object answer) {
    Page page = answer instanceof Page written ? written : null;
    HttpHeaders headers = new DefaultHttpHeaders();
    headers.set(HttpHeaderNames.CONTENT_TYPE, page == null ? Page.JSON : page.type());
    headers.set(HttpHeaderNames.CACHE_CONTROL, "no-store");
    if (page != null) {
      headers.set("x-content-type-options", "nosniff");
      headers.set(HttpHeaderNames.CONTENT_SECURITY_POLICY, Page.POLICY);
    }
    if (status == Kind.UNAUTHORIZED.status()) {
      headers.set(HttpHeaderNames.WWW_AUTHENTICATE, "Bearer");
    }
    client.respond(
        status,
        headers,
        Unpooled.wrappedBuffer(page == null ? AdminJson.write(answer) : page.bytes()));
    return ANSWERED;
  }

  /** After an answer nothing that comes matters. */
  private static final Inbound ANSWERED =
      new Inbound() {
        @Override
        public void body(ByteBuf body) {
          body.release();
        }

        @Override
        public void badBody(int status, Refusal refusal) {}

        @Override
        public void writable() {}

        @Override
        public void gone() {}
      };

  /** One request; who asks may be found out only while its body comes. */
  private final class Request implements Inbound {
    private final RequestHead head;
    private final Outbound client;
    private final CompletableFuture<@Nullable Caller> caller;

    Request(RequestHead head, Outbound client, CompletableFuture<@Nullable Caller> caller) {
      this.head = head;
      this.client = client;
      this.caller = caller;
    }

    /** Refuses who may not; only when it is known who asks. */
    private void requireAllowed() {
      AdminRoute.of(head, who());
    }

    private Caller who() {
      Caller known = caller.isCompletedExceptionally() ? null : caller.join();
      if (known == null) {
        throw new AdminException(
            Kind.UNAUTHORIZED,
            "the credential is missing or wrong (expected: authorization: Bearer, and the content"
                + " of the file admin-key in the data folder, a key with a role, a gateway key of"
                + " one's own, or a JWT)");
      }
      return known;
    }

    @Override
    public void body(ByteBuf body) {
      byte[] bytes;
      try {
        if (body.readableBytes() > AdminJson.MAX_BYTES) {
          answer(
              client,
              new AdminException(
                  Kind.TOO_LARGE,
                  "body: "
                      + body.readableBytes()
                      + " bytes (expected: at most "
                      + AdminJson.MAX_BYTES
                      + ")"));
          return;
        }
        bytes = ByteBufUtil.getBytes(body);
      } finally {
        body.release();
      }
      if (caller.isDone()) {
        begin(bytes);
      } else {
        caller.whenComplete((known, error) -> client.eventLoop().execute(() -> begin(bytes)));
      }
    }

    private void begin(byte[] bytes) {
      try {
        Caller known = who();
        AdminRoute route = AdminRoute.of(head, known);
        threads.execute(route, known, () -> run(route, known, bytes));
      } catch (AdminException e) {
        answer(client, e);
      } catch (RejectedExecutionException e) {
        answer(client, new AdminException(Kind.UNAVAILABLE, "too many admin requests; try again"));
      }
    }

    private void run(AdminRoute route, Caller known, byte[] bytes) {
      try {
        Object result = route.run(desk, head, bytes, known);
        client.eventLoop().execute(() -> answer(client, OK, result));
      } catch (AdminException e) {
        client.eventLoop().execute(() -> answer(client, e));
      } catch (RuntimeException e) {
        LOG.error("admin request {} {} failed", head.method(), head.path(), e);
        client
            .eventLoop()
            .execute(
                () -> answer(client, INTERNAL, error("internal", "see the log of the gateway")));
      }
    }

    @Override
    public void badBody(int status, Refusal refusal) {
      answer(client, new AdminException(Kind.INVALID, refusal.message()));
    }

    @Override
    public @Nullable CompletableFuture<?> awaited() {
      return caller.isDone() ? null : caller;
    }

    @Override
    public void writable() {}

    @Override
    public void gone() {}
  }
}
