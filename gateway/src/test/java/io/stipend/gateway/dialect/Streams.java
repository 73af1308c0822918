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

  static final String RESPONSES =
      """
      event: response.created
      data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","created_at":1790000000,"status":"in_progress","model":"gpt-5-2025-08-07","output":[],"tools":[{"type":"function","name":"no text"}],"usage":null,"service_tier":"auto"}}

      event: response.in_progress
      data: {"type":"response.in_progress","sequence_number":1,"response":{"id":"resp_1","status":"in_progress","usage":null}}

      : keepalive

      event: response.output_item.added
      data: {"type":"response.output_item.added","sequence_number":2,"output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[]}}

      event: response.output_item.added
      data: {"type":"response.output_item.added","sequence_number":5,"output_index":1,"item":{"id":"fc_1","type":"function_call","name":"find","arguments":""}}

      event: response.reasoning_summary_text.delta
      data: {"type":"response.reasoning_summary_text.delta","sequence_number":6,"item_id":"rs_1","delta":"Hm, ж ","obfuscation":"abcdef"}

      event: response.function_call_arguments.delta
      data: {"delta":"{\\"a\\":1}","type":"response.function_call_arguments.delta","sequence_number":7,"item_id":"fc_1"}

      event: response.function_call_arguments.done
      data: {"type":"response.function_call_arguments.done","sequence_number":8,"item_id":"fc_1","name":"find","arguments":"{\\"a\\":1}"}

      event: response.output_text.delta
      data: {"type":"response.output_text.delta","sequence_number":9,"item_id":"msg_1","delta":"Grüße, 世界 🌍","logprobs":[]}

      event: response.output_text.delta
      data: {"type":"response.output_text.delta","sequence_number":10,"item_id":"msg_1","delta":" \\"usage\\":{} \\u00e9"}

      event: response.output_text.done
      data: {"type":"response.output_text.done","sequence_number":11,"item_id":"msg_1","text":"Grüße, 世界 🌍 \\"usage\\":{} é"}

      event: response.output_item.done
      data: {"type":"response.output_item.done","sequence_number":12,"item":{"id":"msg_1","type":"message","name":"no text","content":[{"type":"output_text","text":"Grüße"}]}}

      event: response.completed
      data: {"type":"response.completed","sequence_number":13,"response":{"id":"resp_1","object":"response","created_at":1790000000,"status":"completed","model":"gpt-5-2025-08-07","output":[{"id":"msg_1","type":"message","usage":{"input_tokens":1},"content":[{"type":"output_text","text":"Grüße, 世界 🌍"}]},{"type":"function_call","name":"find","arguments":"{}"}],"usage":{"input_tokens":100,"input_tokens_details":{"cached_tokens":60,"cache_write_tokens":10},"output_tokens":50,"output_tokens_details":{"reasoning_tokens":20},"total_tokens":150},"service_tier":"default"}}

      """;

  static final String RESPONSES_TEXT = "findHm, ж {\"a\":1}Grüße, 世界 🌍 \"usage\":{} é";

  private Streams() {}
}
