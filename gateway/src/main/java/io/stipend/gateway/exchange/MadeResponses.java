package io.stipend.gateway.exchange;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.stipend.gateway.dialect.AnswerReader;
import io.stipend.gateway.dialect.Dialect;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.policy.Permit;
import io.stipend.policy.Route;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Which answers were made through this gateway and are kept by their providers: one key serves all
 * people there, so that only what stands here says whose each is. Forgotten when the gateway stops.
 * Safe for use by any thread.
 */
final class MadeResponses {
  /** How long one is known. */
  static final Duration KNOWN = Duration.ofHours(24);

  /** The most that are known; about 400 bytes each. */
  private static final int MAX_KNOWN = 100_000;

  private final Cache<String, Made> byId =
      Caffeine.newBuilder()
          .maximumSize(MAX_KNOWN)
          .expireAfterWrite(KNOWN)
          .executor(Runnable::run)
          .build();

  /**
   * Who made an answer, and where.
   *
   * @param person id of the person or service
   * @param model as {@code provider/model}
   * @param upstream the provider and its key
   */
  record Made(String person, String model, String upstream) {}

  /** Notes the answer's id as soon as it passes, if the provider keeps it. */
  Consumer<AnswerReader> watch(Dialect dialect, Peeked peeked, Permit permit) {
    if (!dialect.keeps(peeked)) {
      return reader -> {};
    }
    Made made =
        new Made(
            permit.principal().id(),
            permit.provider().name() + "/" + permit.model(),
            permit.provider().upstream());
    return new Consumer<>() {
      private boolean noted;

      @Override
      public void accept(AnswerReader reader) {
        String id = noted ? null : reader.storedId();
        if (id != null) {
          noted = true;
          byId.put(id, made);
        }
      }
    };
  }

  /** Whether another person is known to have made it; of what is not known here nobody is. */
  boolean isOfAnother(@Nullable String id, String person) {
    Made made = id == null ? null : byId.getIfPresent(id);
    return made != null && !made.person().equals(person);
  }

  /** The model, as {@code provider/model}, of an answer that this person made; null if of none. */
  @Nullable String modelOf(String id, String person) {
    Made made = byId.getIfPresent(id);
    return made == null || !made.person().equals(person) ? null : made.model();
  }

  /** The permit on the way to the upstream that made this answer alone: no other knows it. */
  Permit keptTo(Permit permit, @Nullable String id) {
    Made made = id == null || permit.routes().isEmpty() ? null : byId.getIfPresent(id);
    if (made != null) {
      for (Route route : permit.routes()) {
        if (route.provider().upstream().equals(made.upstream())) {
          return permit.only(route);
        }
      }
    }
    return permit;
  }
}
