package io.stipend.gateway.faults;

import io.stipend.metering.Demand;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import io.stipend.metering.price.RateCardException;
import io.stipend.metering.price.RateCards;
import io.stipend.metering.price.Rating;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A dialect and the kind of its answer: what is asked, and how it is answered. */
enum Form {
  CHAT_EVENTS(
      "Chat",
      "openai",
      "/v1/chat/completions",
      "gpt-4o-mini",
      "'max_completion_tokens':2000,'stream':true,'stream_options':{'include_usage':true},"
          + "'messages':[{'role':'user','content':'Say something.%s'}]",
      new Wording.Chunks(true)),
  COMPLETIONS_EVENTS(
      "Completions",
      "openai",
      "/v1/completions",
      "gpt-3.5-turbo-instruct",
      "'max_tokens':2000,'stream':true,'stream_options':{'include_usage':true},"
          + "'prompt':'Say something.%s'",
      new Wording.Chunks(false)),
  RESPONSES_EVENTS(
      "Responses",
      "openai",
      "/v1/responses",
      "gpt-4o-mini",
      "'max_output_tokens':2000,'stream':true,'input':'Say something.%s'",
      new Wording.ResponseEvents()),
  MESSAGES_EVENTS(
      "Messages",
      "anthropic",
      "/v1/messages",
      "claude-haiku-4-5",
      "'max_tokens':2000,'stream':true,'messages':[{'role':'user','content':'Say something.%s'}]",
      new Wording.MessageEvents()),
  GEMINI_EVENTS(
      "Gemini",
      "gemini",
      "/v1beta/models/gemini-2.0-flash:streamGenerateContent?alt=sse",
      "gemini-2.0-flash",
      "'generationConfig':{'maxOutputTokens':2000},"
          + "'contents':[{'parts':[{'text':'Say something.%s'}]}]",
      new Wording.GeminiChunks(false)),
  GEMINI_LIST(
      "Gemini list",
      "gemini",
      "/v1beta/models/gemini-2.0-flash:streamGenerateContent",
      "gemini-2.0-flash",
      "'generationConfig':{'maxOutputTokens':2000},"
          + "'contents':[{'parts':[{'text':'Say something.%s'}]}]",
      new Wording.GeminiChunks(true)),
  CHAT(
      "Chat",
      "openai",
      "/v1/chat/completions",
      "gpt-4o-mini",
      "'max_completion_tokens':2000,'messages':[{'role':'user','content':'Say something.%s'}]",
      whole(
          "{'id':'c1','created':1,'model':'%s','choices':[{'index':0,'message':{'content':'",
          "'},'finish_reason':'stop'}]",
          "usage",
          "prompt_tokens",
          "completion_tokens",
          "total_tokens")),
  COMPLETIONS(
      "Completions",
      "openai",
      "/v1/completions",
      "gpt-3.5-turbo-instruct",
      "'max_tokens':2000,'prompt':'Say something.%s'",
      whole(
          "{'id':'c1','created':1,'model':'%s','choices':[{'index':0,'text':'",
          "','finish_reason':'stop'}]",
          "usage",
          "prompt_tokens",
          "completion_tokens",
          "total_tokens")),
  RESPONSES(
      "Responses",
      "openai",
      "/v1/responses",
      "gpt-4o-mini",
      "'max_output_tokens':2000,'input':'Say something.%s'",
      whole(
          "{'id':'resp_1','model':'%s','output':[{'type':'message','content':[{'text':'",
          "'}]}],'status':'completed'", "usage", "input_tokens", "output_tokens", "total_tokens")),
  MESSAGES(
      "Messages",
      "anthropic",
      "/v1/messages",
      "claude-haiku-4-5",
      "'max_tokens':2000,'messages':[{'role':'user','content':'Say something.%s'}]",
      whole(
          "{'id':'m1','type':'message','model':'%s','content':[{'type':'text','text':'",
          "'}],'stop_reason':'end_turn'", "usage", "input_tokens", "output_tokens", "")),
  GEMINI(
      "Gemini",
      "gemini",
      "/v1beta/models/gemini-2.0-flash:generateContent",
      "gemini-2.0-flash",
      "'generationConfig':{'maxOutputTokens':2000},"
          + "'contents':[{'parts':[{'text':'Say something.%s'}]}]",
      whole(
          "{'modelVersion':'%s','candidates':[{'content':{'parts':[{'text':'",
          "'}],'role':'model'},'finishReason':'STOP','index':0}]",
          "usageMetadata",
          "promptTokenCount",
          "candidatesTokenCount",
          "totalTokenCount")),
  EMBEDDINGS(
      "Embeddings",
      "openai",
      "/v1/embeddings",
      "text-embedding-3-small",
      "'input':'Say something.%s'",
      whole(
          "{'object':'list','model':'%s','data':[{'index':0,'embedding':'",
          "'}]", "usage", "prompt_tokens", "", "total_tokens")),
  IMAGES(
      "Images",
      "openai",
      "/v1/images/generations",
      "gpt-image-1",
      "'prompt':'Draw something.%s'",
      whole(
          "{'created':1,'data':[{'b64_json':'",
          "'}]",
          "usage",
          "input_tokens",
          "output_tokens",
          "total_tokens")),
  IMAGES_EVENTS(
      "Images",
      "openai",
      "/v1/images/generations",
      "gpt-image-1",
      "'stream':true,'partial_images':3,'prompt':'Draw something.%s'",
      new Wording.MediaEvents("image_generation.partial_image", "image_generation.completed")),
  SPEECH(
      "Speech",
      "openai",
      "/v1/audio/speech",
      "tts-1",
      "'voice':'alloy','input':'Say something.%s'",
      new Wording.Sound()),
  SPEECH_EVENTS(
      "Speech",
      "openai",
      "/v1/audio/speech",
      "gpt-4o-mini-tts",
      "'voice':'alloy','stream_format':'sse','input':'Say something.%s'",
      new Wording.MediaEvents("speech.audio.delta", "speech.audio.done")),
  TRANSCRIPT(
      "Transcripts",
      "openai",
      "/v1/audio/transcriptions",
      "gpt-4o-mini-transcribe",
      "",
      whole("{'text':'", "'", "usage", "input_tokens", "output_tokens", "total_tokens")),
  TRANSCRIPT_EVENTS(
      "Transcripts",
      "openai",
      "/v1/audio/transcriptions",
      "gpt-4o-mini-transcribe",
      "stream",
      new Wording.MediaEvents("transcript.text.delta", "transcript.text.done"));

