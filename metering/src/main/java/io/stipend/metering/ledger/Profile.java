package io.stipend.metering.ledger;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the attempts of one key on one model in one period have in common: an attempt names its
 * profile by a number instead of repeating a dozen strings.
 */
record Profile(
    String person,
    @Nullable String team,
    @Nullable String costCenter,
    @Nullable String project,
    String keyId,
    String dialect,
    String provider,
    String modelRequested,
    @Nullable String requestedTier,
    String priceVersion,
    String currency,
    List<AccountKey> accounts) {
  /** More accounts than any exchange can have; a larger figure is a broken record. */
  private static final int MAX_ACCOUNTS = 10_000;

  /** Of nobody. */
  static final Profile NONE =
      new Profile("", null, null, null, "", "", "", "", null, "", "", List.of());

  Profile {
    accounts = List.copyOf(accounts);
  }

  static Profile of(LedgerEntry.Reserved reserved) {
    AttemptFacts facts = reserved.facts();
    List<AccountKey> accounts = new ArrayList<>(reserved.holds().size());
    for (Posting hold : reserved.holds()) {
      accounts.add(hold.account());
    }
    return new Profile(
        facts.person(),
        facts.team(),
        facts.costCenter(),
        facts.project(),
        facts.keyId(),
        facts.dialect(),
        facts.provider(),
        facts.modelRequested(),
        facts.requestedTier(),
        facts.priceVersion(),
        facts.currency(),
        accounts);
  }

  void write(ByteWriter out, NameWriter names) {
    names.write(out, person);
    names.write(out, team);
    names.write(out, costCenter);
    names.write(out, project);
    names.write(out, keyId);
    names.write(out, dialect);
    names.write(out, provider);
    names.write(out, modelRequested);
    names.write(out, requestedTier);
    names.write(out, priceVersion);
    names.write(out, currency);
    out.varint(accounts.size());
    for (AccountKey account : accounts) {
      names.write(out, account.toString());
    }
  }

  static Profile read(ByteReader in, NameReader names) {
    return new Profile(
        names.readRequired(in),
        names.read(in),
        names.read(in),
        names.read(in),
        names.readRequired(in),
        names.readRequired(in),
        names.readRequired(in),
        names.readRequired(in),
        names.read(in),
        names.readRequired(in),
        names.readRequired(in),
        readAccounts(in, names));
  }

  private static List<AccountKey> readAccounts(ByteReader in, NameReader names) {
    int count = in.count(MAX_ACCOUNTS);
    List<AccountKey> accounts = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      accounts.add(AccountKey.parse(names.readRequired(in)));
    }
    return accounts;
  }

  /** The facts of one attempt of this profile. */
  AttemptFacts facts(
      @Nullable String sessionId,
      @Nullable String client,
      long inputEstimate,
      long outputCap,
      long expectedOutput,
      long expectedNanos) {
    return new AttemptFacts(
        person,
        team,
        costCenter,
        project,
        keyId,
        sessionId,
        client,
        dialect,
        provider,
        modelRequested,
        requestedTier,
        priceVersion,
        currency,
        inputEstimate,
        outputCap,
        expectedOutput,
        expectedNanos);
  }
}
