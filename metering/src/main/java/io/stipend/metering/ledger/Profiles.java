package io.stipend.metering.ledger;

import org.jspecify.annotations.Nullable;

/**
 * The profiles that were met lately. Each has one place among a bounded number of places, by a
 * hash; whoever comes later takes the place of another, which is then made anew.
 *
 * <p>Safe for use by any thread without locks: what a place holds never changes but for what the
 * writer's thread keeps there, and a thread that sees an older content only makes a profile twice.
 */
final class Profiles {
  private static final int PLACES = 16_384;

  private static final int PLACE_BITS = 14;

  /** Odd, and its bits in no order: neighbours go far apart. */
  private static final int SPREAD = 0x9E3779B1;

  /** Places that a profile can have, one beside the other. */
  private static final int CHOICE = 4;

  private final @Nullable KnownProfile[] places = new KnownProfile[PLACES];

  KnownProfile of(LedgerEntry.Reserved reserved) {
    int hash = hash(reserved);
    int first = hash & (PLACES - CHOICE);
    int free = first + (hash >>> PLACE_BITS & (CHOICE - 1));
    for (int place = first; place < first + CHOICE; place++) {
      KnownProfile known = places[place];
      if (known == null) {
        free = place;
      } else if (same(known.profile(), reserved)) {
        return known;
      }
    }
    KnownProfile met = new KnownProfile(Profile.of(reserved));
    places[free] = met;
    return met;
  }

  /** By what tells most profiles apart: the key, the model and the first account. */
  private static int hash(LedgerEntry.Reserved reserved) {
    int hash = reserved.facts().keyId().hashCode();
    hash = 31 * hash + reserved.facts().modelRequested().hashCode();
    if (!reserved.holds().isEmpty()) {
      hash = 31 * hash + reserved.holds().get(0).account().hashCode();
    }
    hash *= SPREAD;
    return hash ^ hash >>> 16;
  }

  private static boolean same(Profile profile, LedgerEntry.Reserved reserved) {
    AttemptFacts facts = reserved.facts();
    return profile.keyId().equals(facts.keyId())
        && profile.person().equals(facts.person())
        && same(profile.team(), facts.team())
        && same(profile.costCenter(), facts.costCenter())
        && same(profile.project(), facts.project())
        && profile.dialect().equals(facts.dialect())
        && profile.provider().equals(facts.provider())
        && profile.modelRequested().equals(facts.modelRequested())
        && same(profile.requestedTier(), facts.requestedTier())
        && profile.priceVersion().equals(facts.priceVersion())
        && profile.currency().equals(facts.currency())
        && PostingCodec.sameAccounts(reserved.holds(), profile.accounts());
  }

  private static boolean same(@Nullable String one, @Nullable String other) {
    return one == null ? other == null : one.equals(other);
  }
}
