package io.stipend.policy.config;

import java.util.Set;

/**
 * Keys that are read and checked but whose effect is not built: {@link Section#get} refuses them by
 * name, so that none is ever ignored. Who builds the effect of one takes it out of here.
 */
final class NotYet {
  static final Set<String> KEYS = Set.of();

  private NotYet() {}
}
