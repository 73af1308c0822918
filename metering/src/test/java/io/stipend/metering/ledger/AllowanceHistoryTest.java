package io.stipend.metering.ledger;

import static io.stipend.metering.ledger.SqliteLedgerTest.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.export.AllowanceExport;
import io.stipend.metering.export.UsageExport;
import io.stipend.metering.ledger.LedgerEntry.GrantKind;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random histories of grants, transfers, loans, expiries, rolls, attempts and corrections against a
 * model that adds up with unbounded integers and knows nothing of the ledger's code.
 */
class AllowanceHistoryTest {
  private static final int SEEDS = Boolean.getBoolean("stipend.tests.full") ? 300 : 5;
  private static final int STEPS = 250;
  private static final LedgerEntry.LoanKind[] LOANS = LedgerEntry.LoanKind.values();

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path temporary;

  @Test
  void sumsAndLotsAreThoseOfTheEntriesAtEveryMoment() throws Exception {
    for (int seed = 0; seed < SEEDS; seed++) {
      new History(seed, temporary.resolve("seed" + seed)).run();
    }
  }

  /** What the model knows of one account. */
  private static final class Model {
    final Map<String, BigInteger> sums = new TreeMap<>();
    final Map<String, BigInteger> amounts = new TreeMap<>();
    final Map<String, BigInteger> expired = new TreeMap<>();
    boolean closed;

    void add(String sum, long amount) {
      sums.merge(sum, BigInteger.valueOf(amount), BigInteger::add);
    }

    void lot(String id, long amount) {
      amounts.merge(id, BigInteger.valueOf(amount), BigInteger::add);
    }

    BigInteger get(String sum) {
      return sums.getOrDefault(sum, BigInteger.ZERO);
    }

    BigInteger lent() {
      return get("OVERDRAFT").add(get("FINISH")).add(get("ADVANCE"));
    }

    long left(String lot) {
      return amounts.get(lot).subtract(expired.getOrDefault(lot, BigInteger.ZERO)).longValueExact();
    }

    BigInteger available() {
      return get("granted")
          .add(get("carried"))
          .add(get("received"))
          .add(lent())
          .subtract(get("used"))
          .subtract(get("held"))
          .subtract(get("expired"))
          .subtract(get("sent"))
          .subtract(get("carriedOut"))
          .subtract(get("repaid"));
    }
  }

  private record Live(LedgerEntry.Reserved reserved, OpenAttempt attempt) {}

  private static final class History {
    private final String why;
    private final Random random;
    private final Path folder;
    private final Map<AccountKey, Model> models = new LinkedHashMap<>();
    private final List<Live> open = new ArrayList<>();
    private final List<LedgerEntry.Settled> settled = new ArrayList<>();
    private final List<LedgerEntry> facts = new ArrayList<>();
    private final List<CompletableFuture<Void>> durable = new ArrayList<>();
    private final List<CompletableFuture<Void>> refused = new ArrayList<>();
    private SqliteLedger ledger;
    private int ids;

    History(int seed, Path folder) {
      why = "seed " + seed;
      random = new Random(seed);
      this.folder = folder;
      for (int i = 0; i < 4; i++) {
        Unit unit = i == 3 ? Unit.TOKENS : Unit.USD;
        models.put(new AccountKey("person/p" + i + "/a", "2026-01", unit), new Model());
      }
      open();
    }

    private void open() {
      LedgerOptions options = new LedgerOptions(64, 10_000, 1 + random.nextInt(30), () -> {});
      ledger = SqliteLedger.open(folder, options, InstantSource.fixed(Samples.NOW));
    }

    void run() throws Exception {
      for (int step = 0; step < STEPS; step++) {
        step(random.nextInt(100));
        if (random.nextInt(50) == 0) {
          check();
        }
        if (random.nextInt(80) == 0) {
          restart();
        }
      }
      check();
      restart();
      SqliteLedgerTest.get(ledger.append(Samples.key("last")));
      ledger.close();
      SqliteLedger.rebuild(folder);
      assertRead();
    }

