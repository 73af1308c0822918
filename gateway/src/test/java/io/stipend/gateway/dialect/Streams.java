package io.stipend.gateway.dialect;

/** Answers in the shape that providers send; 2-, 3- and 4-byte UTF-8 and escapes inside. */
final class Streams {
  static final String CHAT =
      """
      : keepalive

      data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"gpt-5-2025-08-07","service_tier":"default","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"abc"}

      data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"gpt-5-2025-08-07","choices":[{"index":0,"delta":{"content":"Grüße, 世界 🌍"},"finish_reason":null}],"usage":null,"obfuscation":"x"}

      data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"a \\"data: {}\\" \\n\\u00e9\\ud83c\\udf0d"},"finish_reason":null}],"usage":null}

      data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}

      data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"gpt-5-2025-08-07","choices":[],"usage":{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,"prompt_tokens_details":{"cached_tokens":60,"cache_write_tokens":10},"completion_tokens_details":{"reasoning_tokens":20}}}

      data: [DONE]

      """;

  static final String CHAT_TEXT = "Grüße, 世界 🌍a \"data: {}\" \né🌍";

  static final String MESSAGES =
      """
      event: message_start
      data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-opus-4-5-20251101","content":[],"stop_reason":null,"usage":{"input_tokens":7,"cache_creation_input_tokens":30,"cache_read_input_tokens":5,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"output_tokens":3,"service_tier":"standard"}}}

      event: content_block_start
      data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

      event: ping
      data: {"type":"ping"}

      event: content_block_delta
      data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm, ж "}}

      event: content_block_delta
      data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"RXJz"}}

      event: content_block_stop
      data: {"type":"content_block_stop","index":0}

      event: content_block_start
      data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}

      event: content_block_delta
      data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Grüße, 世界 🌍 \\"usage\\":{}"}}

      event: content_block_stop
      data: {"type":"content_block_stop","index":1}

      event: message_delta
      data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":9,"output_tokens_details":{"thinking_tokens":4}}}

      event: message_stop
      data: {"type":"message_stop"}

      """;

  static final String MESSAGES_TEXT = "Hm, ж Grüße, 世界 🌍 \"usage\":{}";

  static final String CHAT_BODY =
      """
      {
        "id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-5-2025-08-07",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Grüße \\"usage\\": {\\"prompt_tokens\\": 1} 🌍\\\\"},
          "usage": {"prompt_tokens": 3}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150,
          "prompt_tokens_details": {"cached_tokens": 60}, "completion_tokens_details": {"reasoning_tokens": 20}},
        "service_tier": "priority"
      }
      """;

  static final String MESSAGES_BODY =
      """
      {"id":"msg_1","type":"message","role":"assistant","model":"claude-opus-4-5-20251101",
       "content":[{"type":"text","text":"世界 🌍 }{\\\\\\""}],"stop_reason":"end_turn",
       "usage":{"input_tokens":7,"cache_creation_input_tokens":30,"cache_read_input_tokens":5,
         "cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},
         "output_tokens":9,"service_tier":"standard"}}""";

  private Streams() {}
}
