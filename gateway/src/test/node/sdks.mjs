// Each SDK as its own documentation shows it, with nothing set but where the gateway is and whose
// key it is. A call returns the text that was read and why it ended.

const PROMPT = 'Go on.';
const CAP = 8000;

export async function openaiChat(url) {
  const { default: OpenAI } = await import('openai');
  const ask = (key, headers, stream) =>
    new OpenAI({ baseURL: `${url}/v1`, apiKey: key }).chat.completions.create(
      {
        model: 'gpt-4o-mini',
        max_completion_tokens: CAP,
        messages: [{ role: 'user', content: PROMPT }],
        stream,
      },
      { headers },
    );
  return {
    async plain(key, headers) {
      const { choices } = await ask(key, headers, false);
      return { text: choices[0].message.content, finish: choices[0].finish_reason };
    },
    async stream(key, headers) {
      let text = '';
      let finish = null;
      for await (const chunk of await ask(key, headers, true)) {
        text += chunk.choices[0].delta.content ?? '';
        finish = chunk.choices[0].finish_reason ?? finish;
      }
      return { text, finish };
    },
  };
}

export async function openaiResponses(url) {
  const { default: OpenAI } = await import('openai');
  const client = (key) => new OpenAI({ baseURL: `${url}/v1`, apiKey: key }).responses;
  const body = { model: 'gpt-4o-mini', max_output_tokens: CAP, input: PROMPT };
  const finish = (response) => response.incomplete_details?.reason ?? response.status;
  return {
    async plain(key, headers) {
      const response = await client(key).create(body, { headers });
      return { text: response.output_text, finish: finish(response) };
    },
    async stream(key, headers) {
      let text = '';
      const stream = client(key).stream(body, { headers });
      stream.on('response.output_text.delta', ({ delta }) => (text += delta));
      return { finish: finish(await stream.finalResponse()), text };
    },
  };
}

export async function anthropic(url) {
  const { default: Anthropic } = await import('@anthropic-ai/sdk');
  const client = (key) => new Anthropic({ baseURL: url, apiKey: key }).messages;
  const body = {
    model: 'claude-haiku-4-5',
    max_tokens: CAP,
    messages: [{ role: 'user', content: PROMPT }],
  };
  const read = (message) => ({
    text: message.content.map((block) => block.text ?? '').join(''),
    finish: message.stop_reason,
  });
  return {
    plain: async (key, headers) => read(await client(key).create(body, { headers })),
    stream: async (key, headers) => read(await client(key).stream(body, { headers }).finalMessage()),
  };
}

export async function google(url) {
  const { GoogleGenAI } = await import('@google/genai');
  const client = (key) => new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url } }).models;
  const body = (headers) => ({
    model: 'gemini-2.0-flash',
    contents: PROMPT,
    config: { maxOutputTokens: CAP, httpOptions: { headers } },
  });
  return {
    async plain(key, headers) {
      const answer = await client(key).generateContent(body(headers));
      return { text: answer.text, finish: answer.candidates[0].finishReason };
    },
    async stream(key, headers) {
      let text = '';
      let finish = null;
      for await (const chunk of await client(key).generateContentStream(body(headers))) {
        text += chunk.text ?? '';
        finish = chunk.candidates?.[0]?.finishReason ?? finish;
      }
      return { text, finish };
    },
  };
}

async function ai(model) {
  const { generateText, streamText } = await import('ai');
  const call = (key, headers) => ({
    model: model(key),
    prompt: PROMPT,
    maxOutputTokens: CAP,
    headers,
  });
  return {
    async plain(key, headers) {
      const { text, finishReason } = await generateText(call(key, headers));
      return { text, finish: finishReason };
    },
    async stream(key, headers) {
      let text = '';
      let finish = null;
      const { fullStream } = streamText({ ...call(key, headers), onError() {} });
      for await (const part of fullStream) {
        if (part.type === 'error') {
          throw part.error;
        }
        text += part.type === 'text-delta' ? part.text : '';
        finish = part.type === 'finish' ? part.finishReason : finish;
      }
      return { text, finish };
    },
  };
}

export async function aiOpenai(url) {
  const { createOpenAI } = await import('@ai-sdk/openai');
  return ai((key) => createOpenAI({ baseURL: `${url}/v1`, apiKey: key })('gpt-4o-mini'));
}

export async function aiOpenaiChat(url) {
  const { createOpenAI } = await import('@ai-sdk/openai');
  return ai((key) => createOpenAI({ baseURL: `${url}/v1`, apiKey: key }).chat('gpt-4o-mini'));
}

export async function aiAnthropic(url) {
  const { createAnthropic } = await import('@ai-sdk/anthropic');
  return ai((key) => createAnthropic({ baseURL: `${url}/v1`, apiKey: key })('claude-haiku-4-5'));
}

export async function aiGoogle(url) {
  const { createGoogleGenerativeAI } = await import('@ai-sdk/google');
  return ai((key) =>
    createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey: key })('gemini-2.0-flash'),
  );
}
