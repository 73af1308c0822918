package io.stipend.policy.config;

import java.net.URI;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the section {@code alerts}: where alerts go. */
final class WebhooksReader {
  private static final int MAX_WEBHOOKS = 16;

  private final SecretReader secrets;

  WebhooksReader(SecretReader secrets) {
    this.secrets = secrets;
  }

  List<Webhook> read(@Nullable Section section) {
    List<Webhook> webhooks = new ArrayList<>();
    if (section == null) {
      return webhooks;
    }
    try (section) {
      Value list = section.get("webhooks");
      List<Value> items = list == null ? List.of() : list.oneOrMore();
      if (list != null && items.size() > MAX_WEBHOOKS) {
        list.problem(items.size() + " webhooks (expected: at most " + MAX_WEBHOOKS + ")");
      }
      for (Value item : items) {
        Webhook webhook = webhook(item);
        if (webhook != null) {
          webhooks.add(webhook);
        }
      }
      return webhooks;
    }
  }

  private @Nullable Webhook webhook(Value value) {
    Section section = value.section("a mapping with url and secret");
    if (section == null) {
      return null;
    }
    try (section) {
      URI url = url(section.require("url"));
      Secret secret = secrets.read(section.get("secret"));
      Set<Webhook.Event> events = events(section.get("events"));
      return url == null ? null : new Webhook(url, secret, events);
    }
  }

  private static Set<Webhook.Event> events(@Nullable Value value) {
    Set<Webhook.Event> events = EnumSet.noneOf(Webhook.Event.class);
    for (Value item : value == null ? List.<Value>of() : value.oneOrMore()) {
      Webhook.Event event = Scalars.word(item, Webhook.Event.class);
      if (event != null) {
        events.add(event);
      }
    }
    return events.isEmpty() ? EnumSet.allOf(Webhook.Event.class) : events;
  }

  /** No message repeats the address: whoever knows it may post there, so it may be a secret. */
  @Nullable URI url(@Nullable Value value) {
    String expected = SafeUrl.EXPECTED + "; ${NAME} or file:path that holds it";
    String text = value == null ? null : value.text(expected);
    if (value == null || text == null) {
      return null;
    }
    if (SecretReader.isReference(text)) {
      Secret kept = secrets.read(value);
      if (kept == null) {
        return null;
      }
      text = kept.reveal();
    }
    URI uri = SafeUrl.of(text);
    if (uri != null) {
      return uri;
    }
    value.problem("is no address of a webhook (expected: " + expected + ")");
    return null;
  }
}
