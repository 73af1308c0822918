package io.stipend.metering.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The providers' files as they come, and what is said of bad ones. */
class ProviderFilesTest {
  private static final LocalDate DAY = LocalDate.parse("2026-11-03");
  private static final long START = Scope.start(DAY).getEpochSecond();

  private static final String OPENAI_USAGE =
      """
      {"object":"page","data":[{"object":"bucket","start_time":%d,"end_time":%d,"results":[
        {"object":"organization.usage.completions.result","input_tokens":1000,"output_tokens":50,
         "input_cached_tokens":300,"input_cache_write_tokens":100,"num_model_requests":3,
         "project_id":"proj_a","user_id":null,"api_key_id":"key_a","model":"gpt-5-2025-08-07",
         "batch":false,"service_tier":"default"},
        {"object":"organization.usage.completions.result","input_tokens":7,"output_tokens":0,
         "num_model_requests":1,"project_id":null,"api_key_id":null,"model":"gpt-5","batch":true,
         "service_tier":null}]}],"has_more":false,"next_page":null}
      """
          .formatted(START, START + 86_400);

  @TempDir Path folder;

  private ProviderFiles read(Vendor vendor, String... texts) throws IOException {
    Path[] files = new Path[texts.length];
    for (int i = 0; i < texts.length; i++) {
      files[i] = Files.writeString(folder.resolve("file-" + i), texts[i]);
    }
    return ProviderFiles.read(vendor, List.of(files));
  }

  @Test
  void theUsageOfOpenAi() throws Exception {
    List<UsageRecord> usage = read(Vendor.OPENAI, OPENAI_USAGE).usage();

    assertThat(usage).hasSize(2);
    UsageRecord first = usage.get(0);
    assertThat(first.day()).isEqualTo(DAY);
    assertThat(first.quantity())
        .as("what was cached or written is no plain input")
        .isEqualTo(
            MeterSums.of(BillMeter.INPUT, 600)
                .with(BillMeter.CACHE_READ, 300)
                .with(BillMeter.CACHE_WRITE_5M, 100)
                .with(BillMeter.OUTPUT, 50));
    assertThat(first.requests()).isEqualTo(3);
    assertThat(first.keyId()).isEqualTo("key_a");
    assertThat(first.projectId()).isEqualTo("proj_a");
    assertThat(first.tier()).isEqualTo("default");
    assertThat(usage.get(1).tier()).isEqualTo("batch");
    assertThat(usage.get(1).place()).contains("file-0: page 1.data[0].results[1]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "gpt-5-2025-08-07, input ! MODEL ! gpt-5-2025-08-07 ! default ! INPUT ! false",
        "gpt-5, cached input ! MODEL ! gpt-5 ! default ! CACHE_READ ! false",
        "gpt-5.6-terra, cache writes ! MODEL ! gpt-5.6-terra ! default ! CACHE_WRITE_5M ! false",
        "gpt-5.6-sol, output, long context ! MODEL ! gpt-5.6-sol ! default ! OUTPUT ! true",
        "priority | gpt-5.6-sol, input ! MODEL ! gpt-5.6-sol ! priority ! INPUT ! false",
        "gpt-image-2-2026-04-21 image, output ! MODEL ! gpt-image-2-2026-04-21 ! default ! OUTPUT ! false",
        "gpt-realtime, audio input ! MODEL ! gpt-realtime ! default ! INPUT ! false",
        "evals | gpt-4o-mini-2024-07-18, input ! ELSEWHERE ! evals | gpt-4o-mini-2024-07-18, input !! OTHER !",
        "assistants api | file search ! ELSEWHERE ! assistants api | file search !! OTHER !",
        "web search tool calls ! TOOL !!! WEB_SEARCH !",
        "promotional credits ! ADJUSTMENT !!! OTHER !",
        "whisper ! MODEL ! whisper ! default ! OTHER !"
      })
  void theLineItemsOfOpenAi(
      String item, CostRecord.Kind kind, String model, String tier, BillMeter meter, Boolean isLong)
      throws Exception {
    String text =
        """
        {"data":[{"start_time":%d,"end_time":%d,"results":[{"amount":{"value":1.5e-3,"currency":"usd"},
        "line_item":"%s","project_id":"proj_a"}]}]}
        """
            .formatted(START, START + 86_400, item);
    CostRecord cost = read(Vendor.OPENAI, text).costs().get(0);

    assertThat(cost.kind()).isEqualTo(kind);
    assertThat(cost.model()).isEqualTo(model);
    assertThat(cost.tier()).isEqualTo(tier);
    assertThat(cost.meter()).isEqualTo(meter);
    if (isLong != null) {
      assertThat(cost.longContext()).isEqualTo(isLong);
    }
    assertThat(cost.amount()).isEqualByComparingTo("0.0015");
    assertThat(cost.currency()).isEqualTo("USD");
  }

