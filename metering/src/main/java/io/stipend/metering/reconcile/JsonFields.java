package io.stipend.metering.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import org.jspecify.annotations.Nullable;

/** An object of JSON. A name with dots leads into objects within it. */
final class JsonFields extends Fields {
  private final JsonNode node;
  private final String place;

  /**
   * @param place where the object stands, such as {@code usage.json: data[0].results[1]}
   */
  JsonFields(JsonNode node, String place) {
    this.node = node;
    this.place = place;
    if (!node.isObject()) {
      throw new ProviderFileException(place, "expected an object");
    }
  }

  @Override
  String place(String name) {
    return place + "." + name;
  }

  @Override
  @Nullable String text(String name) {
    JsonNode found = node;
    for (String part : name.split("\\.", -1)) {
      found = found.isNull() ? MissingNode.getInstance() : found.path(part);
    }
    if (found.isMissingNode() || found.isNull()) {
      return null;
    }
    if (found.isContainerNode()) {
      throw problem(name, "expected a single value");
    }
    // A number was read as a decimal, so that its text is that of the file.
    String text = found.isNumber() ? found.decimalValue().toString() : found.asText();
    return text.isEmpty() ? null : text;
  }

  boolean has(String name) {
    return node.has(name);
  }

  JsonNode node() {
    return node;
  }
}
