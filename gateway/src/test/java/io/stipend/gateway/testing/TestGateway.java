package io.stipend.gateway.testing;

import io.stipend.gateway.Gateway;
import io.stipend.gateway.admin.AdminService.KeyOrder;
import io.stipend.gateway.admin.PersonBalance;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.UsageRow;
import io.stipend.metering.ledger.Verification;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A real gateway on free ports with a ledger in a temporary folder. */
public final class TestGateway implements AutoCloseable {
  private final Path folder;
  private final InstantSource clock;
  private Gateway gateway;

  private TestGateway(Path folder, InstantSource clock) {
    this.folder = folder;
    this.clock = clock;
    this.gateway = Gateway.start(quotaFile(), Map.of(), clock);
  }

  /**
   * Starts with this quota file; {@code gateway.listen}, {@code admin} and {@code data} are added.
   */
  public static TestGateway start(String quotas) {
    return start(quotas, "");
  }

  /** The same with more keys of the section {@code gateway}, each on a line of its own. */
  public static TestGateway start(String quotas, String gatewayKeys) {
    return start(quotas, gatewayKeys, InstantSource.system());
  }

  /** The same by another clock. */
  public static TestGateway start(String quotas, String gatewayKeys, InstantSource clock) {
    String head =
        "gateway:\n  listen: 127.0.0.1:0\n  admin: 127.0.0.1:0\n  data: ./data\n"
            + gatewayKeys.indent(2);
    try {
      Path folder = Files.createTempDirectory("stipend-test");
      Files.writeString(folder.resolve("stipend.yaml"), head + quotas);
      return new TestGateway(folder, clock);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Stops as SIGTERM does, and starts anew on the same ledger and quota file. */
  public void restart() {
    gateway.close();
    gateway = Gateway.start(quotaFile(), Map.of(), clock);
  }

  public Gateway gateway() {
    return gateway;
  }

  /** {@code http://127.0.0.1:port}. */
  public String url() {
    return "http://127.0.0.1:" + gateway.address().getPort();
  }

  public URI url(String path) {
    return URI.create(url() + path);
  }

  public Path data() {
    return folder.resolve("data");
  }

  public Path quotaFile() {
    return folder.resolve("stipend.yaml");
  }

  /** A new key of this person or service. */
  public String key(String person) {
    return gateway.admin().createKey(new KeyOrder(person, null, null, null), "test").key();
  }

  public PersonBalance balance(String person) {
    return gateway.admin().balance(person);
  }

  /** Every row of the ledger, as an export would show it. */
  public List<UsageRow> rows() {
    List<UsageRow> rows = new ArrayList<>();
    try (LedgerReader reader = LedgerReader.open(data())) {
      reader.usage(Instant.EPOCH, Instant.now().plusSeconds(3_600), rows::add);
    }
    return rows;
  }

  /** Refused requests of a person; empty for those whose credential named nobody. */
  public long refusals(String person) {
    gateway.flush().join();
    try (LedgerReader reader = LedgerReader.open(data())) {
      return reader.refusals().stream()
          .filter(r -> r.person().equals(person))
          .mapToLong(r -> r.count())
          .sum();
    }
  }

  public Verification verify() {
    try (LedgerReader reader = LedgerReader.open(data())) {
      return reader.verify();
    }
  }

  @Override
  public void close() {
    gateway.close();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
