package io.stipend.gateway.admin;

import io.netty.handler.codec.http.HttpMethod;
import io.stipend.gateway.admin.AdminException.Kind;
import io.stipend.gateway.server.RequestHead;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** What the paths of the admin listener do; the one place that lists them. */
final class AdminRoute {
  private static final String BALANCES = "/v1/balances";
  private static final String KEYS = "/v1/keys";
  private static final String GRANTS = "/v1/grants";
  private static final String TRANSFERS = "/v1/transfers";
  private static final String ADVANCES = "/v1/advances";
  private static final String FREEZES = "/v1/freezes";
  private static final String ALLOWANCES = "/v1/allowances";
  private static final String CORRECTIONS = "/v1/corrections";
  private static final String MONTHS = "/v1/months";
  private static final String STATUS = "/v1/status";

  /** What only takes orders. */
  private static final Set<String> ORDERS =
      Set.of(GRANTS, TRANSFERS, ADVANCES, FREEZES, CORRECTIONS);

  private final AdminService service;
  private final Supplier<GatewayStatus> status;

  AdminRoute(AdminService service, Supplier<GatewayStatus> status) {
    this.service = service;
    this.status = status;
  }

  /** The methods of a path; empty if there is no such path. */
  static List<HttpMethod> methods(String path) {
    if (path.equals(BALANCES)
        || path.equals(STATUS)
        || below(path, BALANCES)
        || below(path, ALLOWANCES)) {
      return List.of(HttpMethod.GET);
    }
    if (path.equals(KEYS) || path.equals(MONTHS)) {
      return List.of(HttpMethod.GET, HttpMethod.POST);
    }
    if (below(path, KEYS)) {
      return List.of(HttpMethod.DELETE);
    }
    return ORDERS.contains(path) ? List.of(HttpMethod.POST) : List.of();
  }

  /** Does it; what is returned becomes the JSON of the answer. Blocks. */
  Object run(RequestHead head, byte[] body, String by) {
    String path = head.path();
    boolean post = head.method().equals(HttpMethod.POST);
    return switch (path) {
      case STATUS -> status.get();
      case BALANCES -> service.balances();
      case KEYS ->
          post
              ? service.createKey(AdminJson.read(body, AdminService.KeyOrder.class), by)
              : service.keys();
      case GRANTS -> service.grant(AdminJson.read(body, AdminService.GrantOrder.class), by);
      case TRANSFERS ->
          service.transfer(AdminJson.read(body, AdminService.TransferOrder.class), by);
      case ADVANCES -> service.advance(AdminJson.read(body, AdminService.AdvanceOrder.class), by);
      case FREEZES -> service.freeze(AdminJson.read(body, AdminService.FreezeOrder.class), by);
      case CORRECTIONS ->
          service.correct(AdminJson.read(body, AdminService.CorrectionOrder.class), by);
      case MONTHS ->
          post
              ? service.closeMonth(AdminJson.read(body, AdminService.MonthOrder.class), by)
              : service.months();
      default -> runBelow(path, by);
    };
  }

  private Object runBelow(String path, String by) {
    if (below(path, BALANCES)) {
      return service.balance(path.substring(BALANCES.length() + 1));
    }
    if (below(path, ALLOWANCES)) {
      return service.allowance(path.substring(ALLOWANCES.length() + 1));
    }
    if (below(path, KEYS)) {
      return service.revokeKey(path.substring(KEYS.length() + 1), by);
    }
    throw new AdminException(Kind.NOT_FOUND, "path: " + path + " (not known)");
  }

  private static boolean below(String path, String parent) {
    return path.length() > parent.length() + 1
        && path.startsWith(parent)
        && path.charAt(parent.length()) == '/';
  }
}
