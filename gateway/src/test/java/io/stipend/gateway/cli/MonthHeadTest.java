package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import io.stipend.gateway.admin.MonthHeadCheck;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.OpenAttempt;
import io.stipend.metering.ledger.Posting;
import io.stipend.metering.ledger.Progress;
import io.stipend.metering.ledger.SqliteLedger;
import io.stipend.policy.identity.SigningKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is signed of a closed month verifies offline, and nothing else does. */
class MonthHeadTest {
  private static final Instant START = Instant.parse("2020-02-03T04:05:06.789Z");
  private static final AccountKey ADA = new AccountKey("person/ada", "2020-02", Unit.USD);

  private final ObjectMapper json = new ObjectMapper();

  @TempDir Path folder;
  private Path config;
  private Path data;
  private Path head;

  @BeforeEach
  void aClosedMonth() throws Exception {
    data = folder.resolve("data");
    config =
        Files.writeString(
            folder.resolve("stipend.yaml"),
            """
            gateway: { data: ./data, limits: { open_attempts: 64 } }
            providers: { openai: { url: "https://api.openai.com", key: "${NOT_SET}" } }
            allowances: { engineer: { amount: 400 USD, every: month } }
            people: { ada: { allowance: engineer } }
            """);
    write(
        ledger -> {
          for (int i = 0; i < 3; i++) {
            attempt(ledger, i);
          }
        });
    head = folder.resolve("february.jws");
  }

  /** Does something with the ledger itself. */
  private interface Writing {
    void on(SqliteLedger ledger) throws Exception;
  }

  private void write(Writing writing) throws Exception {
    LedgerOptions options = new LedgerOptions(64, 1_000, 64, () -> {});
    try (SqliteLedger ledger = SqliteLedger.open(data, options, InstantSource.system())) {
      writing.on(ledger);
    }
  }

  private static void attempt(SqliteLedger ledger, int i) {
    AttemptFacts facts =
        new AttemptFacts(
            "ada",
            null,
            null,
            null,
            "k",
            "s",
            "c",
            "openai-chat",
            "openai",
            "gpt-5",
            null,
            "v1",
            "USD",
            10,
            10,
            10,
            100);
    List<Posting> funds = List.of(new Posting(ADA, 1_000_000_001L));
    AttemptId id = new AttemptId("exchange-" + i, 1);
    Instant at = START.plusSeconds(i);
    OpenAttempt open = ledger.begin(new LedgerEntry.Reserved(at, id, facts, funds));
    open.sent();
    open.settle(
            new LedgerEntry.Settled(
                at.plusSeconds(1),
                id,
                TokenUsage.of(5, 5),
                UsageSource.REPORTED,
                "completed",
                200,
                "gpt-5",
                null,
                1_000_000_001L,
                null,
                funds,
                ""))
        .join();
  }

  private Invocation run(String... args) {
    return Invocation.on(config, args);
  }

  private void close() {
    Invocation closed =
        run("ledger", "close", "2020-02", "--by", "eve", "--reason", "x", "--out", "" + head);
    assertThat(closed.code()).as(closed.err()).isZero();
    assertThat(closed.out()).contains("3 rows, 3.000000003 USD", "signed by key ");
  }

  private Path export() {
    Path csv = folder.resolve("february.csv");
    Invocation made =
        run(
            "usage",
            "export",
            "--from",
            "2020-02-01T00:00:00Z",
            "--to",
            "2020-03-01T00:00:00Z",
            "--out",
            csv.toString());
    assertThat(made.code()).as(made.err()).isZero();
    return csv;
  }

  private Invocation verify(String... more) {
    List<String> args = new ArrayList<>(List.of("ledger", "verify", "--month-head", "" + head));
    args.addAll(List.of(more));
    return run(args.toArray(String[]::new));
  }

