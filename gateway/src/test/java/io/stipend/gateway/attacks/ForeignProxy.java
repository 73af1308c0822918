package io.stipend.gateway.attacks;

import io.stipend.gateway.demo.FakeProvider;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** Another vendor's reverse proxy in a process of its own, before a made-up provider. */
final class ForeignProxy implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** What is asked for by its name on the path of programs. */
  enum Kind {
    NGINX("nginx", "-c"),
    HAPROXY("haproxy", "-db", "-f");

    private final List<String> line;

    Kind(String... line) {
      this.line = List.of(line);
    }

    /** Where it is installed; empty if it is not. */
    Optional<Path> program() {
      String path = System.getenv().getOrDefault("PATH", "");
      return Pattern.compile(Pattern.quote(File.pathSeparator))
          .splitAsStream(path)
          .map(folder -> Path.of(folder, line.get(0)))
          .filter(Files::isExecutable)
          .findFirst();
    }

    private String config(Path folder, int port, int providerPort) {
      return this == NGINX
          ? """
            daemon off;
            master_process off;
            pid %1$s/pid;
            error_log %1$s/errors;
            events { worker_connections 256; }
            http {
              access_log off;
              client_body_temp_path %1$s/body;
              proxy_temp_path %1$s/proxy;
              fastcgi_temp_path %1$s/fastcgi;
              uwsgi_temp_path %1$s/uwsgi;
              scgi_temp_path %1$s/scgi;
              upstream provider { server 127.0.0.1:%3$d; keepalive 4; }
              server {
                listen 127.0.0.1:%2$d;
                location / {
                  proxy_pass http://provider;
                  proxy_http_version 1.1;
                  proxy_set_header Connection "";
                }
              }
            }
            """
              .formatted(folder, port, providerPort)
          : """
            defaults
              mode http
              timeout connect 5s
              timeout client 10s
              timeout server 10s
            frontend clients
              bind 127.0.0.1:%d
              default_backend provider
            backend provider
              server one 127.0.0.1:%d
            """
              .formatted(port, providerPort);
    }
  }

  final FakeProvider provider = FakeProvider.start(0);
  private final int port;
  private final Process process;

  ForeignProxy(Kind kind, Path folder) throws IOException, InterruptedException {
    port = freePort();
    Path config = folder.resolve("proxy.conf");
    Files.writeString(config, kind.config(folder, port, provider.port()));
    List<String> line = new ArrayList<>(kind.line);
    line.set(0, kind.program().orElseThrow().toString());
    line.add(config.toString());
    Path said = folder.resolve("said");
    process =
        new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    try {
      Awaitility.await().atMost(PATIENCE).until(() -> !process.isAlive() || accepts());
      if (!process.isAlive()) {
        throw new IOException(kind + " ended: " + Files.readString(said));
      }
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  private boolean accepts() {
    try (Socket socket = new Socket()) {
      socket.connect(address());
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
    provider.close();
  }
}
