package io.stipend.policy.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the section {@code gateway}. */
final class GatewayReader {
  private static final HostPort LISTEN = new HostPort("127.0.0.1", 8080);
  private static final HostPort ADMIN = new HostPort("127.0.0.1", 8081);
  private static final String DATA = "stipend-data";

  /** Budget refusals can be pinned for these: a dialect's id or its path. */
  private static final List<String> REFUSAL_ROUTES =
      List.of(
          "openai-chat",
          "openai-responses",
          "openai-compact",
          "openai-completions",
          "openai-embeddings",
          "openai-speech",
          "openai-transcriptions",
          "openai-translations",
          "openai-image-generations",
          "openai-image-edits",
          "openai-image-variations",
          "anthropic-messages",
          "gemini",
          "gemini-embeddings",
          "azure-chat",
          "azure-responses",
          "azure-completions",
          "azure-embeddings",
          "bedrock-converse",
          "bedrock-invoke",
          "vertex-gemini",
          "vertex-anthropic",
          "/v1/chat/completions",
          "/v1/responses",
          "/v1/responses/compact",
          "/v1/completions",
          "/v1/embeddings",
          "/v1/messages");

  private static final int MIN_REFUSAL = 400;
  private static final int MAX_REFUSAL = 499;
  private static final int MAX_COUNT = 1_000_000;
  private static final int MAX_EVENT_LOOPS = 256;
  private static final int MAX_CONTACT = 200;

  private final Path folder;
  private final Problems warnings;

  /**
   * @param folder of the quota file: what relative paths start from
   * @param warnings takes files that are not there; they may be where the gateway will run
   */
  GatewayReader(Path folder, Problems warnings) {
    this.folder = folder;
    this.warnings = warnings;
  }

  /** What holds where the file has no such section. */
  GatewayConfig absent() {
    return GatewayConfig.of(LISTEN, ADMIN, folder.resolve(DATA));
  }

  GatewayConfig read(Section section) {
    try (section) {
      Path data = Scalars.path(section.get("data"), folder);
      Value durability = section.get("durability");
      Durability word = durability == null ? null : Scalars.word(durability, Durability.class);
      return new GatewayConfig(
          hostPort(section.get("listen"), LISTEN),
          hostPort(section.get("admin"), ADMIN),
          data == null ? folder.resolve(DATA) : data,
          word == null ? Durability.GATE : word,
          tls(section.section("tls")),
          limits(section.section("limits")),
          drain(section.section("drain")),
          clientGone(section.section("client_gone")),
          upstream(section.section("upstream")),
          RetryReader.read(section.section("retry")),
          Scalars.count(section.get("event_loops"), 0, MAX_EVENT_LOOPS, 0),
          refusals(section.section("refusals")),
          contact(section.get("contact")));
    }
  }

  private static HostPort hostPort(@Nullable Value value, HostPort otherwise) {
    String text = value == null ? null : value.text("host:port, such as 127.0.0.1:8080");
    if (value == null || text == null) {
      return otherwise;
    }
    try {
      return HostPort.parse(text);
    } catch (IllegalArgumentException e) {
      value.problem(String.valueOf(e.getMessage()));
      return otherwise;
    }
  }

  private GatewayConfig.@Nullable Tls tls(@Nullable Section section) {
    if (section == null) {
      return null;
    }
    try (section) {
      Path certificate = file(section.require("certificate"));
      Path key = file(section.require("key"));
      return certificate == null || key == null ? null : new GatewayConfig.Tls(certificate, key);
    }
  }

  /** A file that the gateway reads when it starts. */
  private @Nullable Path file(@Nullable Value value) {
    Path path = Scalars.path(value, folder);
    if (value != null && path != null && !Files.isReadable(path)) {
      warnings.add(
          value.place(), value.path() + ": " + path + " cannot be read (expected: a PEM file)");
    }
    return path;
  }

  private static Limits limits(@Nullable Section section) {
    if (section == null) {
      return Limits.DEFAULTS;
    }
    try (section) {
      return new Limits(sizes(section), counts(section), times(section));
    }
  }

  private static Limits.Sizes sizes(Section section) {
    Limits.Sizes d = Limits.Sizes.DEFAULTS;
    return new Limits.Sizes(
        Scalars.size(section.get("header_bytes"), d.headerBytes()),
        Scalars.size(section.get("body_bytes"), d.bodyBytes()),
        Scalars.size(section.get("inflated_body_bytes"), d.inflatedBodyBytes()),
        Scalars.size(section.get("sse_line_bytes"), d.sseLineBytes()),
        Scalars.count(section.get("json_depth"), 1, 10_000, d.jsonDepth()));
  }

