package io.stipend.gateway.attacks;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** All attacks of clients, in the order of their sections, numbered in each. */
final class Attacks {
  private static final List<Attack> ALL = numbered();

  private Attacks() {}

  static List<Attack> all() {
    return ALL;
  }

  static List<Attack> of(Section section) {
    return ALL.stream().filter(attack -> attack.section() == section).toList();
  }

  private static List<Attack> numbered() {
    Map<Section, Integer> counts = new EnumMap<>(Section.class);
    List<Attack> all = new ArrayList<>();
    Stream.of(
            SmugglingAttacks.all(),
            ChunkAttacks.all(),
            FramingAttacks.all(),
            LineAttacks.all(),
            FieldAttacks.all(),
            TargetAttacks.all(),
            BodyAttacks.all(),
            CredentialAttacks.all(),
            LogAttacks.all())
        .flatMap(List::stream)
        .sorted((a, b) -> a.section().compareTo(b.section()))
        .forEach(
            attack -> {
              int number = counts.merge(attack.section(), 1, Integer::sum);
              String id = String.format(Locale.ROOT, "%s-%02d", attack.section(), number);
              all.add(attack.withId(id));
            });
    return List.copyOf(all);
  }
}
