package io.stipend.gateway.faults;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Writes the page of all faults and what comes of them. */
final class FaultPage {
  private static final Map<String, String> SECTIONS =
      Map.of(
          "Usage", "What the usage says",
          "Events", "What the body says",
          "Model", "Which model it says it ran",
          "Breaks", "Connections that break",
          "Stalls", "Connections that stall",
          "Framing", "Bodies whose framing lies",
          "Heads", "Heads");

  /** More forms than these are listed by what they have in common. */
  private static final int FEW = 3;

  private FaultPage() {}

  static String of(List<Fault> faults) {
    int cells = faults.stream().mapToInt(fault -> fault.stated().size()).sum();
    StringBuilder page = new StringBuilder();
    page.append(
        """
        # Providers that misbehave

        What comes of an answer that breaks off, stalls, contradicts itself or is no answer: %,d cells, each a
        fault in one form of answer. `UpstreamFaultsTest` runs all of them over one gateway, five times (once what takes time), before a
        provider that says byte for byte what the cell wants and keeps its own bill; the tables are written from
        the same list (`-Dstipend.docs.write=true`).

        ## How an attempt settles
        - **reported**: the provider told the whole usage, and it can be so. The charge is its bill.
        - **counted**: it told none, or one that cannot be so (row flag `absurd_usage`), but all that it generated
          came by: what came is counted from above, and a step of 1,024 tokens more where it may still have been
          generating.
        - **assumed**: nobody can know, as the connection broke or nothing but the usage would have told. The
          charge is what such a call was expected to cost or what came, whichever is more.

        An assumed charge is never 0: a provider bills what it generated whether or not anybody heard it, and a
        budget to which broken answers are free is spent by breaking them. Neither is it ever more than the input
        and the cap. `stipend ledger correct` puts the invoice's figure in its place. Only
        a status of 400 and more before any other costs nothing.

        What is contradicted is read in favour of the invoice: of two ends the one that says more, of a fraction
        the next whole token, zero input with output as no word about the input. The model that the provider says
        it ran is the one that is priced; one without a price costs what was asked for.

        Where an answer came in doubt its connection never serves again. A redirect is never followed, and no
        other host ever sees the key. Bytes behind an answer close a connection that rests; where the next request
        has already taken it they cannot be told from its answer, by nobody: that is HTTP/1.1.

        ## How to read the tables
        - **in**: *streamed* are events and the list of Gemini, of text; *whole* is text or vectors in one body;
          *media* are images, speech and transcripts.
        - **client**: the status, and how the answer ends. *whole*: byte for byte as sent (behind a list of Gemini
          that broke a blank line may follow). *error*: an answer of the gateway in the caller's dialect. *error
          event*: the last event tells of it, in the dialect. *cut off*: the body ends before its framing says so.
        - **charge**: *= bill* to the nano-unit, or *≥ bill* and at most the input and the cap.
        - **connection**: to the provider, after it.
        """
            .formatted(cells));
    Set<String> sections = new LinkedHashSet<>();
    faults.forEach(fault -> sections.add(fault.section));
    for (String section : sections) {
      page.append("\n## ").append(SECTIONS.get(section));
      page.append(
          "\n| what the provider does | in | outcome | client | usage | charge | connection |\n"
              + "| --- | --- | --- | --- | --- | --- | --- |\n");
      for (Fault fault : faults) {
        if (fault.section.equals(section)) {
          rows(page, fault);
        }
      }
    }
    return page.toString();
  }

  private static void rows(StringBuilder page, Fault fault) {
    Map<Stated, Set<Form>> groups = new LinkedHashMap<>();
    fault
        .stated()
        .forEach(
            (form, stated) ->
                groups.computeIfAbsent(stated, s -> EnumSet.noneOf(Form.class)).add(form));
    String name = fault.name;
    for (Map.Entry<Stated, Set<Form>> group : groups.entrySet()) {
      Stated stated = group.getKey();
      page.append(
          "| %s | %s | `%s` | %d, %s | %s | %s bill | %s |\n"
              .formatted(
                  name,
                  forms(group.getValue()),
                  stated.outcome(),
                  stated.status(),
                  stated.end().equals("event") ? "error event" : stated.end().replace('-', ' '),
                  stated.source(),
                  stated.charge().equals("bill") ? "=" : "≥",
                  stated.connection()));
      name = "";
    }
  }

  private static String forms(Set<Form> forms) {
    if (forms.size() == Form.values().length) {
      return "all";
    }
    List<String> said = new ArrayList<>();
    group(said, "streamed", Form.STREAMED, forms);
    group(said, "whole", Form.WHOLE, forms);
    group(said, "media", Form.MEDIA, forms);
    return String.join("; ", said);
  }

  private static void group(List<String> said, String name, Set<Form> group, Set<Form> forms) {
    Set<Form> here = EnumSet.copyOf(group);
    here.retainAll(forms);
    Set<Form> missing = EnumSet.copyOf(group);
    missing.removeAll(forms);
    if (missing.isEmpty()) {
      said.add(name);
    } else if (here.size() >= FEW && missing.size() < FEW) {
      said.add(name + " but " + titles(missing));
    } else if (!here.isEmpty()) {
      said.add(titles(here));
    }
  }

  private static String titles(Set<Form> forms) {
    return forms.stream().map(Form::title).collect(Collectors.joining(", "));
  }
}
