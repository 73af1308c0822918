package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageReport;
import org.junit.jupiter.api.Test;

/** Which tokens of a usage were audio or images, which may have prices of their own. */
class MediaUsageTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text.replace('\'', '"'));
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  private static UsageReport.Part chat(String details, String completionDetails) {
    JsonNode usage =
        json(
            "{'prompt_tokens':100,'completion_tokens':50,'total_tokens':150,"
                + "'prompt_tokens_details':{"
                + details
                + "},'completion_tokens_details':{"
                + completionDetails
                + "}}");
    return ChatUsage.report(usage, null, null, 0).parts().get(0);
  }

  @Test
  void aChatSaysHowMuchOfPromptAndCompletionWasAudio() {
    UsageReport.Part part =
        chat("'audio_tokens':30,'text_tokens':70,'cached_tokens':60", "'audio_tokens':40");
    assertThat(part.usage()).isEqualTo(new TokenUsage(40, 60, 0, 0, 50, 0));
    assertThat(part.media()).as("text is cached first").isEqualTo(MediaTokens.of(30, 0, 40, 0));
    assertThat(chat("", "").media()).isEqualTo(MediaTokens.NONE);
  }

  @Test
  void noShareIsMoreThanItsWhole() {
    UsageReport.Part part =
        chat("'audio_tokens':90,'image_tokens':90,'cached_tokens':60", "'audio_tokens':999");
    assertThat(part.media()).isEqualTo(MediaTokens.of(40, 0, 50, 0));
  }

  @Test
  void geminiListsModalitiesOfEachKind() {
    JsonNode usage =
        json(
            """
            {'promptTokenCount':1000,'cachedContentTokenCount':300,'candidatesTokenCount':90,
             'thoughtsTokenCount':10,'totalTokenCount':1100,
             'promptTokensDetails':[{'modality':'TEXT','tokenCount':500},
               {'modality':'AUDIO','tokenCount':400},{'modality':'IMAGE','tokenCount':100}],
             'cacheTokensDetails':[{'modality':'AUDIO','tokenCount':250},
               {'modality':'TEXT','tokenCount':50}],
             'candidatesTokensDetails':[{'modality':'IMAGE','tokenCount':90}]}
            """);
    GeminiUsage read = GeminiUsage.of(usage);
    assertThat(read.tokens()).isEqualTo(new TokenUsage(700, 300, 0, 0, 100, 10));
    assertThat(read.media()).isEqualTo(new MediaTokens(150, 100, 250, 0, 0, 90));
    assertThat(read.inputReport(null).parts().get(0).media())
        .isEqualTo(new MediaTokens(150, 100, 250, 0, 0, 0));
  }
}
