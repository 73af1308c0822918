package io.stipend.gateway.cli;

import io.stipend.gateway.admin.AdminService.KeyLine;
import io.stipend.gateway.admin.AdminService.KeyMade;
import io.stipend.gateway.admin.AdminService.KeyOrder;
import io.stipend.gateway.admin.Table;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code keys}: gateway keys of people and services. */
@Command(name = "keys", description = "Make, list and revoke gateway keys.")
final class KeysCommand {
  private KeysCommand() {}

  static CommandLine line(Terminal terminal, Workspace workspace) {
    return new CommandLine(new KeysCommand())
        .addSubcommand("create", new Create(terminal, workspace))
        .addSubcommand("list", new Keys(terminal, workspace))
        .addSubcommand("revoke", new Revoke(terminal, workspace));
  }

  /** {@code keys create}. */
  @Command(
      name = "create",
      description = {
        "Make a key for a person or service, or with --role for the admin listener.",
        "It is printed once and kept nowhere."
      })
  static final class Create implements Callable<Integer> {
    private final Terminal terminal;
    private final Workspace workspace;

    @Parameters(
        paramLabel = "PERSON",
        description = "Id of the person or service; with --role the name of who holds it.")
    String person = "";

    @Option(
        names = "--role",
        description = "What it may do on the admin listener: platform, finance or auditor.")
    @Nullable String role;

    @Option(names = "--name", description = "What the owner calls it.")
    @Nullable String name;

    @Option(names = "--project", description = "Attribute of everything that the key spends.")
    @Nullable String project;

    @Option(
        names = "--expires",
        paramLabel = "TIME",
        description = "A date, an RFC 3339 time, or a duration such as 90d. Default: never.")
    @Nullable String expires;

    @Mixin JsonOption json = new JsonOption();

    Create(Terminal terminal, Workspace workspace) {
      this.terminal = terminal;
      this.workspace = workspace;
    }

    @Override
    public Integer call() {
      KeyOrder order = new KeyOrder(person, name, project, expires, role);
      KeyMade made = workspace.change(admin -> admin.createKey(order, workspace.operator()));
      if (json.on) {
        terminal.json(made);
      } else {
        terminal.line(made.key());
        terminal.note(
            "Key "
                + made.id()
                + " of "
                + made.person()
                + ". It is shown this once; `keys revoke "
                + made.id()
                + "` ends it.");
      }
      return Exit.DONE;
    }
  }

  /** {@code keys list}. */
  @Command(name = "list", description = "List all keys, without their secrets.")
  static final class Keys implements Callable<Integer> {
    private final Terminal terminal;
    private final Workspace workspace;

    @Mixin JsonOption json = new JsonOption();

    Keys(Terminal terminal, Workspace workspace) {
      this.terminal = terminal;
      this.workspace = workspace;
    }

    @Override
    public Integer call() {
      List<KeyLine> keys = workspace.keys();
      if (json.on) {
        terminal.json(keys);
        return Exit.DONE;
      }
      if (keys.isEmpty()) {
        terminal.note("No keys yet; `keys create PERSON` makes one.");
        return Exit.DONE;
      }
      Table table = new Table("ID", "PERSON", "NAME", "PROJECT", "CREATED", "EXPIRES", "REVOKED");
      for (KeyLine key : keys) {
        table.row(
            key.id(),
            key.person(),
            key.name(),
            Objects.requireNonNullElse(key.project(), ""),
            key.createdAt(),
            Objects.requireNonNullElse(key.expiresAt(), "never"),
            Objects.requireNonNullElse(key.revokedAt(), ""));
      }
      terminal.text(table);
      return Exit.DONE;
    }
  }

  /** {@code keys revoke}. */
  @Command(name = "revoke", description = "Refuse a key from its next request on.")
  static final class Revoke implements Callable<Integer> {
    private final Terminal terminal;
    private final Workspace workspace;

    @Parameters(paramLabel = "ID", description = "Id of the key; keys list shows it.")
    String id = "";

    @Mixin JsonOption json = new JsonOption();

    Revoke(Terminal terminal, Workspace workspace) {
      this.terminal = terminal;
      this.workspace = workspace;
    }

    @Override
    public Integer call() {
      KeyLine key = workspace.change(admin -> admin.revokeKey(id, workspace.operator()));
      if (json.on) {
        terminal.json(key);
      } else {
        terminal.line("Key " + key.id() + " of " + key.person() + " is revoked.");
      }
      return Exit.DONE;
    }
  }
}
