package io.stipend.metering.price;

import io.stipend.metering.price.RateCardException.Problem;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Node;

/** Fetches the text of rate cards and takes it apart into documents, one card each. */
final class RateCardSources {
  private static final List<String> BUILTIN =
      List.of("openai.yaml", "anthropic.yaml", "gemini.yaml", "bedrock.yaml", "vertex.yaml");

  /** About a hundred times the built-in card. */
  private static final int MAX_CHARS = 4 * 1024 * 1024;

  /** Read once for the process: they cannot change, and every gateway and change of a file asks. */
  private static volatile @Nullable Read builtin;

  private RateCardSources() {}

  /**
   * What one source holds.
   *
   * @param cards its cards, in order
   * @param texts what they were read from
   */
  record Read(List<RateCard> cards, List<CardText> texts) {
    Read {
      cards = List.copyOf(cards);
      texts = List.copyOf(texts);
    }

    boolean hasAny(Set<String> versions) {
      return cards.stream().anyMatch(card -> versions.contains(card.version()));
    }
  }

  /**
   * The cards of one source; notes problems instead of throwing.
   *
   * @param usedVersions the versions of earlier sources, which this one must not use again
   */
  static Read read(RateCards.Source source, Set<String> usedVersions, List<Problem> problems) {
    if (source instanceof RateCards.Source.CardFile file) {
      Bytes bytes = () -> Files.readAllBytes(file.path());
      return readOne(file.path().toString(), bytes, usedVersions, problems);
    }
    List<CardText> texts = new ArrayList<>();
    List<RateCard> cards = new ArrayList<>();
    if (source instanceof RateCards.Source.Texts kept) {
      for (CardText text : kept.texts()) {
        Bytes bytes = () -> text.text().getBytes(StandardCharsets.UTF_8);
        Read one = readOne(text.name(), bytes, usedVersions, problems);
        cards.addAll(one.cards());
        texts.addAll(one.texts());
      }
      return new Read(cards, texts);
    }
    Read known = builtin;
    if (known != null && !known.hasAny(usedVersions)) {
      return known;
    }
    int before = problems.size();
    for (String name : BUILTIN) {
      Read one = readOne(CardText.BUILTIN + name, () -> resource(name), usedVersions, problems);
      cards.addAll(one.cards());
      texts.addAll(one.texts());
    }
    Read all = new Read(cards, texts);
    if (problems.size() == before) {
      builtin = all;
    }
    return all;
  }

  private interface Bytes {
    byte[] read() throws IOException;
  }

  private static Read readOne(
      String file, Bytes bytes, Set<String> usedVersions, List<Problem> problems) {
    try {
      String text =
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.read())).toString();
      List<RateCard> cards = documents(file, text, usedVersions, problems);
      String version =
          cards.stream().map(RateCard::version).distinct().collect(Collectors.joining("+"));
      return new Read(cards, List.of(new CardText(file, version, text)));
    } catch (NoSuchFileException | FileNotFoundException e) {
      problems.add(new Problem(file, 0, 0, "no such file"));
    } catch (CharacterCodingException e) {
      problems.add(new Problem(file, 0, 0, "expected UTF-8 text"));
    } catch (IOException e) {
      problems.add(new Problem(file, 0, 0, "cannot be read: " + e));
    } catch (MarkedYAMLException e) {
      Mark mark = e.getProblemMark();
      int line = mark == null ? 0 : mark.getLine() + 1;
      int column = mark == null ? 0 : mark.getColumn() + 1;
      problems.add(new Problem(file, line, column, "expected YAML: " + e.getProblem()));
    } catch (YAMLException e) {
      problems.add(new Problem(file, 0, 0, "expected YAML: " + e.getMessage()));
    }
    return new Read(List.of(), List.of());
  }

  private static List<RateCard> documents(
      String file, String text, Set<String> usedVersions, List<Problem> problems) {
    LoaderOptions options = new LoaderOptions();
    options.setCodePointLimit(MAX_CHARS);
    List<RateCard> cards = new ArrayList<>();
    Map<RateCard.Scope, Integer> lines = new HashMap<>();
    for (Node document : new Yaml(options).composeAll(new StringReader(text))) {
      RateCardReader reader = new RateCardReader(file, document, problems);
      RateCard card = reader.read();
      Integer earlier = lines.putIfAbsent(card.scope(), reader.line());
      if (earlier != null) {
        reader.problem(
            card.scope().kind().key(),
            card.scope().kind().key()
                + ": "
                + card.scope().name()
                + " is already priced by the document at line "
                + earlier);
      }
      if (usedVersions.contains(card.version())) {
        reader.problem(
            "version", "version: " + card.version() + " (already used by another source)");
      }
      cards.add(card);
    }
    if (cards.isEmpty()) {
      problems.add(new Problem(file, 0, 0, "expected a rate card, found nothing"));
    }
    return cards;
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = RateCardSources.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new FileNotFoundException(name);
      }
      return in.readAllBytes();
    }
  }
}
