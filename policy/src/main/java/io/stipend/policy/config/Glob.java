package io.stipend.policy.config;

/**
 * A pattern of model names: {@code *} stands for any characters, also none; all others for
 * themselves, case included.
 *
 * @param pattern such as {@code gpt-5*}
 */
public record Glob(String pattern) {
  /** Whether the whole name fits; linear in practice, never exponential. */
  public boolean matches(String name) {
    int p = 0;
    int n = 0;
    int star = -1;
    int retry = 0;
    while (n < name.length()) {
      if (p < pattern.length() && pattern.charAt(p) == '*') {
        star = p++;
        retry = n;
      } else if (p < pattern.length() && pattern.charAt(p) == name.charAt(n)) {
        p++;
        n++;
      } else if (star >= 0) {
        p = star + 1;
        n = ++retry;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == '*') {
      p++;
    }
    return p == pattern.length();
  }

  /** Whether it names exactly one model. */
  public boolean isExact() {
    return pattern.indexOf('*') < 0;
  }
}
