package io.stipend.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.stipend.gateway.admin.AdminService.AdvanceOrder;
import io.stipend.gateway.admin.AdminService.FreezeOrder;
import io.stipend.gateway.admin.AdminService.GrantMade;
import io.stipend.gateway.admin.AdminService.GrantOrder;
import io.stipend.gateway.admin.AdminService.TransferMade;
import io.stipend.gateway.admin.AdminService.TransferOrder;
import io.stipend.gateway.admin.PersonAllowance.LotLine;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.SqliteLedger;
import io.stipend.policy.budget.LocalBudgets;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.identity.KeyRing;
import io.stipend.policy.store.Freezes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Grants, transfers, advances and what is left of them, over a real ledger and a set clock. */
class FundsTest {
  private static final String QUOTA =
      """
      gateway: { data: ./data }
      providers: { openai: { url: "http://127.0.0.1:1", key: k } }
      allowances:
        engineer:
          amount: 100 USD
          every: month
          carry_over: { up_to: 50%, for: 1 month }
          transfer: 30 USD
          advance: 20%
        intern: { amount: 5000 tokens, every: day }
      teams:
        payments: { pool: { amount: 500 USD, every: quarter } }
        search: { budget: { amount: 1000 USD, every: month } }
      people:
        ada: { team: payments, allowance: engineer }
        bob: { team: payments, allowance: engineer }
        cy: { team: search, allowance: intern }
        dan: { team: search }
      """;

  @TempDir Path folder;
  private Path data;
  private QuotaFile quota;
  private volatile Instant now = Instant.parse("2026-11-23T12:00:00Z");
  private SqliteLedger ledger;
  private LocalAdmin admin;

  @BeforeEach
  void open() throws IOException {
    Path file = Files.writeString(folder.resolve("stipend.yaml"), QUOTA);
    quota = ((QuotaFile.Loaded) QuotaFile.load(file, Map.of())).quotaFile();
    data = quota.gateway().data();
    reopen();
  }

