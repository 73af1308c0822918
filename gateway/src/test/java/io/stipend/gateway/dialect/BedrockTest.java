package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.stipend.gateway.dialect.AnswerReader.BadAnswerException;
import io.stipend.gateway.dialect.Dialect.Edit;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.gateway.dialect.Dialect.ReaderLimits;
import io.stipend.gateway.dialect.Dialect.Unreadable;
import io.stipend.gateway.server.RequestHead;
import io.stipend.metering.TokenUsage;
import io.stipend.policy.ModelCall;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What requests of Bedrock ask, what is refused of them, and how its frames are read. */
class BedrockTest {
  private static final String NAME = "eu.anthropic.claude-haiku-4-5-20251001-v1:0";
  private static final String CONVERSE = "/model/" + NAME + "/converse";
  private static final String STREAM = CONVERSE + "-stream";
  private static final String INVOKE = "/model/" + NAME + "/invoke";
  private static final ReaderLimits LIMITS = new ReaderLimits(1 << 20, 64);

  private static Dialect.Peek peek(String path, String body, String... headers) {
    RequestHead head = Heads.post(path, headers);
    return Dialects.at(path).peek(head, Heads.utf8(body.replace('\'', '"')));
  }

  private static ModelCall call(String path, String body) {
    Dialect.Peek peek = peek(path, body);
    assertThat(peek).as(() -> String.valueOf(peek)).isInstanceOf(Peeked.class);
    return ((Peeked) peek).call();
  }

  @Test
  void thePathNamesTheModelAndWhetherItStreams() {
    ModelCall converse = call(CONVERSE, "{'messages':[],'inferenceConfig':{'maxTokens':70}}");
    assertThat(converse.model()).isEqualTo(NAME);
    assertThat(converse.vendor()).isEqualTo("bedrock");
    assertThat(converse.outputCap()).isEqualTo(70);
    assertThat(converse.stream()).isFalse();
    assertThat(call(STREAM, "{}").stream()).isTrue();
    assertThat(call(STREAM, "{}").outputCap()).isEqualTo(-1);
    String invoke = "{'anthropic_version':'bedrock-2023-05-31','max_tokens':9,'messages':[]}";
    assertThat(call(INVOKE, invoke).stream()).isFalse();
    assertThat(call(INVOKE + "-with-response-stream", invoke).stream()).isTrue();
    assertThat(call(INVOKE, invoke).outputCap()).isEqualTo(9);
    ModelCall thinks =
        call(
            CONVERSE,
            "{'additionalModelRequestFields':{'thinking':{'type':'enabled','budget_tokens':2000}}}");
    assertThat(thinks.hiddenReasoning()).isTrue();
    assertThat(thinks.thinkingBudget()).isEqualTo(2_000);
  }