    private void restart() throws Exception {
      while (!open.isEmpty()) {
        end(open.get(0));
      }
      ledger.close();
      open();
    }

    private void step(int choice) throws Exception {
      AccountKey account = unclosed();
      Model model = models.get(account);
      if (choice < 15) {
        grant(account, model);
      } else if (choice < 22) {
        transfer(account, model);
      } else if (choice < 28) {
        LedgerEntry.LoanKind kind = LOANS[random.nextInt(LOANS.length)];
        long amount = 1 + random.nextInt(1_000);
        enter(new LedgerEntry.Lent(at(), "l" + ids++, account, amount, kind, "", "root"));
        model.add(kind.name(), amount);
        model.add("loans", 1);
      } else if (choice < 35) {
        expire(account, model);
      } else if (choice < 39) {
        roll(account, model);
      } else if (choice < 60) {
        begin(account);
      } else if (choice < 80 && !open.isEmpty()) {
        end(open.get(random.nextInt(open.size())));
      } else if (choice < 85) {
        correct();
      } else if (!facts.isEmpty()) {
        again(facts.get(random.nextInt(facts.size())));
      }
    }

    /** Accounts of a period that may still move. */
    private AccountKey unclosed() {
      List<AccountKey> keys =
          models.keySet().stream().filter(key -> !models.get(key).closed).toList();
      return keys.get(random.nextInt(keys.size()));
    }

    private Instant at() {
      return Samples.instant(random);
    }

    private void enter(LedgerEntry fact) {
      facts.add(fact);
      durable.add(ledger.append(fact));
    }

    /** The same again at another time is nothing; with other content it is an error. */
    private void again(LedgerEntry fact) {
      durable.add(ledger.append(Shifted.by(fact, 1 + random.nextInt(1_000))));
      refused.add(ledger.append(Shifted.other(fact)));
    }

    private void grant(AccountKey account, Model model) {
      boolean oneOff = random.nextInt(3) > 0;
      boolean begun = model.amounts.containsKey("recurring:" + account);
      GrantKind kind =
          oneOff ? GrantKind.ONE_OFF : begun ? GrantKind.ADJUSTMENT : GrantKind.RECURRING;
      String id = oneOff || begun ? "g" + ids++ : "recurring:" + account;
      long amount = random.nextInt(1_000);
      enter(
          new LedgerEntry.Granted(
              at(), id, account, amount, kind, "", "root", null, random.nextInt(3)));
      model.add("granted", amount);
      model.lot(oneOff ? id : "recurring:" + account, amount);
      model.add("oneOffs", oneOff ? 1 : 0);
      model.add("adjustments", !oneOff && begun ? 1 : 0);
    }

    private void transfer(AccountKey from, Model model) {
      AccountKey to = unclosed();
      if (to.equals(from) || !to.unit().equals(from.unit())) {
        return;
      }
      String id = "t" + ids++;
      long amount = 1 + random.nextInt(500);
      enter(new LedgerEntry.Transferred(at(), id, from, to, amount, "", "root", at()));
      model.add("sent", amount);
      model.add("transfers", 1);
      models.get(to).add("received", amount);
      models.get(to).lot(id, amount);
    }

    private void expire(AccountKey account, Model model) {
      for (String lot : model.amounts.keySet()) {
        long left = model.left(lot);
        if (left > 0 && random.nextBoolean()) {
          long amount = 1 + random.nextInt((int) left);
          String id = "expired:" + account + ":" + lot + ":" + ids++;
          enter(new LedgerEntry.Expired(at(), id, account, lot, amount));
          model.add("expired", amount);
          model.add("expiries", 1);
          model.expired.merge(lot, BigInteger.valueOf(amount), BigInteger::add);
          return;
        }
      }
    }