  @Test
  void aDecimalIsReadAsItsText() throws Exception {
    String text =
        """
        {"data":[{"start_time":%d,"results":[
          {"amount":{"value":0.1000000000000000055511151231257827,"currency":"usd"},"line_item":"gpt-5, input"},
          {"amount":{"value":"0.000004500000000000000000000000000000000","currency":"usd"},"line_item":"gpt-5, output"}
        ]}]}
        """
            .formatted(START);
    List<CostRecord> costs = read(Vendor.OPENAI, text).costs();

    assertThat(costs.get(0).amount())
        .isEqualTo(new BigDecimal("0.1000000000000000055511151231257827"));
    assertThat(costs.get(1).amount()).isEqualByComparingTo("0.0000045");
  }

  @Test
  void theReportsOfAnthropic() throws Exception {
    String usage =
        """
        [{"data":[{"starting_at":"2026-11-03T00:00:00Z","ending_at":"2026-11-04T00:00:00Z","results":[
          {"uncached_input_tokens":11,"cache_creation":{"ephemeral_1h_input_tokens":2,
           "ephemeral_5m_input_tokens":3},"cache_read_input_tokens":4,"output_tokens":5,
           "server_tool_use":{"web_search_requests":6},"api_key_id":"apikey_1","workspace_id":null,
           "model":"claude-haiku-4-5-20251001","service_tier":"standard","context_window":"0-200k",
           "inference_geo":"us"}]}],"has_more":true},
         {"data":[{"starting_at":"2026-11-04T00:00:00Z","results":[]}],"has_more":false}]
        """;
    String costs =
        """
        {"data":[{"starting_at":"2026-11-03T00:00:00Z","ending_at":"2026-11-04T00:00:00Z","results":[
          {"amount":"123.45","currency":"USD","cost_type":"tokens","token_type":"output_tokens",
           "model":"claude-haiku-4-5-20251001","service_tier":"standard","context_window":"200k-1M",
           "description":"Claude Haiku 4.5 Usage - Output Tokens","workspace_id":"wrkspc_1"},
          {"amount":"50","currency":"USD","cost_type":"web_search","description":"Web Search Usage"},
          {"amount":"7","currency":"USD","cost_type":"code_execution","description":"Code Execution Usage"}
        ]}],"has_more":false}
        """;
    ProviderFiles files = read(Vendor.ANTHROPIC, usage, costs);

    assertThat(files.usage().get(0).quantity())
        .isEqualTo(
            MeterSums.of(BillMeter.INPUT, 11)
                .with(BillMeter.CACHE_WRITE_5M, 3)
                .with(BillMeter.CACHE_WRITE_1H, 2)
                .with(BillMeter.CACHE_READ, 4)
                .with(BillMeter.OUTPUT, 5)
                .with(BillMeter.WEB_SEARCH, 6));
    assertThat(files.usage().get(0).tier()).isEqualTo("us");
    assertThat(files.usageDays().has(DAY.plusDays(1))).as("a day of nothing is told").isTrue();
    assertThat(files.usageDays().has(DAY.plusDays(2))).isFalse();
    CostRecord output = files.costs().get(0);
    assertThat(output.amount()).as("cents").isEqualByComparingTo("1.2345");
    assertThat(output.meter()).isEqualTo(BillMeter.OUTPUT);
    assertThat(output.longContext()).isTrue();
    assertThat(files.costs().get(1).meter()).isEqualTo(BillMeter.WEB_SEARCH);
    assertThat(files.costs().get(2).kind()).isEqualTo(CostRecord.Kind.TOOL);
  }

