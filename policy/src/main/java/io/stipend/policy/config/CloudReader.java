package io.stipend.policy.config;

import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads what only providers in a cloud have: the place of their endpoint, and their credentials.
 */
final class CloudReader {
  static final String BEDROCK = "bedrock";
  static final String VERTEX = "vertex";

  private static final String REGION = "region";
  private static final String KEY_ID = "access_key_id";
  private static final String SECRET = "secret_access_key";
  private static final String PROJECT = "project";
  private static final String LOCATION = "location";
  private static final String CREDENTIALS = "credentials";

  /** What may stand in a host name and in a path, and means nothing else there. */
  private static final Pattern WORD = Pattern.compile("[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?");

  private static final Pattern KEY_IDS = Pattern.compile("[A-Za-z0-9_]{8,128}");

  /** Multi-regions have a host of another form. */
  private static final Map<String, String> VERTEX_HOSTS =
      Map.of(
          "global", "aiplatform.googleapis.com",
          "us", "aiplatform.us.rep.googleapis.com",
          "eu", "aiplatform.eu.rep.googleapis.com");

  private final SecretReader secrets;
  private final Section section;
  private final @Nullable String dialect;
  private final @Nullable String region;
  private final @Nullable String project;
  private final @Nullable String location;
  private final @Nullable Value keyId;
  private final @Nullable Value secret;
  private final @Nullable Value session;
  private final @Nullable Value credentials;

  /**
   * Reads where it is; each key that its dialect does not know is told.
   *
   * @param dialect of the provider; null if it is not known
   */
  CloudReader(SecretReader secrets, Section section, @Nullable String dialect) {
    this.secrets = secrets;
    this.section = section;
    this.dialect = dialect;
    this.region = word(section.get("region"), BEDROCK);
    this.project = word(section.get("project"), VERTEX);
    this.location = word(section.get("location"), VERTEX);
    this.keyId = of(section.get("access_key_id"), BEDROCK);
    this.secret = of(section.get("secret_access_key"), BEDROCK);
    this.session = of(section.get("session_token"), BEDROCK);
    this.credentials = of(section.get("credentials"), VERTEX);
    if (BEDROCK.equals(dialect)) {
      section.require(REGION);
    } else if (VERTEX.equals(dialect)) {
      section.require(PROJECT);
      section.require(LOCATION);
      section.require(CREDENTIALS);
    }
  }

  private @Nullable Value of(@Nullable Value value, String owner) {
    if (value != null && dialect != null && !owner.equals(dialect)) {
      value.problem("is known to the dialect " + owner + " alone (expected: leave it out)");
      return null;
    }
    return value;
  }

  private @Nullable String word(@Nullable Value value, String owner) {
    String expected = "lower-case letters, digits and hyphens, at most 63";
    Value own = of(value, owner);
    String text = own == null ? null : own.text(expected);
    if (own != null && text != null && !WORD.matcher(text).matches()) {
      own.unexpected(text, expected);
      return null;
    }
    return text;
  }

  /** Whether the provider is in a cloud, whose address follows from its place. */
  boolean isCloud() {
    return BEDROCK.equals(dialect) || VERTEX.equals(dialect);
  }

  /** The address of its endpoint; null if that is not known. */
  @Nullable String address() {
    if (region != null) {
      String china = region.startsWith("cn-") ? ".cn" : "";
      return "https://bedrock-runtime." + region + ".amazonaws.com" + china;
    }
    return location == null
        ? null
        : "https://" + VERTEX_HOSTS.getOrDefault(location, location + "-aiplatform.googleapis.com");
  }

  /**
   * Its credentials.
   *
   * @param key the provider's fixed key, if it has one
   */
  @Nullable CloudAccess access(@Nullable Value key) {
    if (BEDROCK.equals(dialect)) {
      return aws(key);
    }
    if (VERTEX.equals(dialect) && key != null) {
      key.problem("is not taken by Vertex AI (expected: credentials, a file of a service account)");
    }
    ServiceAccount account =
        credentials == null ? null : new ServiceAccountReader(secrets).read(credentials);
    return project == null || location == null || account == null
        ? null
        : new CloudAccess.Google(project, location, account);
  }

  private @Nullable CloudAccess aws(@Nullable Value key) {
    boolean any = keyId != null || secret != null || session != null;
    if (key != null) {
      if (any) {
        key.problem("stands beside a key of AWS (expected: one of the two)");
      }
      return null;
    }
    if (!any) {
      String either = "key, or access_key_id and secret_access_key, must stand";
      section.problems().add(section.place(), section.path() + ": " + either);
      return null;
    }
    section.require(KEY_ID);
    section.require(SECRET);
    Secret id = secrets.readName(keyId);
    Secret signs = secrets.read(secret);
    Secret token = secrets.read(session);
    if (keyId != null && id != null && !KEY_IDS.matcher(id.reveal()).matches()) {
      keyId.problem("is no id of a key (expected: 8 to 128 letters, digits and underscores)");
      return null;
    }
    return region == null || id == null || signs == null || (session != null && token == null)
        ? null
        : new CloudAccess.Aws(region, id.reveal(), signs, token);
  }
}
