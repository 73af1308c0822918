package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.stipend.gateway.dialect.Dialect.Edit;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.metering.Meter;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import io.stipend.policy.ModelCall;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Searches that a provider runs: how many a request can make, and how many an answer made. */
class SearchToolTest {
  private static final Asking MESSAGES = Asking.at("/v1/messages");
  private static final Asking RESPONSES = Asking.at("/v1/responses");
  private static final Asking CHAT = Asking.at("/v1/chat/completions");
  private static final String GEMINI = "/v1beta/models/gemini-2.5-flash";
  private static final Edit NO_EDIT = new Edit(null, -1);

  private static Units searches(long count) {
    return Units.of(Meter.WEB_SEARCH, count);
  }

  private static String messages(String tools) {
    return "{'model':'c','max_tokens':9,'messages':[],'tools':[" + tools + "]}";
  }

  private static String responses(String fields) {
    return "{'model':'gpt-5','input':'hi'," + fields + "}";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'type':'web_search_20250305','name':'web_search','max_uses':3} | 3",
        "{'max_uses':3,'type':'web_search_20260209'},{'type':'web_search_20250305','max_uses':2} | 5",
        "{'type':'web_search_20250305'} | 10",
        "{'type':'web_search_20250305','max_uses':null} | 10",
        "{'type':'web_fetch_20250910','name':'web_fetch'} | 0",
        "{'name':'web_search_mine','input_schema':{},'max_uses':7} | 0",
        "{'type':'custom','name':'x','max_uses':7} | 0",
      })
  void aSearchOfMessagesIsBoundByItsTool(String tools, long most) {
    ModelCall call = MESSAGES.call(messages(tools));
    assertThat(call.maxUnits()).isEqualTo(searches(most));
    assertThat(call.variant()).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'type':'web_search_1','max_uses':3} | {'type':'web_search_1','max_uses':3}",
        "{'type':'web_search_1'} | {'max_uses':10,'type':'web_search_1'}",
        "{ 'type':'web_search_1'} | {'max_uses':10, 'type':'web_search_1'}",
        "{'type':'web_search_1','max_uses': null } | {'type':'web_search_1','max_uses': 10 }",
        "{'name':'x'},{'type':'web_search_1'} | {'name':'x'},{'max_uses':10,'type':'web_search_1'}",
        "{'type':'web_fetch_1'} | {'type':'web_fetch_1'}",
      })
  void aSearchWithoutABoundGetsTheOneThatIsHeldFor(String asked, String sent) {
    assertThat(MESSAGES.edited(messages(asked), NO_EDIT)).isEqualTo(messages(sent));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      nullValues = "-",
      value = {
        // fields | most searches | kind | what is put before all
        "'tools':[{'type':'web_search'}] | 10 | web_search | 'max_tool_calls':10,",
        "'tools':[{'type':'web_search_2025_08_26'}],'max_tool_calls':4 | 4 | web_search | ``",
        "'max_tool_calls':0,'tools':[{'type':'web_search'}] | 0 | web_search | ``",
        "'tools':[{'type':'web_search_preview_2025_03_11'}] | 10 | web_search_preview | 'max_tool_calls':10,",
        "'tools':[{'type':'web_search_preview'},{'type':'web_search'}] | 10 | - | 'max_tool_calls':10,",
        "'tools':[{'type':'function','name':'web_search'}] | 0 | - | ``",
        "'tools':[] | 0 | - | ``",
      })
  void searchesOfResponsesAreBoundByTheNumberOfAllToolCalls(
      String fields, long most, String kind, String put) {
    String body = responses(fields);
    ModelCall call = RESPONSES.call(body);
    assertThat(call.maxUnits()).isEqualTo(searches(most));
    assertThat(call.variant()).isEqualTo(kind);
    assertThat(RESPONSES.edited(body, NO_EDIT)).isEqualTo("{" + put + body.substring(1));
  }

  @Test
  void aNullIsNoBound() {
    String body = responses("'tools':[{'type':'web_search'}],'max_tool_calls':null");
    assertThat(RESPONSES.call(body).maxUnits()).isEqualTo(searches(10));
    assertThat(RESPONSES.edited(body, NO_EDIT)).isEqualTo(body.replace("null", "10"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "{'model':'gpt-4o-search-preview'} | 1 | medium",
        "{'model':'gpt-4o-search-preview','web_search_options':{'search_context_size':'high'}} | 1 | high",
        "{'model':'m','web_search_options':{}} | 1 | medium",
        "{'model':'m','web_search_options':null} | 0 | -",
        "{'model':'gpt-5'} | 0 | -",
      })
  void aChatThatSearchesPaysOneFee(String body, long most, String context) {
    ModelCall call = CHAT.call(body);
    assertThat(call.maxUnits()).isEqualTo(searches(most));
    assertThat(call.variant()).isEqualTo(context);
    AnswerReader whole = CHAT.reader(body, false);
    String answer = "{'model':'gpt-5','usage':{'prompt_tokens':9,'completion_tokens':1}}";
    assertThat(read(whole, answer).units()).isEqualTo(searches(most));
    AnswerReader stream = CHAT.reader(body, true);
    String event = "data: {'choices':[],'usage':{'prompt_tokens':9,'completion_tokens':1}}\n\n";
    assertThat(read(stream, event).units()).isEqualTo(searches(most));
  }

  @Test
  void aModelThatAnAliasHidIsKnownByItsAnswer() {
    String answer =
        "{'model':'gpt-4o-search-preview-2025-03-11',"
            + "'usage':{'prompt_tokens':9,'completion_tokens':1}}";
    assertThat(read(CHAT.reader("{'model':'fast'}", false), answer).units()).isEqualTo(searches(1));
  }

  private static final String SEARCH =
      "{'id':'ws_1','type':'web_search_call','status':'completed',"
          + "'action':{'type':'search','query':'{[','sources':[{'type':'open_page'}]}}";
  private static final String OPEN =
      "{'action':{'url':'x','type':'open_page'},'type':'web_search_call','status':'completed'}";
  private static final String FAILED =
      "{'type':'web_search_call','status':'failed','action':{'type':'search'}}";
  private static final String SAID =
      "{'type':'message','status':'completed','content':[{'type':'output_text',"
          + "'text':'web_search_call','annotations':[{'type':'web_search_call'}]}]}";
  private static final String USAGE =
      "'usage':{'input_tokens':100,'output_tokens':7,'total_tokens':107}";

  private static String whole(String... items) {
    return "{'id':'r','tools':[{'type':'web_search'}],'output':["
        + String.join(",", items)
        + "],"
        + USAGE
        + ",'model':'gpt-5'}";
  }

  private static String event(String type, String fields) {
    return "event: " + type + "\ndata: {'type':'" + type + "'," + fields + "}\n\n";
  }

  private static String item(String what, String item) {
    return event("response.output_item." + what, "'output_index':0,'item':" + item);
  }

  @Test
  void onlySearchesOfResponsesThatWereDoneAreCounted() {
    String body = responses("'tools':[{'type':'web_search'}]");
    assertThat(read(RESPONSES.reader(body, false), whole(SEARCH, OPEN, SAID, FAILED, SEARCH)))
        .satisfies(report -> assertThat(report.units()).isEqualTo(searches(2)))
        .satisfies(report -> assertThat(report.total().output()).isEqualTo(7));
    assertThat(read(RESPONSES.reader(body, false), whole(SAID)).units()).isEqualTo(Units.NONE);
  }

  @Test
  void aStreamOfResponsesCountsAnOpenCallUntilItIsDoneAndTheLastEventHasTheLastWord() {
    AnswerReader reader = RESPONSES.reader(responses("'tools':[{'type':'web_search'}]"), true);
    feed(reader, event("response.created", "'response':{'output':[]}"));
    feed(reader, item("added", "{'type':'web_search_call','status':'in_progress'}"));
    assertThat(reader.units()).as("it may be a search").isEqualTo(searches(1));
    feed(reader, item("done", OPEN));
    assertThat(reader.units()).as("it was none").isEqualTo(Units.NONE);
    feed(reader, item("added", "{'type':'web_search_call','status':'in_progress'}"));
    feed(reader, item("done", SEARCH));
    feed(reader, item("added", SAID));
    feed(reader, item("done", SAID));
    assertThat(reader.units()).isEqualTo(searches(1));
    assertThat(reader.usage()).isNull();
    feed(reader, event("response.completed", "'response':" + whole(OPEN, SEARCH, SEARCH, SAID)));
    assertThat(reader.complete()).isTrue();
    assertThat(reader.usage().units()).isEqualTo(searches(2));
  }

  @Test
  void messagesSayHowOftenTheySearchedAndTheCountAboveIterationsHoldsTheirs() {
    String body = messages("{'type':'web_search_20250305','max_uses':5}");
    String tokens = "'input_tokens':10,'output_tokens':2";
    String run =
        "{'type':'message','model':'claude-haiku-4-5',"
            + tokens
            + ",'server_tool_use':{'web_search_requests':2}}";
    String runs = ",'iterations':[" + run + "," + run + "]";
    String said = ",'server_tool_use':{'web_search_requests':3,'web_fetch_requests':8}";

    assertThat(messagesUnits(body, tokens + said)).isEqualTo(searches(3));
    assertThat(messagesUnits(body, tokens + said + runs)).isEqualTo(searches(3));
    assertThat(messagesUnits(body, tokens + runs)).isEqualTo(searches(4));
    assertThat(messagesUnits(body, tokens)).isEqualTo(Units.NONE);
    UsageReport parts =
        read(MESSAGES.reader(body, false), "{'usage':{" + tokens + said + runs + "}}");
    assertThat(parts.parts()).hasSize(2);
    assertThat(parts.parts().get(0).model()).isEqualTo("claude-haiku-4-5");
  }

  private static Units messagesUnits(String body, String usage) {
    return read(MESSAGES.reader(body, false), "{'model':'c','usage':{" + usage + "}}").units();
  }

  @Test
  void aMessageWithoutAWordOfItsSearchesIsCountedByItsBlocks() {
    String body = messages("{'type':'web_search_1'}");
    String use = "{'type':'server_tool_use','id':'s','name':'web_search','input':{'name':'x'}}";
    String content =
        String.join(
            ",",
            use,
            "{'type':'tool_use','name':'web_search'}",
            "{'type':'server_tool_use','name':'web_fetch'}",
            "{'type':'web_search_tool_result','content':[" + use + "]}",
            use);
    String answer = "{'model':'c','content':[" + content + "]%s}";
    String tokens = ",'usage':{'input_tokens':10,'output_tokens':2%s}";

    AnswerReader without = MESSAGES.reader(body, false);
    assertThat(read(without, answer.formatted(""))).isNull();
    assertThat(without.units()).isEqualTo(searches(2));
    String silent = answer.formatted(tokens.formatted(""));
    assertThat(read(MESSAGES.reader(body, false), silent).units()).isEqualTo(searches(2));
    String none = tokens.formatted(",'server_tool_use':{'web_search_requests':0}");
    assertThat(read(MESSAGES.reader(body, false), answer.formatted(none)).units())
        .as("both failed")
        .isEqualTo(Units.NONE);
    String two = tokens.formatted(",'server_tool_use':{'web_search_requests':2}");
    assertThat(read(MESSAGES.reader(body, false), answer.formatted(two)).units())
        .as("counted once")
        .isEqualTo(searches(2));
  }

  @Test
  void aStreamOfMessagesCountsTheSearchesThatItShowsUntilItsUsageSaysHowManyThereWere() {
    AnswerReader reader = MESSAGES.reader(messages("{'type':'web_search_1'}"), true);
    String use = "'content_block':{'type':'server_tool_use','id':'s','name':'";
    feed(
        reader,
        "data: {'type':'message_start','message':{'usage':{'input_tokens':5,"
            + "'output_tokens':1,'server_tool_use':{'web_search_requests':0}}}}\n\n");
    feed(reader, "data: {'type':'content_block_start','index':0," + use + "web_search'}}\n\n");
    feed(reader, "data: {'type':'content_block_start','index':1," + use + "web_fetch'}}\n\n");
    feed(
        reader,
        "data: {'type':'content_block_start','index':2,'content_block':"
            + "{'type':'tool_use','name':'web_search'}}\n\n");
    feed(reader, "data: {'type':'content_block_start','index':3," + use + "web_search'}}\n\n");
    assertThat(reader.units()).isEqualTo(searches(2));
    feed(reader, "data: {'type':'message_delta','usage':{'output_tokens':9}}\n\n");
    assertThat(reader.usage().units()).as("nothing said of them").isEqualTo(searches(2));
    feed(
        reader,
        "data: {'type':'message_delta','usage':{'output_tokens':9,"
            + "'server_tool_use':{'web_search_requests':1}}}\n\n");
    assertThat(reader.usage().units()).as("one of them failed").isEqualTo(searches(1));
  }

  private static String grounded(String queries) {
    return "{'candidates':[{'content':{'parts':[{'text':'x'}]},'finishReason':'STOP',"
        + "'groundingMetadata':{'searchEntryPoint':{'renderedContent':'a'},"
        + "'groundingChunks':[{'web':{'uri':'u','title':'t'}}],'webSearchQueries':["
        + queries
        + "]}}],'usageMetadata':{'promptTokenCount':4,'candidatesTokenCount':1,"
        + "'totalTokenCount':5},'modelVersion':'gemini-2.5-flash'}";
  }

  @Test
  void geminiNamesTheSearchesThatAnAnswerRestsOn() {
    for (String word : new String[] {"googleSearch", "google_search"}) {
      String body = "{'contents':[],'tools':[{'" + word + "':{}}]}";
      assertThat(gemini(":generateContent", body).call().maxUnits()).isEqualTo(searches(10));
      String three = body.replace("{'c", "{'generationConfig':{'candidateCount':3},'c");
      assertThat(gemini(":generateContent", three).call().maxUnits()).isEqualTo(searches(30));
    }
    String images = grounded("'a'],'imageSearchQueries':['a','b'");
    for (boolean stream : new boolean[] {false, true}) {
      assertThat(gemini(stream, images).units())
          .as("of the web and of images")
          .isEqualTo(searches(3));
    }
    String begin = "x".repeat(300);
    String alike = grounded("'" + begin + "','" + begin + "y'");
    assertThat(gemini(true, alike).units()).as("long ones that begin alike").isEqualTo(searches(2));
    for (boolean stream : new boolean[] {false, true}) {
      String two = grounded("'a','b'");
      assertThat(gemini(stream, two).units()).isEqualTo(searches(2));
      assertThat(gemini(stream, grounded("")).units()).isEqualTo(Units.NONE);
      assertThat(gemini(stream, two).total().total()).isEqualTo(5);
    }
    assertThat(gemini(true, grounded("'a'"), grounded("'a','b'")).units())
        .as("a later chunk repeats")
        .isEqualTo(searches(2));
    assertThat(gemini(true, grounded("'a'"), grounded("'b','c'")).units())
        .as("or adds")
        .isEqualTo(searches(3));
  }

  private static Peeked gemini(String method, String body) {
    ByteBuf buffer = Heads.utf8(body.replace('\'', '"'));
    Dialect.Peek peek = Dialects.at(GEMINI + method).peek(Heads.post(GEMINI + method), buffer);
    buffer.release();
    return (Peeked) peek;
  }

  private static UsageReport gemini(boolean stream, String... chunks) {
    Peeked asked = gemini(stream ? ":streamGenerateContent" : ":generateContent", "{}");
    AnswerReader reader =
        Dialects.at(GEMINI + ":generateContent")
            .reader(asked, stream, new Dialect.ReaderLimits(1 << 20, 64));
    for (String chunk : chunks) {
      feed(reader, stream ? "data: " + chunk + "\n\n" : chunk);
    }
    reader.end(ByteBuf::release);
    UsageReport report = reader.usage();
    reader.close();
    return report;
  }

  /** Feeds the answer in random pieces. */
  private static UsageReport read(AnswerReader reader, String answer) {
    feed(reader, answer);
    reader.end(ByteBuf::release);
    UsageReport report = reader.usage();
    reader.close();
    return report;
  }

  private static void feed(AnswerReader reader, String text) {
    byte[] bytes = text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    Random random = new Random(bytes.length);
    int at = 0;
    while (at < bytes.length) {
      int length = Math.min(bytes.length - at, 1 + random.nextInt(40));
      reader.read(Unpooled.wrappedBuffer(bytes, at, length), ByteBuf::release);
      at += length;
    }
  }
}
