package io.stipend.policy.store;

import io.stipend.metering.Suggestion;
import io.stipend.metering.price.Rating;
import io.stipend.policy.Decision;
import io.stipend.policy.Entitlement;
import io.stipend.policy.Introduction;
import io.stipend.policy.ModelCall;
import io.stipend.policy.ModelCall.Generation;
import io.stipend.policy.Permit;
import io.stipend.policy.PolicyEngine;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import io.stipend.policy.config.LimitRule;
import io.stipend.policy.config.ModelCatalog;
import io.stipend.policy.config.ModelRules;
import io.stipend.policy.config.PrincipalConfig;
import io.stipend.policy.config.ProviderConfig;
import io.stipend.policy.limit.RequestLimits;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The policy engine over the snapshot that a {@link PolicyStore} holds. */
public final class SnapshotPolicy implements PolicyEngine {
  /** Bytes of text that are at least one token, for the token rate; put right at the end. */
  private static final long BYTES_PER_TOKEN = 3;

  /** Output that is expected before anything is known, for the token rate. */
  private static final long EXPECTED_OUTPUT = 1_024;

  /** Bound of what one exchange can take from a token rate; above any context window. */
  private static final long MAX_TOKENS = 1_000_000_000L;

  /** How much of a model's name a message repeats. */
  private static final int MAX_SHOWN = 100;

  private static final Refusal NO_BACKGROUND =
      Refusal.ofField(
          "background",
          "background: such an answer is generated after the request has ended, which is not"
              + " allowed here (expected: false; stream the answer instead)");

  private final @Nullable PolicyStore store;
  private final Supplier<PolicySnapshot> inForce;
  private final RequestLimits limits;
  private final Freezes freezes;

  /** An engine over this store, these limits and those who are frozen. */
  public SnapshotPolicy(PolicyStore store, RequestLimits limits, Freezes freezes) {
    this(store, store::snapshot, limits, freezes);
  }

  private SnapshotPolicy(
      @Nullable PolicyStore store,
      Supplier<PolicySnapshot> inForce,
      RequestLimits limits,
      Freezes freezes) {
    this.store = store;
    this.inForce = inForce;
    this.limits = limits;
    this.freezes = freezes;
  }

  /**
   * An engine that knows one quota file alone, for asking what it would decide: it authenticates
   * nobody, and nobody is frozen.
   */
  public static SnapshotPolicy of(PolicySnapshot snapshot) {
    return new SnapshotPolicy(
        null, () -> snapshot, new RequestLimits(System::nanoTime), new Freezes());
  }

  @Override
  public String fingerprint(@Nullable String credential) {
    return store == null ? "" : store.fingerprint(credential);
  }

  @Override
  public @Nullable Entitlement entitlement(String fingerprint, Instant now) {
    return store == null ? null : store.entitlement(fingerprint, now);
  }

  @Override
  public @Nullable CompletableFuture<Introduction> introduce(String credential, Instant now) {
    return store == null ? null : store.introduce(credential, now);
  }

  @Override
  public Decision decide(Entitlement entitlement, ModelCall call, Instant now) {
    PolicySnapshot snapshot = inForce.get();
    List<ModelRules> rules = snapshot.modelRules(entitlement.principal().id());
    if (rules == null) {
      return Refusal.of(
          RefusalReason.BAD_CREDENTIAL, "The owner of this key is no longer entitled to anything.");
    }
    Refusal absent = absent(snapshot, entitlement, now);
    if (absent != null) {
      return absent;
    }
    if (call.generation() == Generation.BACKGROUND && snapshot.file().background() == 0) {
      return NO_BACKGROUND;
    }
    if (freezes.isFrozen(entitlement.principal())) {
      return frozen(entitlement);
    }
    ModelCatalog.Resolved resolved =
        call.metered()
            ? snapshot.catalog().resolve(call.model(), now)
            : snapshot.catalog().resolveFree(call.model(), now);
    String model = resolved.model();
    boolean served = false;
    for (ProviderConfig provider : resolved.servedBy()) {
      boolean speaks = provider.dialect().equals(call.vendor());
      served |= speaks;
      if (speaks && Routes.allowed(rules, provider, model)) {
        Rating priced = snapshot.catalog().rating(provider, model, now);
        Rating rating = priced == null && !call.metered() ? NoPrice.NEEDED : priced;
        String unpriced =
            rating == null
                ? "The model " + shown(call.model()) + " has no price here, so it cannot be used"
                : UnpricedUse.of(call, rating, entitlement.budgets(), shown(call.model()));
        if (rating == null || unpriced != null) {
          return model(RefusalReason.UNPRICED_MODEL, String.valueOf(unpriced));
        }
        Refusal untold = UnpricedUse.untold(call, rating);
        if (untold != null) {
          return untold;
        }
        Decision decision = limited(entitlement, call, provider, model, rating, now);
        return decision instanceof Permit permit
            ? new Routes(snapshot, rules, call, now).of(permit, resolved)
            : decision;
      }
    }
    return served
        ? model(
            RefusalReason.MODEL_NOT_ALLOWED,
            "The model " + shown(call.model()) + " is not among those that you may use")
        : unknown(entitlement, call, resolved, now);
  }

