package io.stipend.gateway.exchange;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.stipend.gateway.dialect.AnswerReader;
import io.stipend.gateway.dialect.Dialect;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.gateway.dialect.Dialects;
import io.stipend.gateway.route.Routing;
import io.stipend.gateway.server.RequestHead;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.price.Rating;
import io.stipend.metering.tokens.Learned;
import io.stipend.metering.tokens.TokenCounters;
import io.stipend.policy.Entitlement;
import io.stipend.policy.Permit;
import io.stipend.policy.PolicyEngine;
import io.stipend.policy.Principal;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Budgets;
import io.stipend.policy.config.Durability;
import io.stipend.policy.config.GatewayConfig;
import io.stipend.policy.config.HostPort;
import io.stipend.policy.config.ProviderConfig;
import io.stipend.policy.limit.Lease;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Executor;

/** What the steps of an exchange are made of, by hand. */
final class Parts {
  static final Instant NOW = Instant.parse("2026-11-23T10:00:00Z");
  static final String CHAT = "/v1/chat/completions";
  static final String MESSAGES = "/v1/messages";

  private Parts() {}

  static ByteBuf utf8(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
  }

  static RequestHead head(String path) {
    return new RequestHead(
        HttpMethod.POST,
        path,
        "",
        new DefaultHttpHeaders(),
        InetAddress.getLoopbackAddress(),
        true);
  }

  static Peeked peeked(String path, String body) {
    ByteBuf bytes = utf8(body);
    Dialect.Peek peek = Dialects.at(path).peek(head(path), bytes);
    bytes.release();
    return (Peeked) peek;
  }

  static AnswerReader reader(String path, Peeked peeked, boolean sse) {
    return Dialects.at(path).reader(peeked, sse, new Dialect.ReaderLimits(1 << 20, 64));
  }

  /** A reader that has read this. */
  static AnswerReader read(String path, Peeked peeked, boolean sse, String answer) {
    AnswerReader reader = reader(path, peeked, sse);
    reader.read(utf8(answer), ByteBuf::release);
    return reader;
  }

  static Permit permit(Rating rating, BudgetRule... rules) {
    return new Permit(
        new Principal("ada", false, null, null, null, "k1"),
        new ProviderConfig("p", URI.create("http://127.0.0.1:1"), null, "openai", List.of()),
        "m",
        rating,
        List.of(rules),
        Lease.NONE);
  }

  static Asked asked(String exchange, Permit permit, Peeked peeked) {
    Entitlement who = new Entitlement(permit.principal(), permit.budgets(), List.of());
    return new Asked(new AttemptId(exchange, 1), permit.model(), who, permit, peeked, "test", NOW);
  }

  static Services services(Budgets budgets, Executor counting, Durability durability) {
    return services(budgets, null, counting, durability);
  }

  static Services services(
      Budgets budgets, PolicyEngine policy, Executor counting, Durability durability) {
    GatewayConfig of =
        GatewayConfig.of(new HostPort("h", 0), new HostPort("h", 0), Path.of("data"));
    GatewayConfig config =
        new GatewayConfig(
            of.listen(),
            of.admin(),
            of.data(),
            durability,
            null,
            of.limits(),
            of.drain(),
            of.clientGone(),
            of.upstream(),
            of.retry(),
            0,
            of.refusals(),
            "");
    return new Services(
        () -> NOW,
        policy,
        null,
        budgets,
        null,
        new Routing(of.retry(), System::nanoTime),
        new Services.Tokens(new TokenCounters(), new Learned()),
        counting,
        () -> config,
        null,
        record -> {});
  }

  /** An event whose text is so many tokens, at three bytes each. */
  static String text(int tokens) {
    return "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
        + "abc".repeat(tokens)
        + "\"}}]}\n\n";
  }
}
