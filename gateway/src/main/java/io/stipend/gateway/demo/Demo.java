package io.stipend.gateway.demo;

import io.stipend.gateway.Gateway;
import io.stipend.gateway.admin.AdminService;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A gateway with three people in front of a made-up provider, on an embedded ledger in a temporary
 * folder that stays behind to be looked at. Nothing leaves the machine.
 */
public final class Demo implements AutoCloseable {
  /** Long enough to see a stream flow, short enough to wait for. */
  private static final long OUTPUT_TOKENS = 35;

  private static final long PACE_MICROS = 20_000;

  private final Path folder;
  private final FakeProvider provider;
  private final Gateway gateway;
  private final List<DemoPerson> people = new ArrayList<>();

  private Demo(Path folder, FakeProvider provider, Gateway gateway) {
    this.folder = folder;
    this.provider = provider;
    this.gateway = gateway;
    for (DemoPerson person : DemoPerson.EVERYBODY) {
      AdminService.KeyOrder order = new AdminService.KeyOrder(person.id(), "demo", "demo", null);
      people.add(person.with(gateway.admin().createKey(order, "demo").key()));
    }
  }

  /**
   * Starts provider and gateway.
   *
   * @param port of the gateway; 0 for a free one
   * @throws IOException if the temporary folder cannot be written
   */
  public static Demo start(int port) throws IOException {
    Path folder = Files.createTempDirectory("stipend-demo-");
    FakeProvider provider = FakeProvider.start(0, OUTPUT_TOKENS, PACE_MICROS);
    try {
      Path file = folder.resolve("stipend.yaml");
      Files.writeString(file, quotaFile(port, provider.url()));
      Map<String, String> env = Map.of("DEMO_PROVIDER_KEY", "demo-provider-key");
      return new Demo(folder, provider, Gateway.start(file, env, InstantSource.system()));
    } catch (IOException | RuntimeException e) {
      provider.close();
      throw e;
    }
  }

  private static String quotaFile(int port, String provider) {
    try (InputStream in = Demo.class.getResourceAsStream("demo.yaml")) {
      String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      return text.replace("@port@", Integer.toString(port)).replace("@provider@", provider);
    } catch (IOException e) {
      throw new UncheckedIOException("demo.yaml", e);
    }
  }

  /** What to paste to try it by hand. */
  public String settings() {
    DemoPerson ada = people.get(0);
    StringBuilder text = new StringBuilder();
    text.append("Stipend demo: gateway ")
        .append(url())
        .append(", in front of a made-up provider (");
    text.append(provider.url()).append("). Nothing leaves this machine.\n\nThree people:\n");
    for (DemoPerson person : people) {
      text.append(
          String.format("  %-6s %-23s %s%n", person.id(), person.allowance(), person.key()));
    }
    return text.append(
            SETTINGS
                .replace("@url@", url())
                .replace("@key@", ada.key())
                .replace("@config@", folder.resolve("stipend.yaml").toString()))
        .toString();
  }

  private static final String SETTINGS =
      """

      Try it:
        curl @url@/v1/chat/completions -H "Authorization: Bearer @key@" -H "Content-Type: application/json" -d '{"model":"gpt-5","messages":[{"role":"user","content":"Hello"}]}'

      What is left:
        curl @url@/stipend/v1/me -H "Authorization: Bearer @key@"
        java -jar stipend.jar balance --config @config@

      OpenAI SDKs:
        export OPENAI_BASE_URL=@url@/v1 OPENAI_API_KEY=@key@
      Anthropic SDKs:
        export ANTHROPIC_BASE_URL=@url@ ANTHROPIC_API_KEY=@key@
      Claude Code:
        ANTHROPIC_BASE_URL=@url@ ANTHROPIC_AUTH_TOKEN=@key@ claude
      Codex:
        STIPEND_KEY=@key@ codex -m gpt-5 -c model_provider=stipend -c 'model_providers.stipend={name="Stipend",base_url="@url@/v1",env_key="STIPEND_KEY",wire_api="responses"}'

      Ctrl-C ends it.""";

  /** Plays the scripted session and prints it. */
  public void play(PrintWriter out) throws IOException, InterruptedException {
    new DemoSession(this, out).play();
  }

  /** Where the gateway listens. */
  String url() {
    return "http://127.0.0.1:" + gateway.address().getPort();
  }

  Path folder() {
    return folder;
  }

  Gateway gateway() {
    return gateway;
  }

  DemoPerson person(String id) {
    return people.stream().filter(p -> p.id().equals(id)).findFirst().orElseThrow();
  }

  /** Stops both; settles what is under way. */
  @Override
  public void close() {
    gateway.close();
    provider.close();
  }
}
