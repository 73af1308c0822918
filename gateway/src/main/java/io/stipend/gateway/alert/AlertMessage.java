package io.stipend.gateway.alert;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.stipend.metering.Unit;
import io.stipend.policy.alert.Alert;
import java.math.BigInteger;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An alert as it is sent. It follows from the alert alone: what is sent again is the same, byte for
 * byte, under the same id.
 *
 * @param forecast whether it looks ahead
 * @param id of the message: the same for every webhook and every try, in hex
 * @param text one sentence for people, escaped as Slack wants it
 * @param body JSON
 */
record AlertMessage(boolean forecast, String id, String text, String body) {
  private static final JsonMapper JSON = new JsonMapper();
  private static final int ID_LENGTH = 32;
  private static final int ALL_PERCENT = 100;

  static AlertMessage of(Alert alert) {
    String id = idOf(alert);
    String text = escaped(sentence(alert));
    Unit unit = alert.account().unit();
    ObjectNode body = JSON.createObjectNode();
    body.put("text", text);
    body.put("id", id);
    body.put("type", alert.isForecast() ? "forecast" : "threshold");
    if (!alert.isForecast()) {
      body.put("threshold_percent", Integer.parseInt(alert.threshold()));
    }
    body.put("budget", alert.account().budget());
    body.put("period", alert.account().period());
    body.put("unit", unit.name());
    body.put("used", unit.format(alert.used()));
    body.put("given", unit.format(alert.given()));
    body.put("at", alert.at().toString());
    body.put("exhausted_at", text(alert.exhaustedAt()));
    body.put("resets_at", text(alert.resetsAt()));
    try {
      return new AlertMessage(alert.isForecast(), id, text, JSON.writeValueAsString(body));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of texts and numbers", e);
    }
  }

  /** The instant is part of it: the same account of two deployments is not the same. */
  private static String idOf(Alert alert) {
    String named = alert.id() + "\n" + alert.at().toEpochMilli();
    return Digests.sha256(named).substring(0, ID_LENGTH);
  }

  private static @Nullable String text(@Nullable Instant instant) {
    return instant == null ? null : instant.toString();
  }

  private static String sentence(Alert alert) {
    Unit unit = alert.account().unit();
    StringBuilder said = new StringBuilder(160);
    said.append("Stipend: ")
        .append(alert.account().budget())
        .append(" (")
        .append(alert.account().period())
        .append(") ");
    if (alert.isForecast()) {
      said.append("will be used up on ").append(alert.exhaustedAt()).append(" if it goes on so");
    } else if (Integer.parseInt(alert.threshold()) == ALL_PERCENT) {
      said.append("is used up");
    } else {
      said.append("reached ").append(alert.threshold()).append("% of its budget");
    }
    said.append(": ")
        .append(unit.format(alert.used()))
        .append(" of ")
        .append(unit.format(alert.given()))
        .append(' ')
        .append(unit.name())
        .append(" used");
    if (alert.given() > 0) {
      said.append(" (").append(percent(alert)).append("%)");
    }
    if (alert.resetsAt() != null) {
      said.append(". It resets on ").append(alert.resetsAt());
    }
    return said.append('.').toString();
  }

  private static BigInteger percent(Alert alert) {
    return BigInteger.valueOf(alert.used())
        .multiply(BigInteger.valueOf(ALL_PERCENT))
        .divide(BigInteger.valueOf(alert.given()));
  }

  /** Slack's three control characters; nothing that a quota file names may call a channel. */
  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
