package io.stipend.metering.report.page;

import java.util.List;
import java.util.stream.Stream;

/**
 * A report, whatever it is written as. Every figure stands in a fact or a table; a chart draws
 * again what a table says, so that text, CSV and JSON lose nothing without it.
 *
 * @param name its name in files, such as {@code chargeback}
 * @param title its title for people
 * @param facts the range, totals, the head of the ledger, and how it was made
 * @param blocks tables and charts, in the order of reading
 * @param notes how the figures come about and what they do not say, a paragraph each
 */
public record Report(
    String name, String title, List<Fact> facts, List<Block> blocks, List<String> notes) {
  /** Copies. */
  public Report {
    facts = List.copyOf(facts);
    blocks = List.copyOf(blocks);
    notes = List.copyOf(notes);
  }

  /** Its tables, in the order of reading. */
  public List<Table> tables() {
    return blocks.stream()
        .flatMap(block -> block instanceof Table table ? Stream.of(table) : Stream.empty())
        .toList();
  }
}