    private void roll(AccountKey from, Model model) {
      if (model.get("held").signum() != 0) {
        return;
      }
      long left = Math.max(0, model.available().longValueExact());
      long repaid = random.nextInt((int) left + 1);
      long carried = random.nextInt((int) (left - repaid) + 1);
      AccountKey to =
          new AccountKey(from.budget(), from.period().substring(0, 5) + (10 + ids++), from.unit());
      List<LedgerEntry.CarriedLot> lots = new ArrayList<>();
      if (carried > 1) {
        lots.add(new LedgerEntry.CarriedLot("carry:" + from, carried - 1, 2, at()));
        lots.add(new LedgerEntry.CarriedLot("g-carried", 1, -1, null));
      }
      carried = carried > 1 ? carried : 0;
      long owed = random.nextInt(3);
      long ended = left - repaid - carried;
      enter(new LedgerEntry.Rolled(at(), from, to, lots, ended, repaid, owed));
      model.add("carriedOut", carried);
      model.add("expired", ended);
      model.add("repaid", repaid);
      model.closed = true;
      Model next = new Model();
      models.put(to, next);
      lots.forEach(lot -> next.lot(lot.lot(), lot.amount()));
      next.add("carried", carried);
      next.add("repaid", owed);
    }

    private void begin(AccountKey account) {
      AccountKey other = unclosed();
      LedgerEntry.Reserved reserved =
          other.equals(account)
              ? Samples.reserved(String.format("01K%08d", ids++), 1, account)
              : Samples.reserved(String.format("01K%08d", ids++), 1, account, other);
      OpenAttempt attempt = ledger.begin(reserved);
      if (attempt != null) {
        durable.add(attempt.reservedDurably());
        open.add(new Live(reserved, attempt));
        reserved.holds().forEach(hold -> models.get(hold.account()).add("held", hold.amount()));
      }
    }

    private void end(Live live) {
      open.remove(live);
      live.reserved()
          .holds()
          .forEach(hold -> models.get(hold.account()).add("held", -hold.amount()));
      if (random.nextInt(4) == 0) {
        durable.add(live.attempt().release(Samples.released(live.reserved())));
        return;
      }
      live.attempt().sent();
      LedgerEntry.Settled end =
          Samples.settled(
              live.reserved(), TokenUsage.of(random.nextInt(9), 1), random.nextInt(300));
      durable.add(live.attempt().settle(end));
      settled.add(end);
      end.debits().forEach(debit -> models.get(debit.account()).add("used", debit.amount()));
    }

    private void correct() {
      if (settled.isEmpty()) {
        return;
      }
      LedgerEntry.Settled of = settled.get(random.nextInt(settled.size()));
      AccountKey account = of.debits().get(0).account();
      // Of a closed account it goes to another one of the budget.
      AccountKey open =
          models.keySet().stream()
              .filter(key -> key.budget().equals(account.budget()) && !models.get(key).closed)
              .findFirst()
              .orElseThrow();
      long delta = random.nextInt(20) - 10;
      enter(
          new LedgerEntry.Corrected(
              at(),
              "c" + ids++,
              of.id(),
              TokenUsage.of(1, 2),
              delta,
              List.of(new Posting(open, delta)),
              "root",
              ""));
      models.get(open).add("used", delta);
    }

    private void check() throws Exception {
      get(CompletableFuture.allOf(durable.toArray(CompletableFuture[]::new)));
      durable.clear();
      for (CompletableFuture<Void> future : refused) {
        assertThatThrownBy(() -> get(future)).as(why).hasMessageContaining("with another content");
      }
      refused.clear();
      assertRead();
      assertExported();
    }