  @Test
  void theFilesOfTheConsoles() throws Exception {
    ProviderFiles openAi =
        read(
            Vendor.OPENAI,
            "start_time,end_time,start_time_iso,project_id,num_model_requests,api_key_id,model,batch,"
                + "service_tier,input_tokens,output_tokens,input_cached_tokens\r\n"
                + START
                + ",,,proj_1,10.0,key_1,gpt-5,FALSE,default,59200.0,10646.0,5760.0\r\n"
                + (START + 86_400)
                + ",,,,,,,,,,,\r\n",
            "start_time,end_time,amount_value,amount_currency,line_item,project_id,organization_name\n"
                + START
                + ",,0.8958740000000000,usd,\"gpt-5, input\",proj_1,\"A, B\"\n");
    assertThat(openAi.usage()).hasSize(1);
    assertThat(openAi.usage().get(0).quantity().of(BillMeter.INPUT)).isEqualTo(53_440);
    assertThat(openAi.usage().get(0).requests()).isEqualTo(10);
    assertThat(openAi.usageDays().has(DAY.plusDays(1))).isTrue();
    assertThat(openAi.costs().get(0).amount()).isEqualByComparingTo("0.895874");

    ProviderFiles anthropic =
        read(
            Vendor.ANTHROPIC,
            "\uFEFFusage_date_utc,model_version,api_key,workspace,usage_type,context_window,"
                + "usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,"
                + "usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,"
                + "usage_output_tokens,web_search_count,inference_geo,speed\n"
                + "2026-11-03,claude-opus-5,App,\"Acme, Inc\",standard,≤ 200k,46981,15969,0,7,16932,0,global,\n",
            "usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,"
                + "list_price_usd,cost_type,inference_geo,speed\n"
                + "2026-11-03,Claude Haiku 4.5,Default,App,message,> 200k,input_cache_read,0.13,1.00,token,,\n");
    assertThat(anthropic.usage().get(0).projectId()).isEqualTo("Acme, Inc");
    assertThat(anthropic.usage().get(0).quantity().of(BillMeter.CACHE_WRITE_5M)).isEqualTo(15_969);
    CostRecord cost = anthropic.costs().get(0);
    assertThat(cost.model()).isEqualTo("claude-haiku-4-5");
    assertThat(cost.meter()).isEqualTo(BillMeter.CACHE_READ);
    assertThat(cost.longContext()).isTrue();
    assertThat(cost.list()).isEqualByComparingTo("1");
    assertThat(cost.rounding()).as("whole cents").isEqualTo(5_000_000);
  }