  /** One piece of generated text, of 14 tokens. */
  static final String TEXT = " The team can see what each call will cost before it is made.";

  /** Pieces of an answer. */
  static final int PIECES = 3;

  /** Output that every request allows. */
  static final long CAP = 2_000;

  static final Set<Form> MEDIA = EnumSet.range(IMAGES, TRANSCRIPT_EVENTS);

  /** Text that comes piece by piece, and is read as it comes. */
  static final Set<Form> STREAMED = EnumSet.range(CHAT_EVENTS, GEMINI_LIST);

  /** Text, or vectors, in one piece. */
  static final Set<Form> WHOLE = EnumSet.range(CHAT, EMBEDDINGS);

  private static final RateCards CARDS = cards();
  private static final Map<Form, Rating> RATINGS = new ConcurrentHashMap<>();
  private static final String BOUNDARY = "stipend-7MA4YWxk";

  final String label;
  final String vendor;
  final String path;
  final String model;
  final Wording wording;
  private final String fields;

  Form(String label, String vendor, String path, String model, String fields, Wording wording) {
    this.label = label;
    this.vendor = vendor;
    this.path = path;
    this.model = model;
    this.fields = fields;
    this.wording = wording;
  }

  private static RateCards cards() {
    try {
      return RateCards.load(List.of(RateCards.Source.builtin()));
    } catch (RateCardException e) {
      throw new AssertionError(e);
    }
  }

  private static Wording whole(String before, String after, String... names) {
    return new Wording.Whole(before.replace('\'', '"'), after.replace('\'', '"'), List.of(names));
  }

  /** As the page names it. */
  String title() {
    return events() ? label + " events" : label;
  }

  boolean events() {
    return name().endsWith("_EVENTS");
  }

  /** How its answer is typed. */
  String answerType() {
    return events() ? "text/event-stream" : this == SPEECH ? "audio/mpeg" : "application/json";
  }

  boolean isForm() {
    return this == TRANSCRIPT || this == TRANSCRIPT_EVENTS;
  }

  String requestType() {
    return isForm() ? "multipart/form-data; boundary=" + BOUNDARY : "application/json";
  }

  /**
   * The body of a request.
   *
   * @param more so many bytes of text more than usual
   */
  byte[] request(int more) {
    String text = " more".repeat(more / 5);
    String body;
    if (isForm()) {
      String part = "--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"";
      body =
          (part + "model\"\r\n\r\n" + model + "\r\n")
              + (fields.isEmpty() ? "" : part + "stream\"\r\n\r\ntrue\r\n")
              + (part + "file\"; filename=\"a.wav\"\r\n\r\nRIFF" + text + "\r\n")
              + ("--" + BOUNDARY + "--\r\n");
    } else {
      String named = vendor.equals("gemini") ? "" : "'model':'" + model + "',";
      body = ("{" + named + fields.formatted(text) + "}").replace('\'', '"');
    }
    return body.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Its prices. */
  private Rating rating() {
    return RATINGS.computeIfAbsent(
        this, form -> CARDS.rating(vendor, vendor, form.model, Instant.now()));
  }

  /** What is asked for beside tokens. */
  Units units() {
    return switch (this) {
      case SPEECH -> Units.of(Meter.CHARACTER, "Say something.".length());
      default -> Units.NONE;
    };
  }

  /** What a provider asks for such an answer. */
  long cost(long input, long output, String served) {
    long in = this == SPEECH ? 0 : input;
    long out = this == SPEECH || this == EMBEDDINGS ? 0 : output;
    MediaTokens media =
        switch (this) {
          case IMAGES, IMAGES_EVENTS -> MediaTokens.of(0, in, 0, out);
          case SPEECH_EVENTS -> MediaTokens.of(0, 0, out, 0);
          case TRANSCRIPT, TRANSCRIPT_EVENTS -> MediaTokens.of(in, 0, 0, 0);
          default -> MediaTokens.NONE;
        };
    UsageReport.Part part = new UsageReport.Part(null, TokenUsage.of(in, out), media, Units.NONE);
    UsageReport report = new UsageReport(List.of(part), served, null, false);
    return rating().charge(report.and(units())).nanos();
  }

  /** The most that may ever be charged: a token of input for each byte, and the cap. */
  long most(long inputBytes, String served) {
    long cap = MEDIA.contains(this) ? rating().maxOutputTokens() : this == EMBEDDINGS ? 0 : CAP;
    if (MEDIA.contains(this)) {
      return cost(inputBytes, cap, served);
    }
    long asAsked = rating().ceiling(Demand.of(inputBytes, cap), null).nanos();
    return Math.max(asAsked, cost(inputBytes, cap, served));
  }
}
