package io.stipend.gateway.demo;

import java.util.List;

/**
 * Somebody of the demo.
 *
 * @param id in the quota file
 * @param allowance in words
 * @param key the gateway key
 */
record DemoPerson(String id, String allowance, String key) {
  /** Everybody, with what the quota file gives them. */
  static final List<DemoPerson> EVERYBODY =
      List.of(
          new DemoPerson("ada", "25 USD a month", ""),
          new DemoPerson("bob", "200,000 tokens a month", ""),
          new DemoPerson("carol", "0.15 USD a day", ""));

  DemoPerson with(String secret) {
    return new DemoPerson(id, allowance, secret);
  }
}