  @Override
  public @Nullable Permit instead(
      Entitlement entitlement, ModelCall call, Permit had, String model, Instant now) {
    PolicySnapshot snapshot = inForce.get();
    List<ModelRules> rules = snapshot.modelRules(entitlement.principal().id());
    if (rules == null) {
      return null;
    }
    ModelCatalog.Resolved resolved = snapshot.catalog().resolveTarget(model, now);
    for (ProviderConfig provider : resolved.servedBy()) {
      if (provider.dialect().equals(call.vendor())
          && call.suits(had.model(), resolved.model())
          && Routes.allowed(rules, provider, resolved.model())) {
        Rating rating = snapshot.catalog().rating(provider, resolved.model(), now);
        if (rating == null
            || UnpricedUse.of(call, rating, had.budgets(), model) != null
            || UnpricedUse.untold(call, rating) != null) {
          return null;
        }
        Permit other =
            new Permit(
                had.principal(),
                provider,
                resolved.model(),
                rating,
                had.budgets(),
                had.lease(),
                had.most());
        return new Routes(snapshot, rules, call, now).of(other, resolved);
      }
    }
    return null;
  }

  /** Who has not come yet, or has gone, is told the day; null for all others. */
  private static @Nullable Refusal absent(
      PolicySnapshot snapshot, Entitlement entitlement, Instant now) {
    PrincipalConfig config = snapshot.file().principal(entitlement.principal().id());
    PrincipalConfig.Absence absence = config == null ? null : config.absence(now);
    return absence == null
        ? null
        : Refusal.of(
            RefusalReason.BAD_CREDENTIAL,
            "The owner of this key is entitled "
                + (absence.before() ? "from " : "until ")
                + absence.day()
                + (absence.before() ? " on." : " only."));
  }

  /** Why is between the person and whoever did it: a message ends up in logs of tools. */
  private Refusal frozen(Entitlement entitlement) {
    String contact = inForce.get().file().gateway().contact();
    return Refusal.of(
        RefusalReason.FROZEN,
        "The allowance of "
            + entitlement.principal().scope()
            + " is frozen: nothing can be used until it is unfrozen."
            + (contact.isEmpty() ? "" : " " + contact + "."));
  }

  private Decision limited(
      Entitlement entitlement,
      ModelCall call,
      ProviderConfig provider,
      String model,
      Rating rating,
      Instant now) {
    List<LimitRule> rules = new ArrayList<>(entitlement.limits().size());
    for (LimitRule rule : entitlement.limits()) {
      if (rule.covers(provider.name(), model)) {
        rules.add(rule);
      }
    }
    RequestLimits.Result result = limits.take(rules, tokens(call), now);
    if (result instanceof RequestLimits.Limited limited) {
      return refusal(limited);
    }
    RequestLimits.Taken taken = (RequestLimits.Taken) result;
    return new Permit(
        entitlement.principal(),
        provider,
        model,
        rating,
        entitlement.budgets(),
        taken.lease(),
        call.generation() == Generation.BACKGROUND
            ? inForce.get().file().background()
            : Long.MAX_VALUE);
  }

  private static long tokens(ModelCall call) {
    if (!call.metered()) {
      return 0;
    }
    long output =
        call.outputCap() < 0 ? EXPECTED_OUTPUT : Math.min(EXPECTED_OUTPUT, call.outputCap());
    long input = call.textBytes() / BYTES_PER_TOKEN + call.mediaTokens();
    return Math.min(MAX_TOKENS, input + output * call.choices());
  }

