package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.gateway.dialect.Dialect.Answer;
import io.stipend.policy.PolicyEngine.ModelListing;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the gateway itself answers about models: those that the caller may use.
 *
 * @param form whose
 * @param exchangeId of the answer
 */
record ModelLists(Form form, String exchangeId) {
  /** Anthropic's own stand-in for a date that is not known. */
  private static final String UNKNOWN_DATE = "1970-01-01T00:00:00Z";

  /** What the names of models that embed hold; no other mark tells them apart. */
  private static final String EMBEDS = "embedding";

  private static final String MODELS = "models/";

  /** In whose form a list is written. */
  enum Form {
    OPENAI,
    AZURE,
    ANTHROPIC,
    GEMINI;

    /** Whether its paths can name the model. */
    boolean holds(ModelListing model) {
      return switch (this) {
        case OPENAI, ANTHROPIC -> true;
        case AZURE -> model.vendor().equals(Azure.VENDOR);
        case GEMINI -> model.vendor().equals(Gemini.VENDOR);
      };
    }
  }

  /** All of them. */
  Answer all(List<ModelListing> models) {
    Map<String, ModelListing> byId = new LinkedHashMap<>();
    models.stream().filter(form::holds).forEach(model -> byId.putIfAbsent(model.id(), model));
    List<ModelListing> held = List.copyOf(byId.values());
    ObjectNode list = ErrorJson.object();
    if (form == Form.OPENAI || form == Form.AZURE) {
      list.put("object", "list");
    }
    ArrayNode data = list.putArray(form == Form.GEMINI ? "models" : "data");
    held.forEach(model -> write(data.addObject(), model));
    if (form == Form.ANTHROPIC) {
      list.put("has_more", false);
      list.put("first_id", held.isEmpty() ? null : held.get(0).id());
      list.put("last_id", held.isEmpty() ? null : held.get(held.size() - 1).id());
    }
    return answer(list);
  }

  /** The one of this name; null if it is not among them. */
  @Nullable Answer one(List<ModelListing> models, String asked) {
    for (ModelListing model : models) {
      if (form.holds(model) && model.id().equals(asked)) {
        ObjectNode one = ErrorJson.object();
        write(one, model);
        return answer(one);
      }
    }
    return null;
  }

  private void write(ObjectNode to, ModelListing model) {
    switch (form) {
      case OPENAI, AZURE ->
          to.put("id", model.id())
              .put("object", "model")
              .put("created", 0)
              .put("owned_by", model.provider());
      case ANTHROPIC ->
          to.put("type", "model")
              .put("id", model.id())
              .put("display_name", model.id())
              .put("created_at", UNKNOWN_DATE);
      case GEMINI -> {
        to.put("name", MODELS + model.id()).put("displayName", model.id());
        ArrayNode methods = to.putArray("supportedGenerationMethods");
        if (model.id().contains(EMBEDS)) {
          methods.add("embedContent").add("batchEmbedContents");
        } else {
          methods.add("generateContent").add("streamGenerateContent");
        }
        methods.add("countTokens");
      }
    }
  }

  private Answer answer(ObjectNode body) {
    HttpHeaders headers =
        form == Form.ANTHROPIC
            ? Refusals.anthropicHeaders(exchangeId)
            : Refusals.openAiHeaders(exchangeId);
    return new Answer(200, headers, ErrorJson.bytes(body));
  }
}
