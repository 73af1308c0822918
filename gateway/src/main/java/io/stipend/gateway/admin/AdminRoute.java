package io.stipend.gateway.admin;

import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.stipend.gateway.admin.AdminException.Kind;
import io.stipend.gateway.server.RequestHead;
import io.stipend.policy.config.Role;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the admin listener does, and who may ask for it: {@link #TABLE} is the one place that lists
 * both.
 *
 * @param path the path; or what stands before the id at its end
 * @param ofOne whether an id follows
 * @param roles who may ask; with {@link Role#PERSON} everybody for an id that is their own
 */
record AdminRoute(
    HttpMethod method, String path, boolean ofOne, Set<Role> roles, AdminRoute.Work work) {
  private static final Set<Role> ALL = Set.of(Role.PLATFORM, Role.FINANCE, Role.AUDITOR);
  private static final Set<Role> MONEY = Set.of(Role.PLATFORM, Role.FINANCE);
  private static final Set<Role> OWN = Set.of(Role.PLATFORM, Role.FINANCE, Role.PERSON);

  /** What somebody is given is nobody else's business, not even the platform's. */
  private static final Set<Role> PRIVATE = Set.of(Role.FINANCE, Role.PERSON);

  /** Everything that needs a credential. What changes something is the platform's alone. */
  static final List<AdminRoute> TABLE =
      List.of(
          get("/v1/status", false, ALL, (to, asked) -> to.status.get()),
          get("/v1/audit", false, ALL, (to, asked) -> to.service.audit()),
          get("/v1/keys", false, ALL, (to, asked) -> to.service.keys()),
          get("/v1/months", false, ALL, (to, asked) -> to.service.months()),
          get("/v1/balances", false, MONEY, (to, asked) -> to.service.balances()),
          get("/v1/balances", true, OWN, (to, asked) -> to.service.balance(asked.id)),
          get("/v1/allowances", true, OWN, (to, asked) -> to.service.allowance(asked.id)),
          get(
              "/v1/usage",
              true,
              OWN,
              (to, asked) ->
                  to.service.usage(asked.id, asked.parameter("from"), asked.parameter("to"))),
          get(
              "/v1/statements",
              true,
              PRIVATE,
              (to, asked) ->
                  to.statements.page(
                      asked.id,
                      asked.parameter("month"),
                      asked.parameter("year"),
                      asked.parameter("format"))),
          post(
              "/v1/keys",
              (to, asked) ->
                  to.service.createKey(asked.read(AdminService.KeyOrder.class), asked.by)),
          new AdminRoute(
              HttpMethod.DELETE,
              "/v1/keys",
              true,
              Set.of(Role.PLATFORM),
              (to, asked) -> to.service.revokeKey(asked.id, asked.by)),
          post(
              "/v1/grants",
              (to, asked) -> to.service.grant(asked.read(AdminService.GrantOrder.class), asked.by)),
          post(
              "/v1/transfers",
              (to, asked) ->
                  to.service.transfer(asked.read(AdminService.TransferOrder.class), asked.by)),
          post(
              "/v1/advances",
              (to, asked) ->
                  to.service.advance(asked.read(AdminService.AdvanceOrder.class), asked.by)),
          post(
              "/v1/freezes",
              (to, asked) ->
                  to.service.freeze(asked.read(AdminService.FreezeOrder.class), asked.by)),
          post(
              "/v1/corrections",
              (to, asked) ->
                  to.service.correct(asked.read(AdminService.CorrectionOrder.class), asked.by)),
          post(
              "/v1/months",
              (to, asked) ->
                  to.service.closeMonth(asked.read(AdminService.MonthOrder.class), asked.by)));

  /**
   * Does what a route is for; what is returned becomes JSON, unless it is a {@link Page}. Blocks.
   */
  @FunctionalInterface
  interface Work {
    Object of(Desk desk, Asked asked);
  }

  /** What the routes work with. */
  record Desk(AdminService service, Statements statements, Supplier<GatewayStatus> status) {}

  /** What is asked. */
  static final class Asked {
    private final String id;
    private final String query;
    private final byte[] body;
    private final String by;

    /**
     * @param id the last part of the path of a route of one; else empty
     * @param by who asks, for the ledger
     */
    Asked(String id, String query, byte[] body, String by) {
      this.id = id;
      this.query = query;
      this.body = body;
      this.by = by;
    }

    <T> T read(Class<T> type) {
      return AdminJson.read(body, type);
    }

    @Nullable String parameter(String name) {
      try {
        List<String> values = new QueryStringDecoder(query).parameters().get(name);
        return values == null ? null : values.get(0);
      } catch (IllegalArgumentException e) {
        throw new AdminException(
            Kind.INVALID,
            "query: an escape is broken (expected: a percent sign and two hex digits)",
            e);
      }
    }
  }

  private static AdminRoute get(String path, boolean ofOne, Set<Role> roles, Work work) {
    return new AdminRoute(HttpMethod.GET, path, ofOne, roles, work);
  }

  private static AdminRoute post(String path, Work work) {
    return new AdminRoute(HttpMethod.POST, path, false, Set.of(Role.PLATFORM), work);
  }

  /**
   * The route of a request, if who asks may take it.
   *
   * @throws AdminException if there is none, or not for them
   */
  static AdminRoute of(RequestHead head, Caller caller) {
    List<AdminRoute> there = TABLE.stream().filter(r -> r.isAt(head.path())).toList();
    if (there.isEmpty()) {
      throw new AdminException(Kind.NOT_FOUND, "path: " + head.path() + " (not known)");
    }
    for (AdminRoute route : there) {
      if (route.method.equals(head.method())) {
        route.require(caller, head.path());
        return route;
      }
    }
    throw new AdminException(
        Kind.METHOD,
        "method: "
            + head.method()
            + " (expected: one of "
            + there.stream().map(AdminRoute::method).toList()
            + ")");
  }

  private void require(Caller caller, String at) {
    // Whoever has a role is a person too.
    boolean own = roles.contains(Role.PERSON) && ofOne && id(at).equals(caller.person());
    boolean may = caller.role() != Role.PERSON && roles.contains(caller.role());
    if (!own && !may) {
      throw new AdminException(
          Kind.FORBIDDEN,
          "role: "
              + caller.role().label()
              + " (expected: one of "
              + EnumSet.copyOf(roles).stream().map(Role::label).toList()
              + (roles.contains(Role.PERSON) ? ", a person for itself alone)" : ")"));
    }
  }

  private boolean isAt(String at) {
    return ofOne
        ? at.length() > path.length() + 1 && at.startsWith(path) && at.charAt(path.length()) == '/'
        : at.equals(path);
  }

  private String id(String at) {
    return ofOne ? at.substring(path.length() + 1) : "";
  }

  /** Does it. Blocks. */
  Object run(Desk desk, RequestHead head, byte[] body, Caller caller) {
    return work.of(desk, new Asked(id(head.path()), head.query(), body, caller.by()));
  }
}
