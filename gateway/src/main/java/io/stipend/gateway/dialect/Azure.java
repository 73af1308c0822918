package io.stipend.gateway.dialect;

import java.util.List;

/**
 * One of OpenAI's APIs as Azure serves it: under paths that name a deployment, which stands for the
 * model, and under others as OpenAI has them; by the header {@code api-key}.
 *
 * @param id the dialect's
 * @param paths where it is served
 */
record Azure(String id, List<String> paths) {
  static final String VENDOR = "azure";

  /** Whatever follows names a deployment. */
  static final String DEPLOYMENTS = "/openai/deployments/";

  private static final String V1 = "/openai/v1";

  /** Lists the deployments' models. */
  static final String MODELS = V1 + "/models";

  /** All that are served. */
  static List<Dialect> all() {
    return List.of(
        new OpenAiChat(everywhere("azure-chat", "/chat/completions")),
        new OpenAiResponses(new Azure("azure-responses", List.of(V1 + "/responses"))),
        new OpenAiEmbeddings(everywhere("azure-embeddings", "/embeddings")),
        new OpenAiCompletions(new Azure("azure-completions", List.of(deployed("/completions")))));
  }

  private static Azure everywhere(String id, String path) {
    return new Azure(id, List.of(V1 + path, deployed(path)));
  }

  private static String deployed(String path) {
    return DEPLOYMENTS + ModelPath.ANY + path;
  }
}
