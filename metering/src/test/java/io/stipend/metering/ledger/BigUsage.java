package io.stipend.metering.ledger;

import io.stipend.metering.Charge;
import io.stipend.metering.ChargeBasis;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import io.stipend.metering.UsageSource;
import io.stipend.metering.price.RateCardException;
import io.stipend.metering.price.RateCards;
import io.stipend.metering.price.Rating;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A data folder of any number of attempts as a company would leave it: 500 people in 20 teams,
 * eight models of three providers, sessions of 40 calls, 30 days, one row in a hundred corrected
 * later. Written by the ledger's own encoder and projection without their waits for the disk, with
 * a quota file beside it that names everybody.
 */
public final class BigUsage {
  private static final int PEOPLE = 500;
  private static final int TEAMS = 20;
  private static final int CALLS_PER_SESSION = 40;
  private static final int ATTEMPTS_PER_BATCH = 200;
  private static final int ENTRIES_AT_ONCE = 400_000;
  private static final int CORRECTED_PERCENT = 1;
  private static final Instant FROM = Instant.parse("2026-10-30T00:00:00Z");
  private static final Instant NOVEMBER = Instant.parse("2026-11-01T00:00:00Z");
  private static final long MILLIS = 30L * 24 * 3_600_000;
  private static final List<Model> MODELS =
      List.of(
          new Model(
              "anthropic", "anthropic-messages", "claude-opus-4-5", "claude-opus-4-5-20251101"),
          new Model("anthropic", "anthropic-messages", "claude-sonnet-4-5", "claude-sonnet-4-5"),
          new Model("anthropic", "anthropic-messages", "claude-haiku-4-5", "claude-haiku-4-5"),
          new Model("openai", "openai-responses", "gpt-5", "gpt-5"),
          new Model("openai", "openai-chat", "gpt-5-mini", "gpt-5-mini"),
          new Model("openai", "openai-chat", "gpt-4o-mini", "gpt-4o-mini"),
          new Model("gemini", "gemini", "gemini-2.5-pro", "gemini-2.5-pro"),
          new Model("gemini", "gemini", "gemini-2.5-flash", "gemini-2.5-flash"));

  private final Random random = new Random(11);
  private final BatchEncoder encoder = new BatchEncoder(1, 1, 1);
  private final Map<String, Rating> ratings = new HashMap<>();
  private final Map<Integer, List<AccountKey>> accounts = new HashMap<>();
  private final Session[] sessions = new Session[PEOPLE];
  private final Deque<Ended> recent = new ArrayDeque<>();
  private final int attempts;
  private int corrections;

  private BigUsage(int attempts) throws RateCardException {
    this.attempts = attempts;
    RateCards cards = RateCards.load(List.of(RateCards.Source.builtin()));
    for (Model model : MODELS) {
      ratings.put(model.name, cards.rating(model.provider, model.provider, model.name, FROM));
    }
  }

  private record Model(String provider, String dialect, String name, String served) {}

  /** What one person is at. */
  private record Session(String id, Model model, String project, int[] left) {}

  /** An attempt that may be corrected. */
  private record Ended(
      LedgerEntry.Reserved reserved, Model model, TokenUsage usage, Units units, long nanos) {}