  private static Limits.Counts counts(Section section) {
    Limits.Counts d = Limits.Counts.DEFAULTS;
    return new Limits.Counts(
        Scalars.count(section.get("header_count"), 1, MAX_COUNT, d.headerCount()),
        Scalars.count(section.get("connections"), 1, MAX_COUNT, d.connections()),
        Scalars.count(
            section.get("connections_per_address"), 1, MAX_COUNT, d.connectionsPerAddress()),
        Scalars.count(section.get("open_attempts"), 1, MAX_COUNT, d.openAttempts()),
        Scalars.count(
            section.get("bad_credentials_per_minute"), 1, MAX_COUNT, d.badCredentialsPerMinute()));
  }

  private static Limits.Times times(Section section) {
    Limits.Times d = Limits.Times.DEFAULTS;
    return new Limits.Times(
        Scalars.duration(section.get("header_time"), d.header()),
        Scalars.duration(section.get("body_time"), d.body()),
        Scalars.duration(section.get("idle_time"), d.idle()),
        Scalars.duration(section.get("connect_time"), d.connect()),
        Scalars.duration(section.get("first_byte_time"), d.firstByte()),
        Scalars.duration(section.get("upstream_idle_time"), d.upstreamIdle()),
        Scalars.duration(section.get("total_time"), d.total()),
        Scalars.duration(section.get("write_stall_time"), d.writeStall()));
  }

  private static Duration drain(@Nullable Section section) {
    if (section == null) {
      return GatewayConfig.DEFAULT_DRAIN;
    }
    try (section) {
      return Scalars.duration(section.get("time"), GatewayConfig.DEFAULT_DRAIN);
    }
  }

  private static GatewayConfig.ClientGone clientGone(@Nullable Section section) {
    GatewayConfig.ClientGone d = GatewayConfig.ClientGone.DEFAULTS;
    if (section == null) {
      return d;
    }
    try (section) {
      return new GatewayConfig.ClientGone(
          Scalars.duration(section.get("time"), d.time()),
          Scalars.size(section.get("bytes"), Math.toIntExact(d.bytes())));
    }
  }

  private GatewayConfig.Upstream upstream(@Nullable Section section) {
    GatewayConfig.Upstream d = GatewayConfig.Upstream.DEFAULTS;
    if (section == null) {
      return d;
    }
    try (section) {
      return new GatewayConfig.Upstream(
          proxy(section.get("proxy")),
          file(section.get("ca")),
          Scalars.count(section.get("connections_per_loop"), 1, MAX_COUNT, d.connectionsPerLoop()),
          Scalars.duration(section.get("idle_time"), d.idleTime()));
    }
  }

  private static @Nullable URI proxy(@Nullable Value value) {
    String expected = "http://host:port, without user, path or query";
    String text = value == null ? null : value.text(expected);
    if (value == null || text == null) {
      return null;
    }
    try {
      URI uri = new URI(text);
      boolean bare = uri.getRawPath().isEmpty() || uri.getRawPath().equals("/");
      if ("http".equals(uri.getScheme())
          && uri.getHost() != null
          && uri.getPort() > 0
          && uri.getRawUserInfo() == null
          && uri.getRawQuery() == null
          && uri.getRawFragment() == null
          && bare) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // Told below; the exception's own message would repeat a password.
    }
    value.problem("is no address of a proxy (expected: " + expected + ")");
    return null;
  }

  private static Map<String, Integer> refusals(@Nullable Section section) {
    Map<String, Integer> statuses = new LinkedHashMap<>();
    if (section != null) {
      try (section) {
        for (String route : REFUSAL_ROUTES) {
          Value value = section.get(route);
          if (value != null) {
            statuses.put(route, Scalars.count(value, MIN_REFUSAL, MAX_REFUSAL, MIN_REFUSAL));
          }
        }
      }
    }
    return statuses;
  }

  private static String contact(@Nullable Value value) {
    String expected = "a short text of one line, such as: ask #llm-budget";
    String text = Scalars.line(value, MAX_CONTACT, expected);
    if (text == null) {
      return "";
    }
    // Refusals put the full stop behind it.
    return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
  }
}
