package io.stipend.metering.price;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What prices follow from: the text of a file of rate cards, or the rates of exchange.
 *
 * @param name the path as it was given, {@code builtin/…}, or {@link #EXCHANGE}
 * @param version of the cards in it; empty for rates of exchange
 * @param text all of it
 */
public record CardText(String name, String version, String text) {
  /** The name of the rates of exchange. */
  public static final String EXCHANGE = "exchange_rates";

  /** How the names of cards begin that ship with Stipend. */
  static final String BUILTIN = "builtin/";

  /** Whether it ships with Stipend. */
  boolean isBuiltin() {
    return name.startsWith(BUILTIN);
  }

  /** SHA-256 of the text, in hex. */
  public String hash() {
    return sha256(text);
  }

  /** One hash over all of these, in order. */
  public static String hash(List<CardText> texts) {
    return sha256(texts.stream().map(CardText::hash).collect(Collectors.joining("\n")));
  }

  private static String sha256(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