  /**
   * @param args the folder, and how many attempts
   */
  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    int attempts = Integer.parseInt(args[1]);
    long start = System.nanoTime();
    write(folder, attempts);
    System.out.printf("%d attempts in %.0f s%n", attempts, (System.nanoTime() - start) / 1e9);
  }

  /** Writes {@code folder/data} and {@code folder/stipend.yaml}. */
  static void write(Path folder, int attempts) throws SQLException, RateCardException, IOException {
    Files.createDirectories(folder.resolve("data"));
    Files.writeString(folder.resolve("stipend.yaml"), quotas());
    try (LedgerFiles files = LedgerFiles.lock(folder.resolve("data"));
        Connection connection = LedgerDatabase.openForWriting(files.folder())) {
      try (Statement statement = connection.createStatement()) {
        statement.execute("pragma synchronous = off");
      }
      try (Projection projection = new Projection(connection, Storage.DISK);
          BatchTable batches = new BatchTable(connection, Storage.DISK)) {
        new BigUsage(attempts).append(connection, batches, projection);
      }
    }
  }

  private void append(Connection connection, BatchTable batches, Projection projection)
      throws SQLException {
    for (int i = 0; i < PEOPLE; i++) {
      grant(i, "2026-10");
      grant(i, "2026-11");
    }
    connection.setAutoCommit(false);
    for (int i = 0; i < attempts; i++) {
      one(i);
      if (i % ATTEMPTS_PER_BATCH == ATTEMPTS_PER_BATCH - 1) {
        batches.append(encoder.finish());
      }
      if (i % (ENTRIES_AT_ONCE / 2) == ENTRIES_AT_ONCE / 2 - 1) {
        connection.commit();
        connection.setAutoCommit(true);
        projection.project(Long.MAX_VALUE / 2);
        connection.setAutoCommit(false);
      }
    }
    if (encoder.entries() > 0) {
      batches.append(encoder.finish());
    }
    connection.commit();
    connection.setAutoCommit(true);
    projection.project(Long.MAX_VALUE / 2);
  }

  private static String person(int i) {
    return "p" + Integer.toString(1_000 + i).substring(1);
  }

  private static AccountKey account(int person, String period) {
    return new AccountKey("person/" + person(person), period, Unit.USD);
  }

  private void grant(int person, String period) {
    AccountKey account = account(person, period);
    encoder.fact(
        new LedgerEntry.Granted(
            FROM,
            "recurring:" + account,
            account,
            50_000_000_000_000L,
            LedgerEntry.GrantKind.RECURRING,
            "",
            "stipend",
            null));
  }

  private void one(int i) {
    // Few people use much: the square of an even number between 0 and 1.
    int person = (int) (PEOPLE * Math.pow(random.nextDouble(), 2));
    Session session = sessions[person];
    if (session == null || session.left[0]-- == 0) {
      session = session(person);
      sessions[person] = session;
    }
    Instant at = FROM.plusMillis(MILLIS * i / attempts);
    LedgerEntry.Reserved reserved = reserved(i, at, person, session);
    Profile profile = Profile.of(reserved);
    long number = encoder.reserved(reserved, profile);
    Model model = session.model;
    TokenUsage usage = usage(model);
    Units units =
        random.nextInt(100) == 0 && !model.provider.equals("gemini")
            ? Units.of(Meter.WEB_SEARCH, 1 + random.nextInt(3))
            : Units.NONE;
    boolean assumed = random.nextInt(500) == 0;
    LedgerEntry.Settled settled = settled(reserved, model, usage, units, assumed);
    encoder.settled(number, profile, settled);
    if (random.nextInt(100) < CORRECTED_PERCENT) {
      recent.add(new Ended(reserved, model, usage, units, settled.nanos()));
    }
    if (recent.size() > 1_000) {
      correct(recent.remove(), at);
    }
  }

  private Session session(int person) {
    String id =
        String.format("%08x-%04x-4", random.nextInt(), random.nextInt(1 << 16))
            + String.format("%03x-a%03x-", random.nextInt(1 << 12), random.nextInt(1 << 12))
            + String.format("%012x", random.nextLong() >>> 16);
    // A person has a favourite and sometimes takes another.
    Model model = MODELS.get(random.nextInt(4) > 0 ? person % 8 : random.nextInt(8));
    String project = random.nextInt(3) == 0 ? null : "project-" + random.nextInt(3);
    return new Session(id, model, project, new int[] {CALLS_PER_SESSION - 1});
  }

  private LedgerEntry.Reserved reserved(int i, Instant at, int person, Session session) {
    int team = person % TEAMS;
    long input = 2_000 + random.nextInt(90_000);
    AttemptFacts facts =
        new AttemptFacts(
            person(person),
            "team-" + team,
            "CC-" + (4_000 + team / 2),
            session.project,
            "k_" + person(person),
            session.id,
            session.model.provider.equals("anthropic") ? "claude-cli" : "codex",
            session.model.dialect,
            session.model.provider,
            session.model.name,
            null,
            ratings.get(session.model.name).priceVersion(),
            "USD",
            input,
            8_192,
            700,
            input * 1_000);
    boolean november = !at.isBefore(NOVEMBER);
    List<AccountKey> accounts =
        this.accounts.computeIfAbsent(
            november ? person : -1 - person,
            none -> accounts(person, team, november ? "2026-11" : "2026-10"));
    String exchange = "ex_" + id(at.toEpochMilli(), i);
    return new LedgerEntry.Reserved(
        at,
        new AttemptId(exchange, 1),
        facts,
        PostingCodec.spread(accounts, facts.expectedNanos(), input + 700));
  }

  private static List<AccountKey> accounts(int person, int team, String month) {
    return List.of(
        account(person, month),
        new AccountKey("team/team-" + team, month, Unit.USD),
        new AccountKey("organisation", "2026-Q4", Unit.USD));
  }

  /** Ordered by time, 26 characters. */
  private String id(long millis, int i) {
    StringBuilder id = new StringBuilder(26);
    String time = Long.toString(millis, 32);
    id.append("0".repeat(10 - time.length())).append(time);
    String number = Integer.toString(i, 32);
    id.append("0".repeat(8 - number.length())).append(number);
    String tail = Long.toString(random.nextLong() >>> 1, 32);
    return id.append("00000000".substring(Math.min(8, tail.length())))
        .append(tail, 0, Math.min(8, tail.length()))
        .toString();
  }

  private TokenUsage usage(Model model) {
    int cached = random.nextInt(80_000);
    int write = model.provider.equals("anthropic") ? random.nextInt(6_000) : 0;
    int output = 20 + random.nextInt(1_500);
    return new TokenUsage(
        10 + random.nextInt(9_000),
        cached,
        write,
        random.nextInt(10) == 0 ? write : 0,
        output,
        model.provider.equals("openai") ? output / 2 : 0);
  }

  private UsageReport report(Model model, TokenUsage usage, Units units) {
    return new UsageReport(List.of(new UsageReport.Part(null, usage)), model.served, null, false)
        .and(units);
  }

  private LedgerEntry.Settled settled(
      LedgerEntry.Reserved reserved, Model model, TokenUsage usage, Units units, boolean assumed) {
    UsageReport report = report(model, usage, units);
    Rating rating = ratings.get(model.name);
    Charge charge = rating.charge(report);
    long nanos = assumed ? charge.nanos() + 12_345 : charge.nanos();
    ChargeBasis basis = rating.basis(report).ifExact(usage, nanos);
    return new LedgerEntry.Settled(
        reserved.at().plusMillis(300 + random.nextInt(40_000)),
        reserved.id(),
        usage,
        assumed ? UsageSource.ASSUMED : UsageSource.REPORTED,
        assumed ? "upstream_reset" : "completed",
        assumed ? 0 : 200,
        model.served,
        model.provider.equals("anthropic") ? "standard" : null,
        nanos,
        requestId(model),
        reserved.holds().stream().map(hold -> new Posting(hold.account(), nanos)).toList(),
        assumed ? "assumed" : "",
        units,
        basis);
  }

  private @Nullable String requestId(Model model) {
    String id = Long.toString(random.nextLong() >>> 1, 36) + "0123456789ab";
    return (model.provider.equals("anthropic") ? "req_011C" : "resp_") + id;
  }

  private void correct(Ended ended, Instant at) {
    TokenUsage before = ended.usage;
    TokenUsage usage =
        new TokenUsage(
            before.input(),
            before.cacheRead(),
            before.cacheWrite(),
            before.cacheWrite1h(),
            before.output() + random.nextInt(200),
            before.reasoning());
    Rating rating = ratings.get(ended.model.name);
    UsageReport report = report(ended.model, usage, ended.units);
    long delta = rating.charge(report).nanos() - ended.nanos;
    List<Posting> postings = new ArrayList<>();
    Profile.of(ended.reserved)
        .accounts()
        .forEach(account -> postings.add(new Posting(account, delta)));
    encoder.fact(
        new LedgerEntry.Corrected(
            at,
            "correction-" + corrections++,
            ended.reserved.id(),
            usage,
            delta,
            postings,
            "grace",
            "the invoice says so"));
  }

  private static String quotas() {
    StringBuilder yaml = new StringBuilder();
    yaml.append(
        """
        # 500 people in 20 teams, made by a program to measure exports and reports.
        calendar: { timezone: UTC, currency: USD }
        gateway: { data: data }
        providers:
          openai: { url: "http://127.0.0.1:9", key: "none" }
          anthropic: { url: "http://127.0.0.1:9", key: "none" }
          gemini: { url: "http://127.0.0.1:9", key: "none" }
        rate_cards: [builtin]
        allowances: { engineer: { amount: 50000 USD, every: month } }
        organisation: { budget: { amount: 100000000 USD, every: quarter } }
        teams:
        """);
    for (int team = 0; team < TEAMS; team++) {
      yaml.append("  team-" + team + ": { cost_center: CC-" + (4_000 + team / 2))
          .append(", budget: { amount: 5000000 USD, every: month } }\n");
    }
    yaml.append("people:\n");
    for (int person = 0; person < PEOPLE; person++) {
      yaml.append("  " + person(person))
          .append(": { allowance: engineer, team: team-" + person % TEAMS + " }\n");
    }
    return yaml.toString();
  }
}
