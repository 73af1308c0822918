package io.stipend.metering;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * What a token of text costs by meter, as charged and on the vendor's list: the prices of one
 * model, tier and context size. There are few of them, and their text is made once. Immutable.
 */
public final class TokenPrices {
  /** Prices above are no prices: with {@link TokenUsage#MAX_COUNT} tokens they exceed a long. */
  private static final long MOST = Long.MAX_VALUE / TokenUsage.MAX_COUNT;

  private static final int METERS = ChargeLine.TOKENS.size();
  private static final String LIST = " list ";

  /** Those that were read lately, by a hash of their text; whoever comes later takes the place. */
  private static final AtomicReferenceArray<@Nullable TokenPrices> READ =
      new AtomicReferenceArray<>(1 << 10);

  private final long[] charged;
  private final long[] list;
  private final String text;
  private final ChargeBasis alone;

  private TokenPrices(long[] charged, long[] list) {
    this.charged = charged;
    this.list = list;
    String own = joined(charged);
    String listed = joined(list);
    text = own.equals(listed) ? own : own + LIST + listed;
    alone = new ChargeBasis(this, List.of());
  }

  /**
   * Prices in pico-units, in the order of {@link ChargeLine#TOKENS}.
   *
   * @throws IllegalArgumentException if these are not five prices each
   */
  public static TokenPrices of(List<Long> charged, List<Long> list) {
    return new TokenPrices(checked(charged), checked(list));
  }

  private static long[] checked(List<Long> prices) {
    if (prices.size() != METERS || prices.stream().anyMatch(p -> p < 0 || p > MOST)) {
      throw new IllegalArgumentException(
          "prices: " + prices + " (expected: " + METERS + " of 0.." + MOST + ")");
    }
    return prices.stream().mapToLong(Long::longValue).toArray();
  }

  /**
   * Reads what {@link #text} wrote.
   *
   * @throws IllegalArgumentException if it is anything else
   */
  public static TokenPrices parse(String text) {
    int hash = text.hashCode();
    int place = (hash ^ hash >>> 16) & (READ.length() - 1);
    TokenPrices known = READ.get(place);
    if (known == null || !known.text.equals(text)) {
      int cut = text.indexOf(LIST);
      List<Long> charged = numbers(cut < 0 ? text : text.substring(0, cut), text);
      known = of(charged, cut < 0 ? charged : numbers(text.substring(cut + LIST.length()), text));
      READ.set(place, known);
    }
    return known;
  }

  private static List<Long> numbers(String part, String text) {
    List<Long> numbers = new ArrayList<>(METERS);
    for (String number : part.split(" ", -1)) {
      try {
        numbers.add(Long.parseLong(number));
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException("prices: " + text + " (expected: whole numbers)", e);
      }
    }
    return numbers;
  }

  private static String joined(long[] prices) {
    StringBuilder text = new StringBuilder(64);
    for (long price : prices) {
      text.append(text.isEmpty() ? "" : " ").append(price);
    }
    return text.toString();
  }

  /**
   * The one way to write them: {@code 5000000 500000 6250000 10000000 25000000}, with those of the
   * list after the word {@code list} where they differ.
   */
  public String text() {
    return text;
  }

  /** The basis of a charge of tokens of text and nothing else. */
  public ChargeBasis alone() {
    return alone;
  }

  /** What so many tokens cost in nano-units, rounded up once. */
  long nanos(TokenUsage usage) {
    ChargeLines.Sum sum = new ChargeLines.Sum();
    sum.add(usage.input() * charged[0]);
    sum.add(usage.cacheRead() * charged[1]);
    sum.add((usage.cacheWrite() - usage.cacheWrite1h()) * charged[2]);
    sum.add(usage.cacheWrite1h() * charged[3]);
    sum.add(usage.output() * charged[4]);
    return sum.ceiling();
  }

  /** What was charged for a token, in pico-units; {@code meter} is a place in the tokens' list. */
  long charged(int meter) {
    return charged[meter];
  }

  /** What the list says of it. */
  long list(int meter) {
    return list[meter];
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TokenPrices prices && text.equals(prices.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
