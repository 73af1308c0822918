package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.dialect.Dialect.Edit;
import io.stipend.metering.TokenUsage;
import io.stipend.policy.ModelCall;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests of legacy Completions, and answers in one piece. */
class CompletionsTest {
  private static final Asking COMPLETIONS = Asking.at("/v1/completions");

  @Test
  void completionsSayWhatTheyAsk() {
    String body =
        "{'model':'gpt-3.5-turbo-instruct','prompt':['Grüße','b'],'max_tokens':50,'n':3,'stream':true,"
            + "'stream_options':{'include_usage':false},'echo':true,'suffix':'s','logprobs':5,"
            + "'best_of':3,'user':'ada','service_tier':'flex'}";
    int bytes = body.getBytes(StandardCharsets.UTF_8).length;
    assertThat(COMPLETIONS.call(body))
        .isEqualTo(
            new ModelCall(
                "openai-completions",
                "openai",
                "gpt-3.5-turbo-instruct",
                50,
                6,
                true,
                "flex",
                bytes,
                0,
                0,
                false,
                true));
  }

  @Test
  void theCapThatIsNotSaidIsSixteen() {
    assertThat(COMPLETIONS.call("{'model':'c','prompt':'a'}").outputCap()).isEqualTo(16);
    assertThat(COMPLETIONS.call("{'model':'c','max_tokens':null}").outputCap()).isEqualTo(16);
    assertThat(COMPLETIONS.call("{'model':'c','max_tokens':1}").outputCap()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'model':'c','prompt':'a'} | 1 | false",
        "{'model':'c','prompt':'a','n':null,'best_of':null} | 1 | false",
        "{'model':'c','prompt':'a','n':4} | 4 | false",
        "{'model':'c','prompt':'a','n':4,'best_of':4} | 4 | false",
        "{'model':'c','prompt':'a','n':2,'best_of':20} | 20 | true",
        "{'best_of':5,'model':'c','prompt':['a','b','c']} | 15 | true",
        "{'model':'c','n':2,'prompt':[[1,2],[3]]} | 4 | false",
        "{'model':'c','n':128,'prompt':[1,2,3]} | 128 | false",
        "{'model':'c','n':3,'best_of':2,'prompt':'a'} | 3 | false",
        "{'model':'c','n':2} | 2 | false",
        "{'model':'c','n':2,'prompt':[]} | 2 | false",
      })
  void everyCandidateOfEveryPromptIsGenerated(String body, int choices, boolean hidden) {
    ModelCall call = COMPLETIONS.call(body);
    assertThat(call.choices()).isEqualTo(choices);
    assertThat(call.hiddenReasoning()).as("more than is sent").isEqualTo(hidden);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'prompt':'a'} | model",
        "{'model':'c','model':'d'} | model",
        "{'model':'c','max_tokens':1,'max_tok\\u0065ns':2} | max_tokens",
        "{'model':'c','MAX_TOKENS':2} | MAX_TOKENS",
        "{'model':'c','Best_of':2} | Best_of",
        "{'model':'c','Prompt':'a'} | Prompt",
        "{'model':'c','echo':1} | echo",
        "{'model':'c','stream':'true'} | stream",
        "{'model':'c','stream_options':{'include_usage':true,'include_usage':false}} | stream_options.include_usage",
        "{'model':'c','stream_options':[]} | stream_options",
        "{'model':'c','n_predict':9000,'max_tokens':1} | n_predict",
        "{'model':'c','n':0} | n",
        "{'model':'c','n':129} | n",
        "{'model':'c','best_of':0} | best_of",
        "{'model':'c','best_of':129} | best_of",
        "{'model':'c','best_of':9223372036854775808} | best_of",
      })
  void aFieldThatTwoReadersCouldReadDifferentlyIsNamed(String body, String param) {
    assertThat(COMPLETIONS.refused(body).param()).isEqualTo(param);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "1e3", "1.5", "'12'", "true", "1000000001"})
  void aCapIsAPositiveInteger(String cap) {
    // Some services take 0 for no bound at all.
    assertThat(COMPLETIONS.refused("{'model':'c','max_tokens':" + cap + "}").param())
        .isEqualTo("max_tokens");
  }

  @Test
  void choicesOverAllPromptsAreBounded() {
    String prompts = "{'model':'c','prompt':[" + "'a',".repeat(15) + "'a'],'%s':%d}";
    assertThat(COMPLETIONS.call(prompts.formatted("n", 128)).choices()).isEqualTo(2_048);
    String more = "{'model':'c','prompt':[" + "'a',".repeat(16) + "'a'],'%s':128}";
    assertThat(COMPLETIONS.refused(more.formatted("n")).param()).isEqualTo("n");
    assertThat(COMPLETIONS.refused(more.formatted("best_of")).param()).isEqualTo("best_of");
    assertThat(COMPLETIONS.refused(more.formatted("best_of")).message()).contains("2176", "2048");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "{'model':'c','prompt':'a'} | - | -1 | {'max_tokens':16,'model':'c','prompt':'a'}",
        "{'model':'c','prompt':'a'} | d | 9 | {'max_tokens':9,'model':'d','prompt':'a'}",
        "{'model':'c','prompt':'a'} | - | 900 | {'max_tokens':16,'model':'c','prompt':'a'}",
        "{'model':'c','max_tokens' : null} | - | -1 | {'model':'c','max_tokens' : 16}",
        "{'model':'c','max_tokens':50} | - | -1 | {'model':'c','max_tokens':50}",
        "{'model':'c','max_tokens':50} | - | 9 | {'model':'c','max_tokens':9}",
        "{'model':'c','max_tokens':5} | - | 9 | {'model':'c','max_tokens':5}",
        "{'max_tokens':5,'model':'c','stream':false} | - | -1 | {'max_tokens':5,'model':'c','stream':false}",
        "{'max_tokens':5,'model':'c','stream':true} | - | -1 | {'stream_options':{'include_usage':true},'max_tokens':5,'model':'c','stream':true}",
        "{'model':'c','stream':true} | - | -1 | {'max_tokens':16,'stream_options':{'include_usage':true},'model':'c','stream':true}",
        "{'max_tokens':5,'model':'c','stream':true,'stream_options':null} | - | -1 | {'max_tokens':5,'model':'c','stream':true,'stream_options':{'include_usage':true}}",
        "{'max_tokens':5,'model':'c','stream':true,'stream_options':{'include_usage':false}} | - | -1 | {'max_tokens':5,'model':'c','stream':true,'stream_options':{'include_usage':true}}",
        "{'max_tokens':5,'model':'c','stream':true,'stream_options':{'include_usage':true}} | - | -1 | {'max_tokens':5,'model':'c','stream':true,'stream_options':{'include_usage':true}}",
      })
  void onlyWhatPolicySetsIsEdited(String body, String model, long cap, String expected) {
    assertThat(COMPLETIONS.edited(body, new Edit(model, cap))).isEqualTo(expected);
  }

  @Test
  void aWholeAnswerReportsItsUsage() {
    String answer =
        "{'id':'cmpl-1','object':'text_completion','created':1,'model':'c-0914','choices':["
            + "{'text':'Hello','index':0,'logprobs':{'tokens':['Hello'],'top_logprobs':[{'text':-1.0}]},"
            + "'finish_reason':'stop'}],'usage':{'prompt_tokens':5,'completion_tokens':7,'total_tokens':12}}";
    Reading read = Reading.of(COMPLETIONS.reader("{'model':'c'}", false), Asking.json(answer));
    assertThat(read.usage().total()).isEqualTo(TokenUsage.of(5, 7));
    assertThat(read.usage().absurd()).isFalse();
    assertThat(read.model()).isEqualTo("c-0914");
    assertThat(read.textBytes()).isEqualTo(5);
    String silent = answer.replaceFirst(",'usage':.*", "}");
    assertThat(Reading.of(COMPLETIONS.reader("{'model':'c'}", false), Asking.json(silent)).usage())
        .isNull();
  }
}
