package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.stipend.gateway.dialect.Dialect.Edit;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.policy.ModelCall;
import io.stipend.policy.ModelCall.Generation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The shortening of a conversation: metered, never capped, and hidden from whoever reads it. */
class CompactTest {
  private static final Asking COMPACT = Asking.at("/v1/responses/compact");
  private static final String ASK = "{'model':'gpt-5','input':'a'}";

  @Test
  void nothingInTheBodyBoundsOrStreamsIt() {
    ModelCall call =
        COMPACT.call("{'model':'gpt-5','input':'a','max_output_tokens':20,'stream':true}");
    assertThat(call.dialect()).isEqualTo("openai-compact");
    assertThat(call.outputCap()).isEqualTo(-1);
    assertThat(call.stream()).isFalse();
    assertThat(call.metered()).isTrue();
    assertThat(call.hiddenReasoning()).isTrue();
    assertThat(call.generation()).isEqualTo(Generation.UNCAPPABLE);
    assertThat(Asking.at("/v1/responses").call(ASK).generation()).isEqualTo(Generation.USUAL);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'input':'a'} | model",
        "{'model':null,'input':'a'} | model",
        "{'model':'a','model':'b'} | model",
        "{'model':'a','Input':'b'} | Input",
        "{'model':'a','background':true} | background",
        "{'model':'a','tools':[{'type':'file_search'}]} | tools",
      })
  void aBodyThatCannotBeMeteredIsRefusedByName(String body, String param) {
    assertThat(COMPACT.refused(body).param()).isEqualTo(param);
  }

  /** Codex sends the tools of its conversation, and a compaction runs none. */
  @Test
  void aSearchThatItOffersIsNeitherHeldForNorBounded() {
    String body = "{'model':'gpt-5','input':'a','tools':[{'type':'web_search'}]}";
    assertThat(COMPACT.call(body).maxUnits()).isEqualTo(Units.NONE);
    assertThat(COMPACT.edited(body, new Edit(null, -1))).isEqualTo(body);
  }

  @Test
  void onlyItsModelIsEverSet() {
    assertThat(COMPACT.edited("{'input':'a','model':'x/m'}", new Edit("m", -1)))
        .isEqualTo("{'input':'a','model':'m'}");
    assertThat(COMPACT.edited(ASK, new Edit(null, -1))).isEqualTo(ASK);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        ",'usage':{'input_tokens':100,'output_tokens':50,'total_tokens':150} | 100 | 0 | 50 | 0",
        ",'usage':{'input_tokens':100,'input_tokens_details':{'cached_tokens':60},'output_tokens':5} | 40 | 60 | 5 | 0",
        ",'usage':{'input_tokens':9,'output_tokens':5,'output_tokens_details':{'reasoning_tokens':4}} | 9 | 0 | 5 | 4",
        ",'usage': { 'output_tokens' : 5 , 'input_tokens' : 9 } | 9 | 0 | 5 | 0",
        ",'usage':null | - | 0 | 0 | 0",
        ",'usage':{} | - | 0 | 0 | 0",
        ",'usage':[] | - | 0 | 0 | 0",
        ",'id2':7 | - | 0 | 0 | 0",
        ",'x':{'usage':{'input_tokens':1}} | - | 0 | 0 | 0",
        ",'x':'\\\\','usage':{'input_tokens':3,'output_tokens':4} | 3 | 0 | 4 | 0",
        ",'usage':{'input_tokens':3},'usage':{'input_tokens':8,'output_tokens':4} | 8 | 0 | 4 | 0",
        ",'us\\u0061ge':{'input_tokens':1},'usage':{'input_tokens':2,'output_tokens':2} | 2 | 0 | 2 | 0",
      })
  void anAnswerReadsTheSameHoweverItsBytesAreSplit(
      String fields, Long input, long cached, long output, long reasoning) {
    String answer =
        "{'id':'resp_1','object':'response.compaction','created_at':1790000000,'output':[{'id':"
            + "'cmp_1','type':'compaction','encrypted_content':'gAAB Grüße 世界 \\' {}'}]"
            + fields
            + "}\n";
    byte[] bytes = Asking.json(answer.replace("\\'", "\\\""));
    Reading whole = Reading.of(COMPACT.reader(ASK, false), bytes);
    if (input == null) {
      assertThat(whole.usage()).isNull();
    } else {
      assertThat(whole.usage().total())
          .isEqualTo(new TokenUsage(input, cached, 0, 0, output, reasoning));
      assertThat(whole.usage().absurd()).isFalse();
    }
    assertThat(whole.textBytes()).isZero();
    for (int cut = 0; cut <= bytes.length; cut++) {
      assertEquals(whole, Reading.of(COMPACT.reader(ASK, false), bytes, cut), "cut at " + cut);
    }
    assertThat(Reading.of(COMPACT.reader(ASK, false), bytes, Reading.everyByte(bytes.length)))
        .isEqualTo(whole);
  }
}
