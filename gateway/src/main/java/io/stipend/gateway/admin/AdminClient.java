package io.stipend.gateway.admin;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.netty.handler.codec.http.QueryStringEncoder;
import io.stipend.gateway.admin.AdminException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Asks a running gateway, by its admin listener. */
public final class AdminClient implements AdminService {
  private static final int CONNECT_MILLIS = 2_000;
  private static final int READ_MILLIS = 60_000;
  private static final int OK = 200;

  /** What an id must be to stand in a path as it is: the listener takes no escapes. */
  private static final Pattern SEGMENT = Pattern.compile("[A-Za-z0-9_~@+=-][A-Za-z0-9._~@+=-]*");

  private final AdminAccess.Reachable gateway;

  private AdminClient(AdminAccess.Reachable gateway) {
    this.gateway = gateway;
  }

  /** A client of the gateway that uses a data folder; empty if none says that it does. */
  public static Optional<AdminClient> find(Path data) {
    return AdminAccess.find(data).map(AdminClient::new);
  }

  /**
   * Whether the gateway of this folder answers. Another program may have its port by now: it cannot
   * prove that it has the admin key, and is not sent it.
   */
  public boolean reachable() {
    String challenge = UUID.randomUUID().toString();
    try {
      HttpURLConnection connection = connect("/healthz");
      connection.setRequestProperty(AdminHandler.CHALLENGE, challenge);
      try {
        if (connection.getResponseCode() != OK) {
          return false;
        }
        try (InputStream answer = connection.getInputStream()) {
          byte[] bytes = answer.readNBytes(AdminJson.MAX_BYTES);
          return gateway.proves(challenge, AdminJson.read(bytes, Health.class).proof());
        }
      } finally {
        connection.disconnect();
      }
    } catch (IOException | AdminException e) {
      return false;
    }
  }

  private record Health(String status, String proof) {}

  /** How the gateway does. */
  public GatewayStatus status() {
    return ask("GET", "/v1/status", null, "", GatewayStatus.class);
  }

  @Override
  public List<PersonBalance> balances() {
    return List.of(ask("GET", "/v1/balances", null, "", PersonBalance[].class));
  }

  @Override
  public PersonBalance balance(String person) {
    return ask("GET", "/v1/balances/" + segment(person), null, "", PersonBalance.class);
  }

  @Override
  public KeyMade createKey(KeyOrder order, String by) {
    return ask("POST", "/v1/keys", order, by, KeyMade.class);
  }

  @Override
  public List<KeyLine> keys() {
    return List.of(ask("GET", "/v1/keys", null, "", KeyLine[].class));
  }

  @Override
  public KeyLine revokeKey(String id, String by) {
    return ask("DELETE", "/v1/keys/" + segment(id), null, by, KeyLine.class);
  }

  @Override
  public GrantMade grant(GrantOrder order, String by) {
    return ask("POST", "/v1/grants", order, by, GrantMade.class);
  }

  @Override
  public PersonAllowance allowance(String person) {
    return ask("GET", "/v1/allowances/" + segment(person), null, "", PersonAllowance.class);
  }

  @Override
  public UsageOfOne usage(String person, @Nullable String from, @Nullable String to) {
    QueryStringEncoder path = new QueryStringEncoder("/v1/usage/" + segment(person));
    if (from != null) {
      path.addParam("from", from);
    }
    if (to != null) {
      path.addParam("to", to);
    }
    return ask("GET", path.toString(), null, "", UsageOfOne.class);
  }

  @Override
  public List<AuditLine> audit() {
    return List.of(ask("GET", "/v1/audit", null, "", AuditLine[].class));
  }

  @Override
  public TransferMade transfer(TransferOrder order, String by) {
    return ask("POST", "/v1/transfers", order, by, TransferMade.class);
  }

  @Override
  public AdvanceMade advance(AdvanceOrder order, String by) {
    return ask("POST", "/v1/advances", order, by, AdvanceMade.class);
  }

  @Override
  public FreezeMade freeze(FreezeOrder order, String by) {
    return ask("POST", "/v1/freezes", order, by, FreezeMade.class);
  }

  @Override
  public CorrectionMade correct(CorrectionOrder order, String by) {
    return ask("POST", "/v1/corrections", order, by, CorrectionMade.class);
  }

  @Override
  public RerateMade rerate(RerateOrder order, String by) {
    return ask("POST", "/v1/reratings", order, by, RerateMade.class);
  }

  @Override
  public List<MonthLine> months() {
    return List.of(ask("GET", "/v1/months", null, "", MonthLine[].class));
  }

  @Override
  public MonthLine closeMonth(MonthOrder order, String by) {
    return ask("POST", "/v1/months", order, by, MonthLine.class);
  }

  private static String segment(String id) {
    if (!SEGMENT.matcher(id).matches()) {
      throw new AdminException(
          Kind.NOT_FOUND, "id: " + id + " (expected: one that the quota file or keys list shows)");
    }
    return id;
  }

  private <T> T ask(String method, String path, @Nullable Object body, String by, Class<T> type) {
    try {
      HttpURLConnection connection = connect(path);
      try {
        connection.setRequestMethod(method);
        connection.setRequestProperty("authorization", "Bearer " + gateway.key());
        connection.setRequestProperty(AdminHandler.OPERATOR, by);
        if (body != null) {
          connection.setDoOutput(true);
          connection.setRequestProperty("content-type", "application/json");
          byte[] bytes = AdminJson.write(body);
          connection.setFixedLengthStreamingMode(bytes.length);
          connection.getOutputStream().write(bytes);
        }
        int status = connection.getResponseCode();
        if (status != OK) {
          throw failure(status, connection.getErrorStream());
        }
        try (InputStream answer = connection.getInputStream()) {
          return AdminJson.read(answer.readAllBytes(), type);
        }
      } finally {
        connection.disconnect();
      }
    } catch (IOException e) {
      throw new AdminException(
          Kind.UNAVAILABLE,
          "the gateway at " + gateway.address() + " does not answer: " + e.getMessage(),
          e);
    }
  }

  private HttpURLConnection connect(String path) throws IOException {
    URL url = URI.create("http://" + gateway.address() + path).toURL();
    HttpURLConnection connection = (HttpURLConnection) url.openConnection(Proxy.NO_PROXY);
    connection.setConnectTimeout(CONNECT_MILLIS);
    connection.setReadTimeout(READ_MILLIS);
    connection.setInstanceFollowRedirects(false);
    return connection;
  }

  private static AdminException failure(int status, @Nullable InputStream body) throws IOException {
    byte[] bytes = body == null ? new byte[0] : body.readAllBytes();
    String message;
    try {
      message = AdminJson.read(bytes, Failure.class).error().message();
    } catch (AdminException e) {
      message = "the gateway answered with status " + status;
    }
    return new AdminException(Kind.of(status), message);
  }

  @JsonIgnoreProperties(ignoreUnknown = true)
  record Failure(Fault error) {
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Fault(String code, String message) {}
  }
}