    /** By account, the rows of the allowance export add up to what the totals say, kind by kind. */
    private void assertExported() throws Exception {
      StringWriter lines = new StringWriter();
      AllowanceExport.write(folder, Instant.MIN, Instant.MAX, UsageExport.Format.JSONL, lines);
      Map<String, Map<String, Long>> found = new HashMap<>();
      for (String line : lines.toString().lines().toList()) {
        JsonNode row = JSON.readTree(line);
        long amount = new Unit(row.path("unit").textValue()).parse(row.path("amount").textValue());
        found
            .computeIfAbsent(row.path("account").textValue(), account -> new HashMap<>())
            .merge(row.path("kind").textValue(), amount, Long::sum);
      }
      Folders.totals(folder)
          .forEach(
              (account, of) -> {
                Map<String, Long> kinds = found.getOrDefault(account.toString(), Map.of());
                String about = why + " " + account;
                assertThat(sum(kinds, "grant", "adjustment", "one_off"))
                    .as(about)
                    .isEqualTo(of.granted());
                assertThat(sum(kinds, "transfer_in")).as(about).isEqualTo(of.received());
                assertThat(sum(kinds, "transfer_out")).as(about).isEqualTo(-of.sent());
                assertThat(sum(kinds, "carried_in")).as(about).isEqualTo(of.carried());
                assertThat(sum(kinds, "carried_out")).as(about).isEqualTo(-of.carriedOut());
                assertThat(sum(kinds, "overdraft", "finish", "advance"))
                    .as(about)
                    .isEqualTo(of.lent());
                assertThat(sum(kinds, "repayment")).as(about).isEqualTo(-of.repaid());
                assertThat(sum(kinds, "expired")).as(about).isEqualTo(-of.expired());
                assertThat(kinds.values().stream().mapToLong(Long::longValue).sum())
                    .as(about)
                    .isEqualTo(of.available() + of.used() + of.held());
              });
    }

    private static long sum(Map<String, Long> kinds, String... names) {
      return Stream.of(names).mapToLong(name -> kinds.getOrDefault(name, 0L)).sum();
    }

    private void assertRead() {
      assertThat(Folders.verify(folder).problems()).as(why).isEmpty();
      try (LedgerReader reader = LedgerReader.open(folder)) {
        Map<AccountKey, AccountTotals> totals = new HashMap<>(reader.totals());
        for (Map.Entry<AccountKey, Model> entry : models.entrySet()) {
          AccountKey key = entry.getKey();
          Model model = entry.getValue();
          AccountTotals found = totals.remove(key);
          assertTotals(found == null ? AccountTotals.ZERO : found, key, model);
          reader.account(key).ifPresent(record -> assertRecord(record, key, model));
          assertThat(reader.lots(key)).as(why).hasSameSizeAs(model.amounts.keySet());
        }
        assertThat(totals).as(why).isEmpty();
      }
    }

    private void assertTotals(AccountTotals found, AccountKey key, Model model) {
      String about = why + " " + key;
      assertSum(found.granted(), model.get("granted"), about);
      assertSum(found.carried(), model.get("carried"), about);
      assertSum(found.received(), model.get("received"), about);
      assertSum(found.lent(), model.lent(), about);
      assertSum(found.used(), model.get("used"), about);
      assertSum(found.held(), model.get("held"), about);
      assertSum(found.expired(), model.get("expired"), about);
      assertSum(found.sent(), model.get("sent"), about);
      assertSum(found.carriedOut(), model.get("carriedOut"), about);
      assertSum(found.repaid(), model.get("repaid"), about);
      assertSum(found.available(), model.available(), about);
      assertThat(found.closed()).as(about).isEqualTo(model.closed);
    }

    private void assertRecord(AccountRecord found, AccountKey key, Model model) {
      String about = why + " " + key;
      assertThat(found.account()).isEqualTo(key);
      assertTotals(found.totals(), key, model);
      assertThat(found.lots())
          .extracting(Lot::id)
          .containsExactlyElementsOf(model.amounts.keySet());
      for (Lot lot : found.lots()) {
        assertSum(lot.amount(), model.amounts.get(lot.id()), about);
        assertSum(lot.amount() - lot.expired(), BigInteger.valueOf(model.left(lot.id())), about);
      }
      for (LedgerEntry.LoanKind kind : LOANS) {
        assertSum(found.lent(kind), model.get(kind.name()), about);
      }
      assertSum(found.counts().adjustments(), model.get("adjustments"), about);
      assertSum(found.counts().oneOffs(), model.get("oneOffs"), about);
      assertSum(found.counts().transfers(), model.get("transfers"), about);
      assertSum(found.counts().loans(), model.get("loans"), about);
      assertSum(found.counts().expiries(), model.get("expiries"), about);
    }

    private static void assertSum(long found, BigInteger expected, String why) {
      assertThat(BigInteger.valueOf(found)).as(why).isEqualTo(expected);
    }
  }
}