  @Test
  void itVerifiesWithAndWithoutTheLedgerAndIsMadeAgain() throws Exception {
    close();
    Path csv = export();
    Invocation all = verify("--export", csv.toString());
    assertThat(all.code()).as(all.out() + all.err()).isZero();
    assertThat(all.out())
        .contains("february.jws verifies: 2020-02, closed by eve at ", "byte for byte");

    Path key = Files.copy(data.resolve("signing-key.public.jwk"), folder.resolve("theirs.jwk"));
    assertThat(json.readTree(Files.readString(key)).has("d")).isFalse();
    assertThat(Files.getPosixFilePermissions(data.resolve("signing-key.jwk")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    Invocation alone =
        Invocation.on(
            folder.resolve("no-such.yaml"),
            "ledger",
            "verify",
            "--month-head",
            "" + head,
            "--key",
            "" + key,
            "--export",
            "" + csv,
            "--json");
    assertThat(alone.code()).as(alone.err()).isZero();
    JsonNode report = json.readTree(alone.out());
    assertThat(report.path("findings").findValuesAsText("what"))
        .containsExactly("signature", "export");
    assertThat(report.path("head").path("totals").path("USD").asText()).isEqualTo("3.000000003");

    assertThat(run("ledger", "backup", "--out", "" + folder.resolve("copy.db")).code()).isZero();
    Invocation backup =
        Invocation.on(
            folder.resolve("no-such.yaml"),
            "ledger",
            "verify",
            "--month-head",
            "" + head,
            "--key",
            "" + key,
            "--ledger",
            "" + folder.resolve("copy.db"));
    assertThat(backup.code()).as(backup.out()).isZero();

    Invocation again = run("ledger", "head", "2020-02", "--json");
    assertThat(again.code()).as(again.err()).isZero();
    Path made = data.resolve("month-heads/2020-02.jws");
    assertThat(payload(made)).isEqualTo(payload(head));
    assertThat(run("ledger", "verify", "--key", "" + key).err()).contains("--month-head");
  }

  private static String payload(Path file) throws Exception {
    return JWSObject.parse(Files.readString(file).strip()).getPayload().toString();
  }

  @Test
  void noByteOfTheFileOrTheExportCanBeAnother() throws Exception {
    close();
    Path csv = export();
    byte[] signed = Files.readAllBytes(head);
    SigningKey key = SigningKey.readPublic(data.resolve("signing-key.public.jwk"));
    Random random = new Random(1);
    for (int i = 0; i < signed.length; i++) {
      byte[] flipped = signed.clone();
      flipped[i] ^= (byte) (1 << random.nextInt(8));
      String line = new String(flipped, StandardCharsets.ISO_8859_1);
      MonthHeadCheck.Report found = MonthHeadCheck.run(line, key, null, csv, "v", Progress.NONE);
      assertThat(found.ok()).as("byte %s", i).isFalse();
      assertThat(found.findings()).as("nothing else is looked at").hasSize(1);
    }
    for (byte[] other :
        List.of(
            new byte[0],
            new byte[] {'.', '.', '\n'},
            (new String(signed) + "\n").getBytes(),
            new byte[] {(byte) 0xFF},
            new byte[1 << 17])) {
      Files.write(head, other);
      assertThat(verify().code()).isNotZero();
    }
    Files.write(head, signed);
    byte[] rows = Files.readAllBytes(csv);
    String line = new String(signed, StandardCharsets.US_ASCII);
    for (int i = 0; i < rows.length; i += 11) {
      byte[] flipped = rows.clone();
      flipped[i] ^= 1;
      Files.write(csv, flipped);
      MonthHeadCheck.Report found = MonthHeadCheck.run(line, key, null, csv, "v", Progress.NONE);
      assertThat(found.findings())
          .extracting(MonthHeadCheck.Finding::ok)
          .as("byte %s", i)
          .containsExactly(true, false);
    }
    assertThat(verify("--export", csv.toString()).out()).contains("WRONG  export");
  }

  @Test
  void whatIsNoHeadIsToldInOneSentence() throws Exception {
    close();
    Files.delete(head);
    Invocation missing = verify();
    assertThat(missing.code()).isEqualTo(1);
    assertThat(missing.err()).isEqualToIgnoringNewLines("stipend: " + head + ": no such file");

    Files.writeString(head, "x".repeat(70_000));
    Invocation other = verify();
    assertThat(other.code()).isEqualTo(1);
    assertThat(other.err()).contains(head + ": too long (expected: a signed month head)");
  }

  @Test
  void aChangedLedgerIsFound() throws Exception {
    close();
    export();
    for (String change :
        List.of(
            "update batch set blob = substr(blob, 1, length(blob) - 1) || x'7f' where seq = 1",
            "update batch set hash = zeroblob(32) where seq = (select max(seq) from batch)",
            "update usage set body = substr(body, 1, length(body) - 1) || x'01'")) {
      Files.copy(
          data.resolve("ledger.db"), folder.resolve("was"), StandardCopyOption.REPLACE_EXISTING);
      try (Connection connection =
              DriverManager.getConnection("jdbc:sqlite:" + data.resolve("ledger.db"));
          Statement statement = connection.createStatement()) {
        statement.execute("pragma journal_mode=delete");
        statement.execute(change);
      }
      Invocation found = verify();
      assertThat(found.code()).as(change + found.out()).isNotZero();
      assertThat(found.out() + found.err()).as(change).doesNotContain("verifies: 2020-02");
      Files.copy(
          folder.resolve("was"), data.resolve("ledger.db"), StandardCopyOption.REPLACE_EXISTING);
    }
    assertThat(verify().code()).isZero();
  }

  @Test
  void onlyTheGivenKeyCountsWhateverTheFileBrings() throws Exception {
    close();
    ECKey other = new ECKeyGenerator(Curve.P_256).keyIDFromThumbprint(true).generate();
    Path key = Files.writeString(folder.resolve("other.jwk"), other.toPublicJWK().toJSONString());
    assertThat(verify("--key", key.toString()).out()).contains("signed by another key");

    ECKey ours = ECKey.parse(Files.readString(data.resolve("signing-key.public.jwk")));
    for (String kid : List.of(ours.getKeyID(), other.getKeyID())) {
      JWSObject forged =
          new JWSObject(
              new JWSHeader.Builder(JWSAlgorithm.ES256)
                  .type(new JOSEObjectType("stipend-month-head"))
                  .keyID(kid)
                  .jwk(other.toPublicJWK())
                  .build(),
              JWSObject.parse(Files.readString(head).strip()).getPayload());
      forged.sign(new ECDSASigner(other));
      Files.writeString(head, forged.serialize() + "\n");
      Invocation found = verify();
      assertThat(found.code()).isEqualTo(1);
      assertThat(found.out()).contains("WRONG  signature").doesNotContain("closing");
    }
    Files.write(key, "{}".getBytes(StandardCharsets.UTF_8));
    assertThat(verify("--key", key.toString()).err()).contains("expected: a JWK of kty EC");
  }

  @Test
  void aReopenedMonthSaysByWhomAndAMonthOfBeforeIsSignedToo() throws Exception {
    close();
    String first = Files.readString(head);
    assertThat(
            run("ledger", "close", "2020-02", "--reopen", "--reason", "late", "--by", "max").code())
        .isZero();
    Invocation found = verify();
    assertThat(found.code()).isEqualTo(1);
    assertThat(found.out()).contains("WRONG  reopened: reopened since by max at ", ": late");
    assertThat(run("ledger", "head", "2020-02").err())
        .contains("month: 2020-02 was reopened by max at ");
    assertThat(run("ledger", "head", "2020-01").err()).contains("2020-01 was never closed");
    assertThat(run("ledger", "head", "november").code()).isEqualTo(2);

    // As a version before this one closes, or a process that is killed right after.
    write(
        ledger ->
            ledger
                .append(new LedgerEntry.MonthClosed(Instant.now(), "2020-02", true, "eve", ""))
                .join());
    assertThat(verify().out()).contains("WRONG  closed again: closed again by eve");
    assertThat(run("ledger", "head", "2020-02", "--out", "" + head).code()).isZero();
    assertThat(Files.readString(head)).isNotEqualTo(first);
    assertThat(verify().code()).isZero();
  }

  @Test
  void whatWasTakenOutSinceIsToldAndWhoIsForgottenStandsInNoHead() throws Exception {
    close();
    assertThat(run("ledger", "head", "2020-02").code()).isZero();
    Path csv = export();
    Files.writeString(
        config,
        Files.readString(config)
            .replaceAll("people: .*", "people: { bob: { allowance: engineer } }"));
    assertThat(run("forget", "ada", "--by", "max").code()).isZero();
    Invocation less = verify("--export", csv.toString());
    assertThat(less.code()).as(less.out()).isZero();
    assertThat(less.out())
        .contains("has less text than the one that was signed: forget by max at ")
        .contains("ok     figures: 3 rows", "ok     export");

    Path kept = data.resolve("month-heads/2020-02.jws");
    assertThat(payload(kept)).contains("\"closed_by\":\"eve\"");
    assertThat(run("forget", "eve", "--by", "max").code()).isZero();
    assertThat(payload(kept)).contains("\"closed_by\":\"forgotten-").doesNotContain("\"eve\"");
    assertThat(run("ledger", "verify", "--month-head", "" + kept).code()).isZero();
    assertThat(verify("--export", csv.toString()).code()).as("of then").isZero();
  }

  @Test
  void nothingIsClosedWhereItsHeadCannotBeWritten() throws IOException {
    Invocation made =
        run("ledger", "close", "2020-02", "--out", "" + folder.resolve("none/february.jws"));
    assertThat(made.code()).isEqualTo(2);
    assertThat(made.err())
        .contains("none/february.jws (expected: a file in a folder that is there)");
    assertThat(run("ledger", "head", "2020-02").err()).contains("2020-02 was never closed");
  }
}
