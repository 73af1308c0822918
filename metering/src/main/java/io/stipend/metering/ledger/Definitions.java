package io.stipend.metering.ledger;

import java.util.HashMap;
import java.util.Map;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What the numbers in batches stand for: those that were defined while reading, and those that the
 * tables hold. Memory is bounded where every definition is in the tables before it can be forgotten
 * here.
 *
 * <p>For one thread.
 */
final class Definitions implements NameReader {
  private static final int RECENT = 65_536;

  private final LongFunction<@Nullable String> storedName;
  private final LongFunction<@Nullable Profile> storedProfile;
  private final Map<Long, String> names;
  private final Map<Long, Profile> profiles;
  private final Map<String, Long> numbers;

  private Definitions(
      LongFunction<@Nullable String> storedName,
      LongFunction<@Nullable Profile> storedProfile,
      Map<Long, String> names,
      Map<Long, Profile> profiles,
      Map<String, Long> numbers) {
    this.storedName = storedName;
    this.storedProfile = storedProfile;
    this.names = names;
    this.profiles = profiles;
    this.numbers = numbers;
  }

  /** For a reader that sees to it that what is defined is in the tables at once. */
  static Definitions stored(LedgerTables tables) {
    return new Definitions(
        tables::name,
        tables::profile,
        new RecentMap<>(RECENT),
        new RecentMap<>(RECENT),
        new RecentMap<>(RECENT));
  }

  /** For a reader of the few batches that are not in the tables yet: nothing is forgotten. */
  static Definitions kept(LedgerTables tables) {
    return new Definitions(
        tables::name, tables::profile, new HashMap<>(), new HashMap<>(), new HashMap<>());
  }

  void define(long number, String text) {
    names.put(number, text);
    numbers.put(text, number);
  }

  void define(long number, Profile profile) {
    profiles.put(number, profile);
  }

  String name(long number) {
    String known = names.get(number);
    if (known == null) {
      known = storedName.apply(number);
      if (known == null) {
        throw new LedgerException("name " + number + " is not defined", null);
      }
      define(number, known);
    }
    return known;
  }

  Profile profile(long number) {
    Profile known = profiles.get(number);
    if (known == null) {
      known = storedProfile.apply(number);
      if (known == null) {
        throw new LedgerException("profile " + number + " is not defined", null);
      }
      define(number, known);
    }
    return known;
  }

  /** A number of this text, if one was met lately. */
  @Nullable Long number(String text) {
    return numbers.get(text);
  }

  @Override
  public @Nullable String read(ByteReader in) {
    long reference = in.varint();
    if (reference == 0) {
      return null;
    }
    return reference == 1 ? in.requiredText() : name(reference - BatchEncoder.FIRST_REFERENCE);
  }
}
