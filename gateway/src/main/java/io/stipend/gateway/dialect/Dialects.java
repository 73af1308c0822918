package io.stipend.gateway.dialect;

import io.stipend.gateway.dialect.Dialect.Answer;
import io.stipend.gateway.server.RequestHead;
import io.stipend.policy.PolicyEngine.ModelListing;
import java.util.ArrayList;
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

  private static final Dialect BEDROCK = new BedrockConverse();

  private static final List<Dialect> ALL =
      all(
          OPENAI_CHAT, //
          new OpenAiResponses(),
          new OpenAiInputTokens(),
          new OpenAiCompact(),
          ANTHROPIC_MESSAGES,
          new AnthropicCountTokens(),
          GEMINI,
          new GeminiCountTokens(),
          new GeminiEmbeddings(),
          new OpenAiEmbeddings(),
          new OpenAiCompletions(),
          new OpenAiModerations(),
          new OpenAiSpeech(),
          OpenAiTranscripts.transcriptions(),
          OpenAiTranscripts.translations(),
          OpenAiImages.generations(),
          OpenAiImages.edits(),
          OpenAiImages.variations());

  private static final Map<String, Dialect> BY_PATH = byPath(false);
  private static final Map<String, Dialect> BY_SHAPE = byPath(true);

  static final Set<String> MODELS_PATHS =
      Set.of("/v1/models", "/v1beta/models", "/v1alpha/models", Azure.MODELS);

  private static final String ANTHROPIC_VERSION = "anthropic-version";
  private static final String ANTHROPIC_PREFIX = "/v1/messages";

  private static final String ANTHROPIC_ON_VERTEX = "/publishers/anthropic/";

  private static final String GOOGLE_CLIENT = "x-goog-api-client";
  private static final List<String> GEMINI_PREFIXES = List.of("/v1beta/", "/v1alpha/");

  private Dialects() {}

  private static List<Dialect> all(Dialect... ofTheirVendors) {
    List<Dialect> all = new ArrayList<>(List.of(ofTheirVendors));
    all.addAll(Azure.all());
    all.addAll(Bedrock.all());
    all.addAll(Vertex.all());
    return List.copyOf(all);
  }

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

  /**
   * Whether calls of this dialect cost by what no row keeps: how much of them was sound or images,
   * and of which size and quality.
   */
  public static boolean costsByContent(String id) {
    return ALL.stream()
        .anyMatch(dialect -> dialect.id().equals(id) && dialect instanceof OpenAiMedia);
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
   * is one of Google's; Bedrock's under {@code /model/}; else OpenAI's.
   */
  public static Dialect speaking(RequestHead head) {
    String meant = Unserved.meant(head.path());
    Dialect served = at(meant == null ? head.path() : meant);
    if (served != null) {
      return served;
    }
    if (head.path().startsWith(Bedrock.MODELS)) {
      return BEDROCK;
    }
    if (Vertex.owns(head.path())) {
      return head.path().contains(ANTHROPIC_ON_VERTEX) ? ANTHROPIC_MESSAGES : GEMINI;
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
    return new ModelLists(form(head), exchangeId).all(models);
  }

  /** The model that GET on this path asks about; null if it asks about none. */
  public static @Nullable String modelAsked(String path) {
    for (String list : MODELS_PATHS) {
      if (path.startsWith(list + "/") && path.length() > list.length() + 1) {
        return path.substring(list.length() + 1);
      }
    }
    return null;
  }

  /** One model, in the form of the client's vendor; null if it is not among these. */
  public static @Nullable Answer model(
      List<ModelListing> models, String asked, RequestHead head, String exchangeId) {
    return new ModelLists(form(head), exchangeId).one(models, asked);
  }

  private static ModelLists.Form form(RequestHead head) {
    if (isAnthropic(head)) {
      return ModelLists.Form.ANTHROPIC;
    }
    return isGemini(head)
        ? ModelLists.Form.GEMINI
        : head.path().startsWith(Azure.MODELS) ? ModelLists.Form.AZURE : ModelLists.Form.OPENAI;
  }
}
