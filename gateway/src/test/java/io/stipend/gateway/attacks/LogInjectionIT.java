package io.stipend.gateway.attacks;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.admin.AdminService.KeyOrder;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.server.RawClient;
import io.stipend.gateway.testing.ServedProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * S22: the log of the built program at its most talkative, after every attack that could write into
 * it: each event is one line, nothing in it moves a cursor, nothing of a key stands in it.
 */
class LogInjectionIT {
  private static final Set<Section> TELLING =
      EnumSet.of(
          Section.S1,
          Section.S7,
          Section.S9,
          Section.S11,
          Section.S13,
          Section.S20,
          Section.S21,
          Section.S22);
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final String LINE =
      "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}\\S+ (TRACE|DEBUG|INFO |WARN |ERROR) \\S+ .*";
  private static final String ACCESS =
      " DEBUG access ex_[0-9a-z]+ /[!-~]* person=\\S+ model=\\S* status=\\d+ outcome=[a-z_]+"
          + " tokens=\\d+ nanos=\\d+ ms=\\d+";

  @TempDir Path folder;

  @Test
  void eachEventIsOneLineWithoutControlsOrKeys() throws Exception {
    try (FakeProvider provider = FakeProvider.start(0)) {
      ServedProcess.write(
          folder,
          GuessedKeysTest.quotas(provider.url()),
          "limits: { bad_credentials_per_minute: 100000, body_bytes: 262144 }\n");
      String key;
      long admitted = 0;
      try (ServedProcess served = ServedProcess.start(folder, "-Dstipend.log.level=TRACE")) {
        key = served.admin().createKey(new KeyOrder("ada", null, null, null), "test").key();
        for (Attack attack : Attacks.all()) {
          if (TELLING.contains(attack.section())) {
            send(served, attack.bytes().replace(Route.KEY, key));
            admitted = provider.requests();
          }
        }
        long expected = admitted;
        Awaitility.await().atMost(PATIENCE).until(() -> accesses(log()) >= expected);
      }
      List<String> lines = log();
      assertThat(accesses(lines)).isGreaterThanOrEqualTo(admitted);
      assertThat(admitted).isGreaterThan(30);
      assertPlain(lines);
      assertNoKey(lines, key);
    }
  }

  private static void send(ServedProcess served, String bytes) throws IOException {
    try (RawClient client = new RawClient(served.address())) {
      client.send(bytes);
      client.head();
    } catch (IOException e) {
      // Refused before its end.
    }
  }

  private List<String> log() throws IOException {
    String all = Files.readString(folder.resolve("serve.err"), StandardCharsets.UTF_8);
    assertThat(all).as("it ends with a whole line").endsWith("\n");
    return List.of(all.substring(0, all.length() - 1).split("\n", -1));
  }

  private static long accesses(List<String> lines) {
    return lines.stream().filter(line -> line.matches("\\S+" + ACCESS)).count();
  }

  private static void assertPlain(List<String> lines) {
    for (String line : lines) {
      assertThat(line).matches(LINE);
      assertThat(line.codePoints())
          .as("characters of: %s", line)
          .noneMatch(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT);
    }
  }

  private void assertNoKey(List<String> lines, String key) throws IOException {
    String secret = key.substring(key.indexOf('-', "sk-stipend-".length()) + 1);
    String admin = Files.readString(folder.resolve("data").resolve("admin-key")).strip();
    for (String line : lines) {
      assertThat(line).doesNotContain(secret, admin, "provider-key");
    }
  }
}
