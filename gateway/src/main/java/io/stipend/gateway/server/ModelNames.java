package io.stipend.gateway.server;

/**
 * The one escape that a path may hold: the colon in the name of a model of Bedrock, which the SDKs
 * of AWS write as {@code %3A} and others as it is. Both are the same name, and from here on it is
 * written with the colon. No other path has it, and none is undone twice.
 */
final class ModelNames {
  private static final String MODELS = "/model/";
  private static final String COLON = "%3A";
  private static final String SLASH = "%2F";

  private ModelNames() {}

  /** The path without that escape. */
  static String plain(String path) {
    return path.startsWith(MODELS) ? path.replace(COLON, ":") : path;
  }

  /** What stands for a path that names a model in a way that is not served: whose it is. */
  static String above(String path) {
    return path.startsWith(MODELS) ? MODELS : "/";
  }

  /** Whether a path names its model by an ARN, which has slashes. */
  static boolean isArn(String path) {
    return path.startsWith(MODELS) && path.contains(SLASH);
  }
}
