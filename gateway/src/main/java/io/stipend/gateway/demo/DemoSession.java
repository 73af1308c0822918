package io.stipend.gateway.demo;

import io.stipend.gateway.demo.DemoEngineer.Reply;
import io.stipend.metering.export.UsageExport;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.Verification;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Instant;

/** The session that {@code demo --run} plays: three people, two APIs, one allowance that ends. */
final class DemoSession {
  /** A source file of some 110 KB for the model to read. */
  private static final String SOURCE =
      "\n\n" + "if (balance.covers(estimate)) { ledger.append(reservation); } ".repeat(1_800);

  /** Carol's allowance covers a few calls; a demo that never ends would be worse than none. */
  private static final int MOST_CALLS = 12;

  private final Demo demo;
  private final PrintWriter out;
  private final HttpClient http = HttpClient.newHttpClient();

  DemoSession(Demo demo, PrintWriter out) {
    this.demo = demo;
    this.out = out;
  }

  void play() throws IOException, InterruptedException {
    out.println("Stipend demo: three people, two APIs, one gateway at " + demo.url());
    ada();
    bob();
    carol();
    record();
    out.flush();
  }

  private void ada() throws IOException, InterruptedException {
    title("ada", "asks gpt-5 through the OpenAI SDK");
    DemoEngineer ada = engineer("ada");
    for (String question :
        new String[] {"Why does this reservation leak?", "And how would you test the fix?"}) {
      out.println("  > " + question);
      Reply reply = ada.chat("gpt-5", question, SOURCE);
      out.println("  " + reply.text());
      left(ada);
    }
  }

  private void bob() throws IOException, InterruptedException {
    title("bob", "streams claude-sonnet-4-5 in Claude Code");
    DemoEngineer bob = engineer("bob");
    out.println("  > Explain the ledger to a new colleague.");
    out.print("  ");
    bob.messages("claude-sonnet-4-5", "Explain the ledger to a new colleague.", SOURCE);
    out.println();
    left(bob);
  }

  private void carol() throws IOException, InterruptedException {
    title("carol", "lets an agent loop on claude-opus-4-5");
    DemoEngineer carol = engineer("carol");
    Reply reply = carol.longMessages("claude-opus-4-5", "Go on.");
    for (int call = 1; reply.ok() && call < MOST_CALLS; call++) {
      out.println("  call " + call + ": " + reply.text().length() + " characters");
      left(carol);
      reply = carol.longMessages("claude-opus-4-5", "Go on.");
    }
    out.println("  The next call is refused before it costs anything. Claude Code prints:");
    out.println("    API Error: " + reply.status() + " " + reply.text());
    out.println("  Another tool does not help, for the allowance is hers. The OpenAI SDK prints:");
    Reply other = carol.chat("gpt-5", "Please?", "");
    out.println("    openai.RateLimitError: Error code: " + other.status() + " - " + other.text());
  }

  /** What finance gets: the statement, the file, and the proof that both are whole. */
  private void record() throws IOException {
    out.println();
    Path data = demo.folder().resolve("data");
    Path csv = demo.folder().resolve("usage.csv");
    try (LedgerReader reader = LedgerReader.open(data)) {
      out.print(DemoStatement.of(demo.gateway().admin().balances(), reader));
      UsageExport.Summary export =
          UsageExport.write(
              reader, Instant.EPOCH, DemoStatement.END_OF_TIME, UsageExport.Format.CSV, csv);
      Verification check = reader.verify();
      out.println();
      out.println("Usage export: " + csv + " (" + export.rows() + " rows)");
      out.println(
          (check.ok() ? "The ledger verifies: " : "The ledger does not verify: ")
              + check.batches()
              + " batches, "
              + check.entries()
              + " entries, head "
              + check.headHash());
    }
  }

  private DemoEngineer engineer(String id) {
    return new DemoEngineer(http, demo.url(), demo.person(id).key(), out);
  }

  private void title(String id, String does) {
    out.println();
    out.println(id + " (" + demo.person(id).allowance() + ") " + does);
  }

  private void left(DemoEngineer engineer) throws IOException, InterruptedException {
    out.println("    left: " + engineer.left());
    out.flush();
  }
}