  @Test
  void imagesAndDocumentsAreEstimatedAndTheirDataIsNoText() {
    String image = "{'image':{'format':'png','source':{'bytes':'" + "A".repeat(9_000) + "'}}}";
    String elsewhere = "{'document':{'name':'a','source':{'s3Location':{'uri':'s3://a'}}}}";
    String tool = "{'toolUse':{'name':'image','input':{'image':{'source':{'bytes':'AA'}}}}}";
    String body = "{'messages':[{'role':'user','content':[%s]}]}";
    ModelCall call = call(CONVERSE, body.formatted(image));
    assertThat(call.mediaTokens()).isEqualTo(Media.IMAGE_TOKENS);
    assertThat(call.textBytes()).isLessThan(200);
    assertThat(call(CONVERSE, body.formatted(elsewhere)).mediaTokens())
        .isEqualTo(Media.UNSEEN_DOCUMENT_TOKENS);
    assertThat(call(CONVERSE, body.formatted(tool)).mediaTokens()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'inferenceConfig':{'maxTokens':0}} | inferenceConfig.maxTokens: 0",
        "{'inferenceConfig':{'maxTokens':1,'maxTokens':2}} | stands twice",
        "{'inferenceConfig':{'maxtokens':1}} | inferenceConfig.maxTokens",
        "{'inferenceconfig':{}} | is not a field",
        "{'inferenceConfig':[]} | inferenceConfig: a list",
        "{'additionalModelRequestFields':{'max_tokens':9}} | may raise the output past its cap",
        "{'additionalModelRequestFields':{'n':9}} | may raise the output past its cap",
        "{'guardrailConfig':{'guardrailIdentifier':'a'}} | guardrailConfig: guardrails cost",
        "{'serviceTier':{'type':'priority'}} | serviceTier.type: priority",
        "{'performanceConfig':{'latency':'optimized'}} | performanceConfig.latency: optimized",
        "{'toolConfig':{'tools':[{'systemTool':{'name':'nova_grounding'}}]}} | systemTool runs at",
        "{'messages':[{'content':[{'video':{'format':'mp4'}}]}]} | video: it cannot be metered",
        "[] | body: no object"
      })
  void whatConverseCannotMeterIsRefusedByName(String body, String says) {
    assertThat(refused(CONVERSE, body)).contains(says);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'max_gen_len':9,'prompt':'a'} | bodies of other models than Anthropic's",
        "{'max_tokens':9,'messages':[]} | bodies of other models than Anthropic's",
        "{'anthropic_version':'b','max_tokens':9,'model':'x'} | none beside the model of the path",
        "{'anthropic_version':'b','max_tokens':9,'stream':true} | stream: true",
        "{'anthropic_version':'b','messages':[]} | max_tokens: missing",
        "{'anthropic_version':'b','max_tokens':9,'amazon-bedrock-guardrailConfig':{}} | guardrails"
      })
  void whatInvokeCannotMeterIsRefusedByName(String body, String says) {
    assertThat(refused(INVOKE, body)).contains(says);
  }

  private static String refused(String path, String body, String... headers) {
    Dialect.Peek peek = peek(path, body, headers);
    assertThat(peek).isInstanceOf(Unreadable.class);
    return ((Unreadable) peek).refusal().message();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "X-Amzn-Bedrock-GuardrailIdentifier",
        "x-amzn-bedrock-service-tier",
        "x-amzn-bedrock-performanceconfig-latency"
      })
  void headersThatHaveAPriceAreRefused(String name) {
    assertThat(refused(CONVERSE, "{}", name, "a")).contains("not metered here");
    assertThat(peek(CONVERSE, "{}", "X-Amzn-Bedrock-Accept", "*/*")).isInstanceOf(Peeked.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | {'inferenceConfig':{'maxTokens':50}}",
        "{ 'a':1} | {'inferenceConfig':{'maxTokens':50}, 'a':1}",
        "{'inferenceConfig':null} | {'inferenceConfig':{'maxTokens':50}}",
        "{'inferenceConfig':{}} | {'inferenceConfig':{'maxTokens':50}}",
        "{'inferenceConfig':{'topP':1}} | {'inferenceConfig':{'maxTokens':50,'topP':1}}",
        "{'inferenceConfig':{'maxTokens':null}} | {'inferenceConfig':{'maxTokens':50}}",
        "{'inferenceConfig':{'maxTokens':900,'topP':1}} | {'inferenceConfig':{'maxTokens':50,'topP':1}}",
        "{'inferenceConfig':{'maxTokens':20}} | {'inferenceConfig':{'maxTokens':20}}"
      })
  void theCapIsSetWhereItStands(String body, String edited) {
    Dialect dialect = Dialects.at(CONVERSE);
    Peeked peeked = (Peeked) peek(CONVERSE, body);
    ByteBuf made = dialect.edit(Heads.utf8(body.replace('\'', '"')), peeked, new Edit(null, 50));
    assertThat(Heads.text(made)).isEqualTo(edited.replace('\'', '"'));
  }

  @Test
  void theModelGoesOnAsTheSdksOfAwsWriteIt() {
    Dialect dialect = Dialects.at(CONVERSE);
    RequestHead head = Heads.post(CONVERSE);
    assertThat(dialect.target(head, new Edit(null, -1)))
        .isEqualTo("/model/eu.anthropic.claude-haiku-4-5-20251001-v1%3A0/converse");
    assertThat(dialect.target(head, new Edit("arn:aws:bedrock:eu:1:x/y", -1)))
        .isEqualTo("/model/arn%3Aaws%3Abedrock%3Aeu%3A1%3Ax%2Fy/converse");
  }

  private static byte[] stream(boolean converse) {
    AwsFrames frames = new AwsFrames();
    if (converse) {
      frames.event("messageStart", json("{'role':'assistant'}"));
      frames.event("contentBlockDelta", json("{'contentBlockIndex':0,'delta':{'text':'Hé'}}"));
      frames.event("contentBlockDelta", json("{'delta':{'toolUse':{'input':'{}'}},'p':'abcdef'}"));
      frames.event("messageStop", json("{'stopReason':'end_turn'}"));
      frames.event(
          "metadata",
          json("{'usage':{'inputTokens':5,'outputTokens':9,'cacheReadInputTokens':3}}"));
    } else {
      chunk(frames, "{'type':'message_start','message':{'usage':{'input_tokens':5}}}");
      chunk(frames, "{'type':'content_block_delta','delta':{'text':'Hé{}'}}");
      chunk(frames, "{'type':'message_delta','usage':{'output_tokens':9}}");
      chunk(
          frames,
          "{'type':'message_stop','amazon-bedrock-invocationMetrics':{'outputTokenCount':77}}");
    }
    return ByteBufUtil.getBytes(frames.bytes());
  }

  private static JsonNode json(String text) {
    byte[] bytes = text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return UsageJson.object(bytes, 0, bytes.length);
  }

  private static void chunk(AwsFrames frames, String event) {
    byte[] bytes = event.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    String base64 = Base64.getEncoder().encodeToString(bytes);
    frames.event("chunk", ErrorJson.object().put("bytes", base64));
  }

  private static AnswerReader reader(boolean converse) {
    return converse ? new ConverseStream(false, LIMITS) : new InvokeStream(null, LIMITS);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void framesAreReadHoweverTheyAreSplit(boolean converse) {
    byte[] all = stream(converse);
    for (int first = 0; first <= all.length; first++) {
      for (int step : new int[] {1, all.length}) {
        AnswerReader reader = reader(converse);
        ByteBuf passed = Unpooled.buffer();
        int at = first;
        reader.read(Unpooled.copiedBuffer(all, 0, first), part -> take(passed, part));
        while (at < all.length) {
          int length = Math.min(step, all.length - at);
          reader.read(Unpooled.copiedBuffer(all, at, length), part -> take(passed, part));
          at += length;
        }
        assertThat(ByteBufUtil.getBytes(passed)).isEqualTo(all);
        assertThat(reader.complete()).isTrue();
        assertThat(reader.textBytes()).isEqualTo(5);
        assertThat(reader.usage().total())
            .isEqualTo(new TokenUsage(5, converse ? 3 : 0, 0, 0, 9, 0));
        reader.close();
      }
    }
  }

  private static void take(ByteBuf to, ByteBuf part) {
    to.writeBytes(part);
    part.release();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anyDamagedByteBreaksTheAnswer(boolean converse) {
    byte[] all = stream(converse);
    for (int at = 0; at < all.length; at++) {
      byte[] damaged = all.clone();
      damaged[at] ^= 0x10;
      AnswerReader reader = reader(converse);
      assertThatThrownBy(() -> reader.read(Unpooled.wrappedBuffer(damaged), ByteBuf::release))
          .as("byte %d", at)
          .isInstanceOf(BadAnswerException.class);
      reader.close();
    }
  }

  @Test
  void aFrameIsBounded() {
    AnswerReader reader = new ConverseStream(false, new ReaderLimits(80, 64));
    assertThatThrownBy(() -> reader.read(Unpooled.wrappedBuffer(stream(true)), ByteBuf::release))
        .isInstanceOf(BadAnswerException.class)
        .hasMessageContaining("expected: 16..80");
  }

  @Test
  void metricsCountWhereNoEventToldOfUsage() {
    AwsFrames frames = new AwsFrames();
    chunk(frames, "{'type':'content_block_delta','delta':{'text':'a'}}");
    chunk(
        frames,
        "{'type':'message_stop','amazon-bedrock-invocationMetrics':"
            + "{'inputTokenCount':4,'outputTokenCount':7,'cacheWriteInputTokenCount':2}}");
    AnswerReader reader = reader(false);
    reader.read(frames.bytes(), ByteBuf::release);
    assertThat(reader.complete()).isTrue();
    assertThat(reader.overtaken()).isFalse();
    assertThat(reader.usage().total()).isEqualTo(new TokenUsage(4, 0, 2, 2, 7, 0));
  }

  @Test
  void whatIsWrittenForAnHourIsTheDearerUnlessTheAnswerTellsThemApart() {
    String body = "{'messages':[{'content':[{'cachePoint':{'type':'default','ttl':'1h'}}]}]}";
    ConverseBody.Marks marks = (ConverseBody.Marks) ((Peeked) peek(CONVERSE, body)).marks();
    assertThat(marks.hourly()).isTrue();
    String usage = "{'inputTokens':1,'outputTokens':1,'cacheWriteInputTokens':10%s}";
    assertThat(ConverseUsage.report(json(usage.formatted("")), true, 0).total().cacheWrite1h())
        .isEqualTo(10);
    String told = ",'cacheDetails':[{'ttl':'1h','inputTokens':4},{'ttl':'5m','inputTokens':6}]";
    assertThat(ConverseUsage.report(json(usage.formatted(told)), true, 0).total().cacheWrite1h())
        .isEqualTo(4);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'cacheDetails':[{'ttl':'1h','inputTokens':4},{'ttl':'5m','inputTokens':6}],'inputTokens':1,'outputTokens':1} | 10 | 4",
        "{'cacheWriteInputTokens':7,'cacheDetails':[{'ttl':'5m','inputTokens':9}],'inputTokens':1,'outputTokens':1} | 9 | 0",
        "{'cacheWriteInputTokens':9,'cacheDetails':[{'ttl':'24h','inputTokens':9}],'inputTokens':1,'outputTokens':1} | 9 | 9",
        "{'cacheWriteInputTokens':9,'cacheDetails':[{'inputTokens':9}],'inputTokens':1,'outputTokens':1} | 9 | 9"
      })
  void whatTheDetailsSayWasWrittenIsNotLost(String usage, long written, long hour) {
    TokenUsage read = ConverseUsage.report(json(usage), false, 0).total();
    assertThat(read.cacheWrite()).isEqualTo(written);
    assertThat(read.cacheWrite1h()).isEqualTo(hour);
  }
}
