package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.dialect.RouteTable.Metering;
import io.stipend.gateway.dialect.Unserved.Named;
import io.stipend.policy.config.QuotaFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The page of routes holds what the code serves, and what is not served is refused by name. */
class RoutesTest {
  private static final Path DOCS = Path.of("..", "docs", "routes.md");

  @Test
  void thePageIsWrittenFromTheCode() throws IOException {
    if (Boolean.getBoolean("stipend.docs.write")) {
      Files.writeString(DOCS, RouteTable.markdown());
    }
    assertThat(RouteTable.markdown())
        .as("docs/routes.md is out of date; -Dstipend.docs.write=true writes it")
        .isEqualTo(Files.readString(DOCS));
  }

  @Test
  void everyDialectSaysHowItIsMetered() {
    for (Dialect dialect : Dialects.all()) {
      Metering metering = RouteTable.metering(dialect.id());
      assertThat(metering).as(dialect.id()).isNotNull();
      assertThat(metering.held()).isNotBlank();
      assertThat(metering.charged()).isNotBlank();
    }
  }

  @Test
  void theStatusOfARefusalCanBePinnedForAllThatHoldSomething(@TempDir Path folder)
      throws IOException {
    String page = Files.readString(Path.of("..", "docs", "configuration.md"));
    for (Dialect dialect : Dialects.all()) {
      if (RouteTable.metering(dialect.id()).held().equals("nothing")) {
        continue;
      }
      Path file = folder.resolve(dialect.id() + ".yaml");
      Files.writeString(
          file,
          """
          gateway: { refusals: { %s: 418 } }
          providers: { openai: { url: "http://127.0.0.1:1" } }
          allowances: { all: { amount: 1 USD, every: month } }
          people: { ada: { allowance: all } }
          """
              .formatted(dialect.id()));
      assertThat(QuotaFile.load(file, Map.of())).isInstanceOf(QuotaFile.Loaded.class);
      assertThat(page).contains("`" + dialect.id() + "`");
    }
  }

  @Test
  void noPathIsNamedTwiceAndEachReasonIsASentence() {
    List<String> paths = new ArrayList<>();
    for (Named named : Unserved.NAMED) {
      assertThat(named.why()).matches("[A-Z].+[a-z0-9A-Z]\\.");
      paths.addAll(named.paths());
    }
    assertThat(paths).doesNotHaveDuplicates();
    assertThat(paths).allMatch(path -> path.matches("[/:][A-Za-z0-9_/]+"));
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/batches, each call by itself",
    "/v1/batches/batch_1/cancel, each call by itself",
    "/v1/messages/batches, each call by itself",
    "/v1beta/models/gemini-2.5-pro:batchGenerateContent, each call by itself",
    "/v1/files/file-1/content, into the call",
    "/upload/v1beta/files, into the call",
    "/v1/fine_tuning/jobs, a key of its own",
    "/v1/threads/t_1/runs, use /v1/responses",
    "/v1/conversations/c_1/items, with each call",
    "/v1/chat/completions/chatcmpl-1/messages, keep the answer",
    "/v1/vector_stores/vs_1/search, size and day",
    "/v1/containers, by their time",
    "/v1/evals/e_1/runs, one by one",
    "/v1/videos/v_1/remix, A video",
    "/v1beta/models/veo-3:predictLongRunning, A video",
    "/v1/realtime/client_secrets, around the gateway",
    "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent, realtime",
    "/v1/skills, on the client",
    "/v1/chatkit/sessions, on the client",
    "/v1beta/models/imagen-4:predict, not metered here",
    "/v1/audio/voices, Voices stay",
    "/v1/organization/costs, administration",
    "/v1/organizations/api_keys, administration",
    "/v1/complete, use /v1/messages",
    "/v1beta/cachedContents/c1, A cache",
    "/v1beta/interactions, An interaction",
    "/api/chat, Ollama",
    "/model/anthropic.claude-v1/count-tokens, Bedrock",
    "/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-pro:computeTokens, Vertex",
    "/v1beta1/projects/p/locations/l/endpoints/openapi/chat/completions, Vertex",
    "/openai/deployments/d/chat/edits, Azure"
  })
  void whatSpendsOrKeepsSomethingIsRefusedByName(String path, String says) {
    assertThat(Dialects.at(path)).isNull();
    assertThat(Unserved.why("POST", path))
        .startsWith("No such route: POST " + path + ". ")
        .contains(says);
  }

  @ParameterizedTest
  @CsvSource({
    "/chat/completions, /v1/chat/completions, with /v1.",
    "/messages, /v1/messages, with /v1.",
    "/responses, /v1/responses, with /v1.",
    "/models/gemini-2.5-pro:generateContent, /v1/models/gemini-2.5-pro:generateContent, /v1.",
    "/v1/v1/messages, /v1/messages, begins with /v1 too much",
    "/v1/v1/messages/count_tokens, /v1/messages/count_tokens, begins with /v1 too much",
    "/v1beta/v1beta/models/g:countTokens, /v1beta/models/g:countTokens, with /v1beta too much",
    "/v1/v1beta/models/g:countTokens, /v1beta/models/g:countTokens, with /v1 too much",
    "/gateway/v1/chat/completions, /v1/chat/completions, begins with /gateway too much",
    "/models, /v1/models, with /v1.",
    "/v1/v1/models, /v1/models, begins with /v1 too much",
    "/v1/v1/models/gpt-5, /v1/models/gpt-5, begins with /v1 too much",
    "/v1/v1/responses/resp_1/cancel, /v1/responses/resp_1/cancel, begins with /v1 too much",
    "/v1/chat/completions/, /v1/chat/completions, ends with a slash",
    "/v1/messages/, /v1/messages, ends with a slash",
    "/V1/Chat/Completions, /v1/chat/completions, by case"
  })
  void aSlipInABaseUrlIsToldHowToMendIt(String path, String meant, String says) {
    assertThat(Dialects.at(path)).isNull();
    assertThat(Unserved.meant(path)).isEqualTo(meant);
    assertThat(Unserved.why("POST", path)).contains(says);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/v1",
        "/v1/",
        "/v2/chat/completions",
        "/fake/tally",
        "/v1/batcheses",
        "/apis"
      })
  void anythingElseIsNoRouteAndNothingMore(String path) {
    assertThat(Unserved.meant(path)).isNull();
    assertThat(Unserved.why("GET", path)).isEqualTo("No such route: GET " + path + ".");
  }

  @Test
  void whatIsServedMeansItselfAndALongPathNothing() {
    for (Dialect dialect : Dialects.all()) {
      for (String path : dialect.paths()) {
        assertThat(Unserved.meant(path.replace("*", "model"))).isNull();
      }
    }
    assertThat(Unserved.meant("/v1".repeat(3_000) + "/chat/completions")).isNull();
  }
}
