package io.stipend.gateway.bench;

import io.stipend.gateway.admin.AdminClient;
import io.stipend.gateway.admin.AdminService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** How each candidate is started: as its own users would set it up for speed. */
final class Candidates {
  private static final int CORES = Runtime.getRuntime().availableProcessors();

  private static final int MAX_CALLERS = 64;

  private final Path folder;
  private final Path jar;
  private final String stipendJvm;
  private final String portkey;
  private final int people;
  private final Path data;
  private final int loops;
  private int upstream;

  /**
   * Starts nothing yet.
   *
   * @param folder for configurations, logs and Stipend's ledger: on a real disk
   * @param jar stipend.jar
   * @param stipendJvm options of its JVM; empty means those that it is shipped with
   * @param portkey folder with Portkey's npm package; empty if it is not to be measured
   * @param people in Stipend's quota file
   * @param data Stipend's data folder
   * @param loops of Stipend; 0 means as many as it takes by itself
   */
  Candidates(
      Path folder, Path jar, String stipendJvm, String portkey, int people, Path data, int loops) {
    this.folder = folder;
    this.jar = jar;
    this.stipendJvm = stipendJvm;
    this.portkey = portkey;
    this.people = people;
    this.data = data;
    this.loops = loops;
  }

  /** Starts one by its name; null if its program is not installed. */
  Candidate start(String name) throws Exception {
    return switch (name) {
      case "direct" -> provider();
      case "relay" -> Candidate.own("relay", folder, NettyRelay.class, Integer.toString(upstream));
      case "nginx" -> installed("nginx") ? nginx() : null;
      case "haproxy" -> installed("haproxy") ? haproxy() : null;
      case "portkey" -> portkey.isEmpty() ? null : portkey();
      case "stipend" -> stipend();
      default ->
          throw new IllegalArgumentException(
              "candidate: "
                  + name
                  + " (expected: direct, relay, nginx, haproxy, portkey or stipend)");
    };
  }

  private static boolean installed(String program) {
    for (String place : List.of("/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin")) {
      if (Files.isExecutable(Path.of(place, program))) {
        return true;
      }
    }
    return false;
  }

  private Candidate provider() throws Exception {
    Candidate provider = Candidate.own("direct", folder, BenchProvider.class);
    upstream = provider.port();
    return provider;
  }

  private Candidate nginx() throws Exception {
    int port = Candidate.freePort();
    Path conf =
        write(
            "nginx.conf",
            """
            worker_processes %d;
            pid nginx.pid;
            error_log nginx-error.log warn;
            daemon off;
            events { worker_connections 19900; }
            http {
              access_log off;
              keepalive_requests 100000000;
              client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
              uwsgi_temp_path uwsgi; scgi_temp_path scgi;
              upstream provider { server 127.0.0.1:%d; keepalive 512; keepalive_requests 100000000; }
              server {
                listen 127.0.0.1:%d backlog=4096;
                location / {
                  proxy_pass http://provider;
                  proxy_http_version 1.1;
                  proxy_set_header Connection "";
                  proxy_buffering off;
                  proxy_read_timeout 600s;
                }
              }
            }
            """
                .formatted(CORES, upstream, port));
    return Candidate.start(
        "nginx",
        List.of("nginx", "-p", folder.toString(), "-c", conf.toString()),
        folder,
        port,
        List.of());
  }

  private Candidate haproxy() throws Exception {
    int port = Candidate.freePort();
    Path conf =
        write(
            "haproxy.cfg",
            """
            global
              nbthread %d
              maxconn 9950
            defaults
              mode http
              timeout connect 10s
              timeout client 600s
              timeout server 600s
              http-reuse always
            listen proxy
              bind 127.0.0.1:%d
              server provider 127.0.0.1:%d maxconn 9950
            """
                .formatted(CORES, port, upstream));
    return Candidate.start(
        "haproxy", List.of("haproxy", "-db", "-f", conf.toString()), folder, port, List.of());
  }

  private Candidate portkey() throws Exception {
    int port = Candidate.freePort();
    return Candidate.start(
        "portkey",
        List.of(
            "node",
            portkey + "/node_modules/@portkey-ai/gateway/build/start-server.js",
            "--port=" + port,
            "--headless"),
        folder,
        port,
        List.of(
            "authorization: Bearer sk-bench",
            "x-portkey-provider: openai",
            "x-portkey-custom-host: http://127.0.0.1:" + upstream + "/v1"));
  }

  private Candidate stipend() throws Exception {
    int port = Candidate.freePort();
    Path config = write("stipend.yaml", quotas(port));
    if (people > 1) {
      Files.writeString(folder.resolve("people.csv"), peopleCsv());
    }
    List<String> command = new ArrayList<>(List.of(java()));
    String options = stipendJvm.isBlank() ? "@" + shippedOptions() : stipendJvm.trim();
    command.addAll(List.of(options.split(" +")));
    command.addAll(List.of("-jar", jar.toString(), "serve", "--config", config.toString()));
    Candidate started = Candidate.start("stipend", command, folder, port, List.of());
    return started.with(callers());
  }

  /** The tests of a module run in its folder, the comparison in the project's. */
  private static Path shippedOptions() {
    Path here = Path.of("docker", "jvm.options").toAbsolutePath();
    return Files.exists(here) ? here : Path.of("..", "docker", "jvm.options").toAbsolutePath();
  }

  /** A key for each of as many people as there are connections, or as there are people. */
  private List<String> callers() throws InterruptedException {
    Optional<AdminClient> found = AdminClient.find(data);
    while (found.isEmpty() || !found.get().reachable()) {
      Thread.sleep(2);
      found = AdminClient.find(data);
    }
    AdminClient admin = found.get();
    List<String> callers = new ArrayList<>();
    for (int i = 0; i < Math.min(people, MAX_CALLERS); i++) {
      var order = new AdminService.KeyOrder(i == 0 ? "ada" : "p" + i, "bench", null, null);
      callers.add("authorization: Bearer " + admin.createKey(order, "bench").key());
    }
    return callers;
  }

  /** Four budgets, three limits and the fsynced ledger are on. */
  private String quotas(int port) {
    String limits =
        "limits: { requests_per_minute: 1000000000, tokens_per_minute: 10000000000,"
            + " concurrent: 20000 }";
    return """
    gateway:
      listen: 127.0.0.1:%d
      admin: 127.0.0.1:0
      data: %s
      limits: { connections: 20000, connections_per_address: 20000, open_attempts: 16384 }
      upstream: { connections_per_loop: 16384 }
      event_loops: %d
    providers:
      openai: { url: "http://127.0.0.1:%d", key: "sk-bench-provider" }
    allowances:
      engineer: { amount: 1000000000 USD, every: month }
    organisation: { budget: { amount: 1000000000 USD, every: quarter } }
    groups: { research: { budget: { amount: 1000000000 USD, every: month } } }
    teams:
      payments: { group: research, budget: { amount: 1000000000 USD, every: month }, %s }
    people:
      ada: { team: payments, allowance: engineer }
    %s
    """
        .formatted(
            port, data, loops, upstream, limits, people > 1 ? "people_from: ./people.csv\n" : "");
  }

  private String peopleCsv() {
    StringBuilder csv = new StringBuilder("id,team,allowance\n");
    for (int i = 1; i < people; i++) {
      csv.append("p").append(i).append(",payments,engineer\n");
    }
    return csv.toString();
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }
}
