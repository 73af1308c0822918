package io.stipend.metering.reconcile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which provider of the quota file a provider's own ids belong to. A file has a line for each: an
 * id of a key, a project or a workspace as the reports write it, {@code :}, and the name of the
 * provider, perhaps with the name of one of its keys: {@code proj_abc: openai/spare}. A line that
 * begins with {@code #} says nothing.
 */
public final class KeyMap {
  private final Map<String, Account> accounts;
  private final @Nullable String only;

  private KeyMap(Map<String, Account> accounts, @Nullable String only) {
    this.accounts = accounts;
    this.only = only;
  }

  /**
   * Whose a figure is.
   *
   * @param provider a name of the quota file; empty if it is nobody's there
   * @param key the name of one of its keys; empty if it is not told
   */
  record Account(String provider, String key) {
    static final Account NONE = new Account("", "");
  }

  /** Without a file: everything belongs to the one provider that there is. */
  public static KeyMap only(String provider) {
    return new KeyMap(Map.of(), provider);
  }

  /**
   * Reads a file. What it does not name belongs to no provider.
   *
   * @param providers the names that may stand in it
   */
  public static KeyMap read(Path path, Set<String> providers) {
    String file = String.valueOf(path.getFileName());
    List<String> lines;
    try {
      lines = Files.readAllLines(path);
    } catch (NoSuchFileException e) {
      throw new ProviderFileException(file, "no such file", e);
    } catch (IOException e) {
      throw new ProviderFileException(file, "cannot be read: " + e, e);
    }
    Map<String, Account> accounts = new HashMap<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      String place = file + ": line " + (i + 1);
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      int colon = line.lastIndexOf(':');
      if (colon <= 0 || colon + 1 == line.length()) {
        throw new ProviderFileException(
            place, Fields.shown(line) + " (expected: ID: PROVIDER or ID: PROVIDER/KEY)");
      }
      String[] to = line.substring(colon + 1).strip().split("/", 2);
      if (!providers.contains(to[0])) {
        throw new ProviderFileException(
            place, "provider: " + Fields.shown(to[0]) + " (expected: one of " + providers + ")");
      }
      Account account = new Account(to[0], to.length > 1 ? to[1] : "");
      if (accounts.put(line.substring(0, colon).strip(), account) != null) {
        throw new ProviderFileException(place, Fields.shown(line) + ": given twice");
      }
    }
    return new KeyMap(accounts, null);
  }

  /** The providers that it names: the figures of others are not in the reports. */
  public Set<String> providers() {
    Set<String> names = new TreeSet<>();
    accounts.values().forEach(account -> names.add(account.provider()));
    if (only != null) {
      names.add(only);
    }
    return names;
  }

  /** Whose the figures of a key, else of its project, are. */
  Account of(@Nullable String keyId, @Nullable String projectId) {
    Account account = keyId == null ? null : accounts.get(keyId);
    if (account == null && projectId != null) {
      account = accounts.get(projectId);
    }
    if (account == null) {
      account = only == null ? Account.NONE : new Account(only, "");
    }
    return account;
  }
}