  private void reopen() throws IOException {
    InstantSource clock = () -> now;
    ledger = SqliteLedger.open(data, LedgerOptions.defaults(), clock);
    try (LedgerReader reader = LedgerReader.open(data)) {
      admin =
          new LocalAdmin(
              ledger,
              new LocalBudgets(ledger, clock),
              KeyRing.open(data),
              new Freezes(reader.frozen().values()),
              () -> quota,
              clock);
    }
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  private GrantMade grant(String amount, String expires, Integer priority) {
    return admin.grant(new GrantOrder("ada", amount, "incident", expires, priority, null), "eve");
  }

  private TransferMade transfer(String from, String to, String amount) {
    return admin.transfer(new TransferOrder(from, to, amount, "swap", null, null, null), "eve");
  }

  private void assertRefused(AdminException.Kind kind, String message, Runnable order) {
    assertThatThrownBy(order::run)
        .isInstanceOf(AdminException.class)
        .hasMessageContaining(message)
        .extracting(e -> ((AdminException) e).kind())
        .isEqualTo(kind);
  }

  @Test
  void aGrantNamesItsApproverAndMayOutliveThePeriod() {
    GrantMade made = grant("50", "2026-12-10", -5);

    assertThat(made.by()).isEqualTo("eve");
    assertThat(made.expiresAt()).isEqualTo("2026-12-10T00:00:00Z");
    assertThat(made.priority()).isEqualTo(-5);
    assertThat(made.remaining()).isEqualTo("150");

    now = Instant.parse("2026-12-05T00:00:00Z");
    PersonBalance december = admin.balance("ada");
    assertThat(december.granted()).isEqualTo("100");
    assertThat(december.carried()).as("50 given and half of 100").isEqualTo("100");
    assertThat(december.remaining()).isEqualTo("200");

    now = Instant.parse("2026-12-11T00:00:00Z");
    PersonBalance later = admin.balance("ada");
    assertThat(later.expired()).isEqualTo("50");
    assertThat(later.remaining()).isEqualTo("150");

    assertRefused(AdminException.Kind.INVALID, "a time to come", () -> grant("5", "2026-12-10", 0));
    assertRefused(AdminException.Kind.INVALID, "priority: 1001", () -> grant("5", null, 1_001));
  }

  @Test
  void aTransferMovesWithinTheGiversRuleAndARefusalSaysHowMuchIsPossible() {
    TransferMade made = transfer("ada", "bob", "20");

    assertThat(made.fromRemaining()).isEqualTo("80");
    assertThat(made.toRemaining()).isEqualTo("120");
    assertThat(admin.balance("ada").sent()).isEqualTo("20");
    assertThat(admin.balance("bob").received()).isEqualTo("20");
    assertRefused(
        AdminException.Kind.CONFLICT,
        "transfer of 11 USD from person/ada (expected: at most 10 USD",
        () -> transfer("ada", "bob", "11 USD"));
    assertThat(transfer("ada", "bob", "10 USD").fromRemaining()).isEqualTo("70");
    assertRefused(AdminException.Kind.CONFLICT, "at most 0 USD", () -> transfer("ada", "bob", "1"));
    assertRefused(
        AdminException.Kind.INVALID,
        "transfer from ada to cy: in USD (expected: tokens, as cy's budget)",
        () -> transfer("ada", "cy", "1"));
    assertRefused(AdminException.Kind.INVALID, "expected: > 0", () -> transfer("ada", "bob", "-1"));
    assertRefused(AdminException.Kind.INVALID, "somebody else", () -> transfer("ada", "ada", "1"));
    assertThat(admin.balance("bob").remaining()).isEqualTo("130");
  }

  @Test
  void aPoolGivesWhatItHas() {
    assertThat(transfer("pool/payments", "ada", "400").fromRemaining()).isEqualTo("100");
    assertThat(admin.balance("ada").remaining()).isEqualTo("500");
    assertRefused(
        AdminException.Kind.CONFLICT,
        "from pool/payments (expected: at most 100 USD",
        () -> transfer("pool/payments", "bob", "101"));
    assertRefused(
        AdminException.Kind.CONFLICT, "has no pool", () -> transfer("pool/search", "ada", "1"));
    assertRefused(
        AdminException.Kind.NOT_FOUND, "payments", () -> transfer("pool/payment", "ada", "1"));
    assertRefused(
        AdminException.Kind.CONFLICT, "no budget of its own", () -> transfer("ada", "dan", "1"));
    assertRefused(
        AdminException.Kind.NOT_FOUND,
        "; a pool only gives and receives transfers",
        () -> admin.grant(new GrantOrder("pool/payments", "1", "x", null, null, null), "eve"));
  }

  @Test
  void anAdvanceIsShownAsLentAndEndsAtItsLimit() {
    var made = admin.advance(new AdvanceOrder("ada", "15", "release week", null), "eve");

    assertThat(made.lent()).isEqualTo("15");
    assertThat(made.remaining()).isEqualTo("115");
    assertThat(admin.balance("ada").lent()).isEqualTo("15");
    assertThat(admin.balance("ada").granted()).isEqualTo("115");
    assertRefused(
        AdminException.Kind.CONFLICT,
        "expected: at most 5 USD",
        () -> admin.advance(new AdvanceOrder("ada", "6", "more", null), "eve"));
  }

  @Test
  void anAllowanceShowsItsLotsInTheOrderInWhichTheyBurn() {
    grant("7", "2026-11-28", null);
    grant("9", null, -1);
    transfer("bob", "ada", "3");
    admin.advance(new AdvanceOrder("ada", "15", "release week", null), "eve");
    transfer("ada", "bob", "10");

    PersonAllowance.AccountLine account = admin.allowance("ada").accounts().get(0);

    assertThat(account.name()).isEqualTo("person/ada");
    assertThat(account.period()).isEqualTo("2026-11");
    assertThat(account.lots())
        .extracting(LotLine::kind, LotLine::amount, LotLine::left, LotLine::priority)
        .containsExactly(
            tuple("granted", "9", "0", -1),
            tuple("granted", "7", "6", 0),
            tuple("recurring", "100", "100", 0),
            tuple("received", "3", "3", 0));
    assertThat(account.lots().get(1).expiresAt()).isEqualTo("2026-11-28T00:00:00Z");
    assertThat(account.loans()).containsExactly(new PersonAllowance.LoanLine("advance", "15"));
    assertThat(account.remaining()).isEqualTo("124");
  }

  @Test
  void whoIsFrozenIsShownWithTheReason() throws IOException {
    admin.freeze(new FreezeOrder("ada", true, "on leave"), "eve");

    assertThat(admin.balances()).extracting(PersonBalance::frozen).startsWith(true, false);
    assertThat(admin.allowance("ada").frozen().reason()).isEqualTo("on leave");
    ledger.close();
    reopen();
    assertThat(admin.balance("ada").frozen()).isTrue();
  }

  @Test
  void aRecordThatNobodyRollsShowsWhatTheNextUseWouldMakeOfIt() throws IOException {
    grant("50", "2026-12-10", null);
    transfer("ada", "bob", "20");
    admin.advance(new AdvanceOrder("bob", "15", "release week", null), "eve");
    admin.freeze(new FreezeOrder("bob", true, "on leave"), "eve");
    ledger.close();
    for (String at :
        new String[] {
          "2026-11-30T00:00:00Z",
          "2026-12-05T00:00:00Z",
          "2026-12-11T00:00:00Z",
          "2027-03-01T00:00:00Z"
        }) {
      now = Instant.parse(at);
      String recorded;
      String allowance;
      try (LedgerReader reader = LedgerReader.open(data)) {
        RecordedBalances balances = new RecordedBalances(quota, reader, InstantSource.fixed(now));
        recorded = AdminJson.text(balances.all());
        assertThat(recorded).as(at).contains(AdminJson.text(balances.one("ada")));
        allowance = AdminJson.text(balances.allowance("ada"));
      }
      Path copy = Files.createTempDirectory(folder, "copy");
      Files.copy(data.resolve("ledger.db"), copy.resolve("ledger.db"));
      InstantSource clock = InstantSource.fixed(now);
      try (SqliteLedger live = SqliteLedger.open(copy, LedgerOptions.defaults(), clock);
          LedgerReader reader = LedgerReader.open(copy)) {
        LocalAdmin used =
            new LocalAdmin(
                live,
                new LocalBudgets(live, clock),
                KeyRing.open(copy),
                new Freezes(reader.frozen().values()),
                () -> quota,
                clock);
        assertThat(recorded).as(at).isEqualTo(AdminJson.text(used.balances()));
        assertThat(allowance).as(at).isEqualTo(AdminJson.text(used.allowance("ada")));
      }
    }
    reopen();
  }
}
