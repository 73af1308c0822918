package io.stipend.metering.ledger;

import io.stipend.metering.Charge;
import java.util.ArrayList;
import java.util.List;

/**
 * Postings in few bytes. Nearly always they name the accounts of the profile, in its order, each
 * with one charge in the account's unit, and nearly always a charge that stands in the entry
 * anyway: then one byte says it all.
 */
final class PostingCodec {
  /** The profile's accounts, each with the expected charge. */
  private static final int EXPECTED = 0;

  /** The profile's accounts, each with another charge, which follows. */
  private static final int BY_UNIT = 1;

  /** The profile's accounts, an amount for each. */
  private static final int BY_ACCOUNT = 2;

  /** Accounts and amounts. */
  private static final int EXPLICIT = 3;

  private static final int MAX_POSTINGS = 10_000;

  private PostingCodec() {}

  /** Whether these are exactly what the expected charge debits to the accounts. */
  static boolean isExpected(List<Posting> postings, List<AccountKey> accounts, Charge expected) {
    return sameAccounts(postings, accounts)
        && uniform(postings, expected.nanos(), expected.tokens());
  }

  static void write(
      ByteWriter out,
      NameWriter names,
      List<Posting> postings,
      List<AccountKey> accounts,
      Charge expected) {
    if (!sameAccounts(postings, accounts)) {
      out.u8(EXPLICIT);
      explicit(out, names, postings);
      return;
    }
    if (uniform(postings, expected.nanos(), expected.tokens())) {
      out.u8(EXPECTED);
      return;
    }
    long money = first(postings, true);
    long tokens = first(postings, false);
    if (uniform(postings, money, tokens)) {
      out.u8(BY_UNIT);
      out.zigzag(money);
      out.zigzag(tokens);
      return;
    }
    out.u8(BY_ACCOUNT);
    for (Posting posting : postings) {
      out.zigzag(posting.amount());
    }
  }

  static List<Posting> read(
      ByteReader in, NameReader names, List<AccountKey> accounts, Charge expected) {
    int form = in.u8();
    return switch (form) {
      case EXPECTED -> spread(accounts, expected.nanos(), expected.tokens());
      case BY_UNIT -> spread(accounts, in.zigzag(), in.zigzag());
      case BY_ACCOUNT -> byAccount(in, accounts);
      case EXPLICIT -> explicit(in, names);
      default -> throw in.malformed("form of postings " + form + " (expected: 0..3)");
    };
  }

  /** Passes over what {@link #write} wrote. */
  static void skip(ByteReader in, int accounts) {
    int form = in.u8();
    int numbers =
        switch (form) {
          case EXPECTED -> 0;
          case BY_UNIT -> 2;
          case BY_ACCOUNT -> accounts;
          case EXPLICIT -> 0;
          default -> throw in.malformed("form of postings " + form + " (expected: 0..3)");
        };
    for (int i = numbers; i > 0; i--) {
      in.varint();
    }
    for (int i = form == EXPLICIT ? in.count(MAX_POSTINGS) : 0; i > 0; i--) {
      if (in.varint() == 1) {
        in.skipText();
      }
      in.varint();
    }
  }

  private static List<Posting> byAccount(ByteReader in, List<AccountKey> accounts) {
    List<Posting> postings = new ArrayList<>(accounts.size());
    for (AccountKey account : accounts) {
      postings.add(new Posting(account, in.zigzag()));
    }
    return postings;
  }

  /** Reads accounts and amounts after their count. */
  static List<Posting> explicit(ByteReader in, NameReader names) {
    int count = in.count(MAX_POSTINGS);
    List<Posting> postings = new ArrayList<>(Math.min(count, 64));
    for (int i = 0; i < count; i++) {
      AccountKey account = AccountKey.parse(names.readRequired(in));
      postings.add(new Posting(account, in.zigzag()));
    }
    return postings;
  }

  /** Writes a count, then accounts and amounts. */
  static void explicit(ByteWriter out, NameWriter names, List<Posting> postings) {
    out.varint(postings.size());
    for (Posting posting : postings) {
      names.write(out, posting.account().toString());
      out.zigzag(posting.amount());
    }
  }

  /** One posting per account: the charge in the account's unit. */
  static List<Posting> spread(List<AccountKey> accounts, long nanos, long tokens) {
    List<Posting> postings = new ArrayList<>(accounts.size());
    for (AccountKey account : accounts) {
      postings.add(new Posting(account, account.unit().isMoney() ? nanos : tokens));
    }
    return postings;
  }

  /** Whether these name the accounts in their order. */
  static boolean sameAccounts(List<Posting> postings, List<AccountKey> accounts) {
    if (postings.size() != accounts.size()) {
      return false;
    }
    for (int i = 0; i < accounts.size(); i++) {
      AccountKey account = postings.get(i).account();
      if (!account.equals(accounts.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean uniform(List<Posting> postings, long nanos, long tokens) {
    for (Posting posting : postings) {
      if (posting.amount() != (posting.account().unit().isMoney() ? nanos : tokens)) {
        return false;
      }
    }
    return true;
  }

  private static long first(List<Posting> postings, boolean money) {
    for (Posting posting : postings) {
      if (posting.account().unit().isMoney() == money) {
        return posting.amount();
      }
    }
    return 0;
  }
}