  private Refusal unknown(
      Entitlement entitlement, ModelCall call, ModelCatalog.Resolved resolved, Instant now) {
    StringBuilder text = new StringBuilder("The model ").append(shown(call.model()));
    if (!resolved.servedBy().isEmpty()) {
      ProviderConfig other = resolved.servedBy().get(0);
      text.append(" is served by ").append(other.name()).append(", which speaks another API: ");
      text.append(other.dialect());
    } else {
      text.append(" does not exist here");
      List<String> known =
          models(entitlement, now).stream()
              .filter(listing -> listing.vendor().equals(call.vendor()))
              .map(ModelListing::id)
              .toList();
      String nearest = Suggestion.nearest(call.model(), known);
      if (nearest != null) {
        text.append("; did you mean ").append(nearest).append("?");
      }
    }
    return model(RefusalReason.UNKNOWN_MODEL, text.toString());
  }

  private Refusal model(RefusalReason reason, String text) {
    String contact = inForce.get().file().gateway().contact();
    String end = text.endsWith("?") ? " " : ". ";
    return new Refusal(
        reason,
        contact.isEmpty() ? (text + end).strip() : text + end + contact + ".",
        "model",
        null,
        null);
  }

  private static Refusal refusal(RequestLimits.Limited limited) {
    String limit = String.valueOf(limited.limit());
    String again = "; try again in " + limited.retryAfter().toSeconds() + " s.";
    return switch (limited.kind()) {
      case REQUESTS ->
          limited(
              RefusalReason.REQUEST_RATE,
              limited,
              limited.scope() + " may send " + limit + " requests per minute" + again);
      case TOKENS ->
          limited(
              RefusalReason.TOKEN_RATE,
              limited,
              limited.scope()
                  + " may use "
                  + limit
                  + " tokens per minute, and this request may need "
                  + limited.asked()
                  + (limited.asked() > limited.limit() ? ": it must be smaller." : again));
      case CONCURRENT ->
          limited(
              RefusalReason.CONCURRENCY,
              limited,
              limited.scope() + " may have " + limit + " requests under way at once" + again);
    };
  }

  private static Refusal limited(
      RefusalReason reason, RequestLimits.Limited limited, String message) {
    return new Refusal(reason, message, null, null, limited.retryAfter(), limited.rates());
  }

  private static String shown(String model) {
    String clean = model.replaceAll("\\p{Cntrl}", "?");
    return "`" + (clean.length() > MAX_SHOWN ? clean.substring(0, MAX_SHOWN) + "…" : clean) + "`";
  }

  @Override
  public List<ModelListing> models(Entitlement entitlement, Instant now) {
    PolicySnapshot snapshot = inForce.get();
    List<ModelRules> rules = snapshot.modelRules(entitlement.principal().id());
    if (rules == null
        || absent(snapshot, entitlement, now) != null
        || freezes.isFrozen(entitlement.principal())) {
      return List.of();
    }
    Map<String, ModelListing> listings = new LinkedHashMap<>();
    for (ProviderConfig provider : snapshot.catalog().providers()) {
      for (String name : snapshot.catalog().priced(provider, now)) {
        if (Routes.allowed(rules, provider, name)) {
          list(listings, name, provider);
        }
      }
    }
    Map<String, ModelListing> aliases = new LinkedHashMap<>();
    for (String alias : snapshot.file().aliases().keySet()) {
      ModelCatalog.Resolved resolved = snapshot.catalog().resolve(alias, now);
      for (ProviderConfig provider : resolved.servedBy()) {
        if (Routes.allowed(rules, provider, resolved.model())
            && snapshot.catalog().rating(provider, resolved.model(), now) != null) {
          list(aliases, alias, provider);
        }
      }
    }
    listings.putAll(aliases);
    List<ModelListing> sorted = new ArrayList<>(listings.values());
    sorted.sort(Comparator.comparing(ModelListing::id));
    return sorted;
  }

  /** Once for each vendor: the paths of one do not reach the models of another. */
  private static void list(
      Map<String, ModelListing> listings, String name, ProviderConfig provider) {
    listings.putIfAbsent(
        provider.dialect() + "/" + name,
        new ModelListing(name, provider.name(), provider.dialect()));
  }
}
