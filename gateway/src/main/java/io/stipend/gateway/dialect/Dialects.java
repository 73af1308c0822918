package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.stipend.gateway.dialect.Dialect.Answer;
import io.stipend.gateway.server.RequestHead;
import io.stipend.policy.PolicyEngine.ModelListing;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Every dialect that is served, by path. A new dialect is one more line in {@link #ALL}. */
public final class Dialects {
  private static final Dialect OPENAI_CHAT = new OpenAiChat();

  private static final Dialect ANTHROPIC_MESSAGES = new AnthropicMessages();

  private static final Dialect GEMINI = new Gemini();

  private static final List<Dialect> ALL =
      List.of(
          OPENAI_CHAT, //
          new OpenAiResponses(),
          new OpenAiInputTokens(),
          ANTHROPIC_MESSAGES,
          new AnthropicCountTokens(),
          GEMINI,
          new GeminiCountTokens(),
          new OpenAiEmbeddings(),
          new OpenAiCompletions(),
          new OpenAiModerations());

  private static final Map<String, Dialect> BY_PATH = byPath(false);
  private static final Map<String, Dialect> BY_SHAPE = byPath(true);

  static final Set<String> MODELS_PATHS = Set.of("/v1/models", "/v1beta/models", "/v1alpha/models");

  private static final String ANTHROPIC_VERSION = "anthropic-version";
  private static final String ANTHROPIC_PREFIX = "/v1/messages";

  private static final String GOOGLE_CLIENT = "x-goog-api-client";
  private static final List<String> GEMINI_PREFIXES = List.of("/v1beta/", "/v1alpha/");

  /** Anthropic's own stand-in for a date that is not known. */
  private static final String UNKNOWN_DATE = "1970-01-01T00:00:00Z";

  private Dialects() {}

  private static Map<String, Dialect> byPath(boolean shapes) {
    Map<String, Dialect> byPath = new HashMap<>();
    for (Dialect dialect : ALL) {
      for (String path : dialect.paths()) {
        if (path.contains(ModelPath.ANY) == shapes && byPath.put(path, dialect) != null) {
          throw new IllegalStateException("path: " + path + " (expected: one dialect)");
        }
      }
    }
    return Map.copyOf(byPath);
  }

  /** All of them. */
  public static List<Dialect> all() {
    return ALL;
  }

  /** The dialect that serves POST on exactly this path; null if none does. */
  public static @Nullable Dialect at(String path) {
    Dialect exact = BY_PATH.get(path);
    if (exact != null) {
      return exact;
    }
    ModelPath named = ModelPath.of(path);
    return named == null ? null : BY_SHAPE.get(named.shape());
  }

  /** Whether GET on this path lists the models, which is served without a dialect. */
  public static boolean listsModels(String path) {
    return MODELS_PATHS.contains(path);
  }

  /**
   * The dialect in which to answer a request whatever its route: the route's own, or that of the
   * route that a path with a slip in it means; else Anthropic's under {@code /v1/messages} or where
   * the client sends {@code anthropic-version}; Gemini's under {@code /v1beta/} or where the client
   * is one of Google's; else OpenAI's.
   */
  public static Dialect speaking(RequestHead head) {
    String meant = Unserved.meant(head.path());
    Dialect served = at(meant == null ? head.path() : meant);
    if (served != null) {
      return served;
    }
    return isAnthropic(head) ? ANTHROPIC_MESSAGES : isGemini(head) ? GEMINI : OPENAI_CHAT;
  }

  private static boolean isAnthropic(RequestHead head) {
    return head.path().startsWith(ANTHROPIC_PREFIX) || head.headers().contains(ANTHROPIC_VERSION);
  }

  private static boolean isGemini(RequestHead head) {
    return GEMINI_PREFIXES.stream().anyMatch(head.path()::startsWith)
        || head.headers().contains(GOOGLE_CLIENT);
  }

  /** The list of models, in the form of the client's vendor. */
  public static Answer models(List<ModelListing> models, RequestHead head, String exchangeId) {
    if (isAnthropic(head)) {
      return new Answer(
          200, Refusals.anthropicHeaders(exchangeId), ErrorJson.bytes(anthropicModels(models)));
    }
    ObjectNode list = isGemini(head) ? geminiModels(models) : openAiModels(models);
    return new Answer(200, Refusals.openAiHeaders(exchangeId), ErrorJson.bytes(list));
  }

  /** Only those of Gemini's own dialect: no other can be asked for in a path. */
  private static ObjectNode geminiModels(List<ModelListing> models) {
    ObjectNode list = ErrorJson.object();
    ArrayNode data = list.putArray("models");
    for (ModelListing model : models) {
      if (model.vendor().equals(Gemini.VENDOR)) {
        data.addObject()
            .put("name", "models/" + model.id())
            .put("displayName", model.id())
            .putArray("supportedGenerationMethods")
            .add("generateContent")
            .add("streamGenerateContent")
            .add("countTokens");
      }
    }
    return list;
  }

  private static ObjectNode openAiModels(List<ModelListing> models) {
    ObjectNode list = ErrorJson.object().put("object", "list");
    ArrayNode data = list.putArray("data");
    for (ModelListing model : models) {
      data.addObject()
          .put("id", model.id())
          .put("object", "model")
          .put("created", 0)
          .put("owned_by", model.provider());
    }
    return list;
  }

  private static ObjectNode anthropicModels(List<ModelListing> models) {
    ObjectNode list = ErrorJson.object();
    ArrayNode data = list.putArray("data");
    for (ModelListing model : models) {
      data.addObject()
          .put("type", "model")
          .put("id", model.id())
          .put("display_name", model.id())
          .put("created_at", UNKNOWN_DATE);
    }
    list.put("has_more", false);
    list.put("first_id", models.isEmpty() ? null : models.get(0).id());
    list.put("last_id", models.isEmpty() ? null : models.get(models.size() - 1).id());
    return list;
  }
}
