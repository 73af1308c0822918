package io.stipend.metering.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.TokenUsage;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No kind of entry keeps the name of who is forgotten, also one that is added later. */
class ForgettingTest {
  /** Where somebody may be named. */
  private static final Set<String> NAMING =
      Set.of("person", "by", "reason", "name", "detail", "before", "after", "principal");

  private static final Set<Class<?>> OF_ATTEMPTS =
      Set.of(
          LedgerEntry.Reserved.class,
          LedgerEntry.Extended.class,
          LedgerEntry.Settled.class,
          LedgerEntry.Released.class,
          LedgerEntry.Identified.class,
          LedgerEntry.OfPrices.class);

  /** What says nothing of people, though a word may be called so: hashes, and what a card says. */
  private static final Set<Class<?>> NAMELESS = Set.of(RateCardKept.class);

  /** Of a change of prices these are hashes. */
  private static final Set<String> HASHES = Set.of("before", "after");

  @TempDir Path temporary;

  @Test
  void everyKindOfFactNamesTheAliasInstead() throws Exception {
    SqliteLedger.open(temporary, Samples.SMALL, PersonalHistory.CLOCK).close();
    try (Connection connection = LedgerDatabase.openForReading(LedgerFiles.database(temporary));
        LedgerTables tables = new LedgerTables(connection)) {
      Forgetting forgetting =
          new Forgetting(
              PersonalHistory.PERSON,
              "forgotten-01234567",
              new UsageTable(connection, Definitions.stored(tables)));
      int named = 0;
      for (Class<?> kind : kinds()) {
        LedgerEntry fact = naming(kind);
        LedgerEntry after = forgetting.fact(fact);
        named += fact.toString().contains(PersonalHistory.PERSON) ? 1 : 0;
        assertThat(after.toString())
            .as("%s (expected: a case of it in Forgetting)", kind.getSimpleName())
            .doesNotContain(PersonalHistory.PERSON);
        assertThat(forgetting.fact(after)).as("twice is once").isEqualTo(after);
      }
      assertThat(named).isGreaterThanOrEqualTo(Samples.ALL_FACTS - NAMELESS.size());
    }
  }

  private static List<Class<?>> kinds() {
    List<Class<?>> kinds = new ArrayList<>();
    for (Class<?> family :
        List.of(LedgerEntry.class, LedgerEntry.Identified.class, LedgerEntry.OfPrices.class)) {
      for (Class<?> kind : family.getPermittedSubclasses()) {
        if (!OF_ATTEMPTS.contains(kind)) {
          kinds.add(kind);
        }
      }
    }
    return kinds;
  }

  /** One that names them wherever it can. */
  private static LedgerEntry naming(Class<?> kind) throws ReflectiveOperationException {
    RecordComponent[] components = kind.getRecordComponents();
    Class<?>[] types = new Class<?>[components.length];
    Object[] values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      types[i] = components[i].getType();
      values[i] = value(kind, components[i], i);
    }
    var constructor = kind.getDeclaredConstructor(types);
    return (LedgerEntry) constructor.newInstance(values);
  }

  private static Object value(Class<?> kind, RecordComponent component, int place) {
    Class<?> type = component.getType();
    boolean label =
        (kind == LedgerEntry.RefusalsCounted.class && component.getName().equals("reason"))
            || (kind == RatesChanged.class && HASHES.contains(component.getName()));
    if (type == String.class) {
      String name = component.getName();
      return !NAMING.contains(name) || label
          ? "x"
          : name.equals("principal") ? "person/" + PersonalHistory.PERSON : PersonalHistory.PERSON;
    } else if (type == AccountKey.class) {
      return PersonalHistory.account(PersonalHistory.PERSON, "2026-1" + place % 3);
    } else if (type == Instant.class) {
      return Samples.NOW;
    } else if (type == AttemptId.class) {
      return new AttemptId("x", 1);
    } else if (type == TokenUsage.class) {
      return TokenUsage.of(1, 1);
    } else if (type == List.class) {
      return List.of();
    } else if (type == boolean.class) {
      return true;
    } else if (type == long.class) {
      return 1L;
    } else if (type == int.class) {
      return 1;
    }
    return type.isEnum() ? type.getEnumConstants()[0] : null;
  }
}
