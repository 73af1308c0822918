package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.policy.ModelCall;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.StringJoiner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The four shapes of what Embeddings call input and Completions prompt. */
class PromptsTest {
  private static final Asking EMBEDDINGS = Asking.at("/v1/embeddings");
  private static final Asking COMPLETIONS = Asking.at("/v1/completions");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // value | token ids | bytes of them | prompts
        "'hello' | 0 | 0 | 1",
        "'' | 0 | 0 | 1",
        "null | 0 | 0 | 1",
        "[] | 0 | 0 | 1",
        "['a','b','[1,2]'] | 0 | 0 | 3",
        "[ 'Grüße' , '世界 🌍' ] | 0 | 0 | 2",
        "[1212,318,257] | 3 | 12 | 1",
        "[ 1 , 2 ] | 2 | 7 | 1",
        "[[1,2],[3]] | 3 | 4 | 2",
        "[[1,2],[],[ 30 ]] | 3 | 7 | 3",
        "[[]] | 0 | 0 | 1",
      })
  void idsAreOneTokenEachAndTextCountsByItsBytes(
      String value, long ids, long idBytes, int prompts) {
    String embeddings = "{'model':'e','input':" + value + ",'user':'ada'}";
    ModelCall embedded = EMBEDDINGS.call(embeddings);
    assertThat(embedded.mediaTokens()).isEqualTo(ids);
    assertThat(embedded.textBytes()).isEqualTo(bytes(embeddings) - idBytes);
    assertThat(embedded.choices()).isEqualTo(1);

    String completions = "{'prompt':" + value + ",'model':'c'}";
    ModelCall completed = COMPLETIONS.call(completions);
    assertThat(completed.mediaTokens()).isEqualTo(ids);
    assertThat(completed.textBytes()).isEqualTo(bytes(completions) - idBytes);
    assertThat(completed.choices()).isEqualTo(prompts);
  }

  private static long bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "7",
        "1.5",
        "true",
        "{}",
        "{'text':'a'}",
        "['a',5]",
        "[5,'a']",
        "[5,[6]]",
        "['a',['b']]",
        "[[1],'a']",
        "[['a']]",
        "[[[1]]]",
        "[1.5]",
        "[1,2.5]",
        "[[1.5]]",
        "[null]",
        "[1,null]",
        "[true]",
        "[{}]",
        "['a',{}]",
        "[[1],null]",
      })
  void noOtherShapeIsTakenForNobodySaysWhatItCosts(String value) {
    assertThat(EMBEDDINGS.refused("{'model':'e','input':" + value + "}").param())
        .isEqualTo("input");
    assertThat(COMPLETIONS.refused("{'model':'c','prompt':" + value + "}").param())
        .isEqualTo("prompt");
  }

  @Test
  void aBrokenListIsNoJson() {
    for (String broken : new String[] {"[1,2", "[[1,2", "[[1]", "['a'", "['a", "[1,]", "[-]"}) {
      assertThat(EMBEDDINGS.refused("{'model':'e','input':" + broken).message())
          .startsWith("body: ");
    }
  }

  /** Against a count made while the list was written. */
  @Test
  void anyListOfIdsIsCountedToTheLastOne() {
    for (long seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      long ids = 0;
      StringJoiner lists = new StringJoiner(",", "[", "]");
      for (int list = random.nextInt(20); list >= 0; list--) {
        StringJoiner one = new StringJoiner(" , ", "[", " ]");
        for (int id = random.nextInt(50); id > 0; id--) {
          one.add(Integer.toString(random.nextInt(200_000)));
          ids++;
        }
        lists.add(one.toString());
      }
      ModelCall call = EMBEDDINGS.call("{'input':" + lists + ",'model':'e'}");
      assertThat(call.mediaTokens()).as("seed %d", seed).isEqualTo(ids);
      assertThat(call.textBytes()).as("seed %d", seed).isLessThan(200);
    }
  }

  @Test
  void aLargeInputOfEmbeddingsHasNoMostPrompts() {
    ModelCall call = EMBEDDINGS.call("{'model':'e','input':[" + "'a',".repeat(9_999) + "'a']}");
    assertThat(call.textBytes()).isGreaterThan(30_000);
    assertThat(COMPLETIONS.refused("{'model':'c','prompt':[" + "'a',".repeat(2_048) + "'a']}"))
        .satisfies(refusal -> assertThat(refusal.message()).contains("at most 2048"));
  }
}