  /** What a bad file is told; the text is a JSON with apostrophes for quotes, or a CSV. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "{'data':[ ! file-0: line 1 column 10: no JSON",
        "{'data':[{'start_time':1,'results':[{'input_tokens':1,'input_tokens':2}]}]} ! Duplicate field",
        "{'data':[{'results':[{'input_tokens':1}]}]} ! page 1.data[0].start_time: missing",
        "{'data':[{'start_time':1,'results':[{'input_tokens':1.5}]}]} ! data[0].results[0].input_tokens: 1.5 (expected: a whole number",
        "{'data':[{'start_time':1,'results':[{'input_tokens':-1}]}]} ! input_tokens: -1 (expected: a whole number",
        "{'data':[{'start_time':1,'results':[{'input_tokens':1,'input_cached_tokens':2}]}]} ! input_tokens: 1 (expected: at least its cached",
        "{'data':[{'start_time':1,'end_time':200000,'results':[{'input_tokens':1}]}]} ! end_time: 200000 (expected: at most the end of the UTC day",
        "{'data':[{'start_time':1,'results':[{'input_tokens':1}]}],'has_more':true} ! has_more: true (expected: the page that follows",
        "{'data':[{'start_time':1,'results':[{'input_tokens':1},{'input_tokens':1}]}]} ! stands at file-0: page 1.data[0].results[0]. too",
        "{'data':[{'start_time':1,'results':[{'amount':{'value':'x','currency':'usd'}}]}]} ! amount.value: x (expected: a decimal",
        "{'data':[{'start_time':1,'results':[{'amount':{'value':1}}]}]} ! amount.currency: missing",
        "{'data':[{'start_time':1,'results':[{'input_tokens':1},{'amount':{'value':1,'currency':'usd'}}]}]} ! usage and costs in one file",
        "{'data':[{'start_time':1,'results':[]}]} ! file-0: no results",
        "{'data':{}} ! page 1.data: expected a list",
        "a,b ! file-0: line 1: no header of a usage or cost file of openai",
        "start_time,input_tokens;1,2,3 ! file-0: line 2: 3 cells (expected: 2",
        "start_time,input_tokens;1,many ! file-0: line 2: input_tokens: many (expected: a whole",
        "start_time,input_tokens,model;1,2,\"x ! file-0: line 2: a quote that nothing ends",
        "start_time,start_time;1,2 ! file-0: line 1: start_time: two columns"
      },
      quoteCharacter = '`')
  void aBadFileIsToldWithItsPlace(String text, String expected) {
    String file = text.strip().replace('\'', '"').replace(";", "\n");
    assertThatThrownBy(() -> read(Vendor.OPENAI, file))
        .isInstanceOf(ProviderFileException.class)
        .hasMessageContaining(expected.strip());
  }

  /** Half of it twice would be billed twice. */
  @Test
  void filesThatOverlapAreRefused() {
    String more =
        OPENAI_USAGE.replace(
            "{\"object\":\"page\",\"data\":[",
            "{\"object\":\"page\",\"data\":[{\"start_time\":%d,\"results\":[{\"input_tokens\":5}]},"
                .formatted(START - 86_400));
    assertThatThrownBy(() -> read(Vendor.OPENAI, OPENAI_USAGE, more))
        .isInstanceOf(ProviderFileException.class)
        .hasMessageContaining("file-1: page 1.data[1].results[0]")
        .hasMessageContaining("stands at file-0: page 1.data[0].results[0]");

    String csv = "start_time,input_tokens,output_tokens,model\n%d,%d,2,gpt-5\n";
    String first = csv.formatted(START, 10);
    String second = csv.formatted(START - 86_400, 10) + "%d,10,2,gpt-5\n".formatted(START);
    assertThatThrownBy(() -> read(Vendor.OPENAI, first, second))
        .isInstanceOf(ProviderFileException.class)
        .hasMessageContaining("file-1: line 3")
        .hasMessageContaining("stands at file-0: line 2");
  }

  @Test
  void otherResultsOfTheSameDayAreNoOverlap() throws Exception {
    String other =
        OPENAI_USAGE.replace("proj_a", "proj_b").replace("input_tokens\":7", "input_tokens\":8");
    assertThat(read(Vendor.OPENAI, OPENAI_USAGE, other).usage()).hasSize(4);
    String line = "start_time,input_tokens,output_tokens,model\n%d,10,2,gpt-5\n".formatted(START);
    String twice = line + "%d,10,2,gpt-5\n".formatted(START + 60);
    assertThat(read(Vendor.OPENAI, twice, line.replace("gpt-5", "gpt-6")).usage()).hasSize(3);
  }

  @Test
  void theSameFileTwiceIsRefused() {
    assertThatThrownBy(() -> read(Vendor.OPENAI, OPENAI_USAGE, OPENAI_USAGE))
        .hasMessageContaining("file-1: is the same as file-0");
  }

  @Test
  void theMapOfKeys() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("keys"), "# ours\nkey_a: openai/spare\n\nproj_b: openai-eu\n");
    KeyMap map = KeyMap.read(file, Set.of("openai", "openai-eu"));

    assertThat(map.of("key_a", "proj_b")).isEqualTo(new KeyMap.Account("openai", "spare"));
    assertThat(map.of("key_c", "proj_b")).isEqualTo(new KeyMap.Account("openai-eu", ""));
    assertThat(map.of(null, "proj_c")).isEqualTo(KeyMap.Account.NONE);
    assertThat(KeyMap.only("openai").of("key_z", null).provider()).isEqualTo("openai");

    Files.writeString(file, "key_a: opnai\n");
    assertThatThrownBy(() -> KeyMap.read(file, Set.of("openai")))
        .hasMessageContaining("keys: line 1: provider: opnai (expected: one of [openai])");
    Files.writeString(file, "key_a: openai\nkey_a: openai\n");
    assertThatThrownBy(() -> KeyMap.read(file, Set.of("openai")))
        .hasMessageContaining("keys: line 2: key_a: openai: given twice");
    Files.writeString(file, "key_a\n");
    assertThatThrownBy(() -> KeyMap.read(file, Set.of("openai")))
        .hasMessageContaining("keys: line 1: key_a (expected: ID: PROVIDER");
  }
}
