package io.stipend.gateway.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * A command that was run in this process.
 *
 * @param code its exit code
 * @param out what it printed as data
 * @param err what it printed else
 */
record Invocation(int code, String out, String err) {
  static Invocation of(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Stipend.run(new PrintWriter(out), new PrintWriter(err), args);
    return new Invocation(code, out.toString(), err.toString());
  }

  /** The same with {@code --config} in front of what is said. */
  static Invocation on(java.nio.file.Path config, String... args) {
    List<String> all = new ArrayList<>(List.of(args));
    all.add("--config");
    all.add(config.toString());
    return of(all.toArray(new String[0]));
  }
}
