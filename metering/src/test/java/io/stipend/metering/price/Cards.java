package io.stipend.metering.price;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.price.RateCards.Source;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Rate cards for tests, loaded the way the product loads them. */
final class Cards {
  static final Instant AT = Instant.parse("2026-11-20T12:00:00Z");

  /** A contracted card of the provider "acme", up to its list of models. */
  static final String HEAD =
      """
      version: contract-1
      kind: contracted
      currency: USD
      provider: acme
      source: Order form 4711
      checked_on: 2026-01-05
      valid_from: 2026-01-01
      models:
      """;

  private Cards() {}

  static RateCards builtin() {
    return load(List.of(Source.builtin()));
  }

  static RateCards load(List<Source> sources) {
    try {
      return RateCards.load(sources);
    } catch (RateCardException e) {
      throw new AssertionError(e);
    }
  }

  /** The built-in card, overridden by cards of these texts, in order. */
  static RateCards overBuiltin(Path folder, String... texts) {
    List<Source> sources = new ArrayList<>(List.of(Source.builtin()));
    for (int i = 0; i < texts.length; i++) {
      sources.add(Source.file(write(folder.resolve("card-" + i + ".yaml"), texts[i])));
    }
    return load(sources);
  }

  static Path write(Path file, String text) {
    try {
      return Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Rating rating(RateCards cards, String provider, String vendor, String model) {
    Rating rating = cards.rating(provider, vendor, model, AT);
    assertThat(rating).as(model).isNotNull();
    return rating;
  }
}
