// Runs one SDK against a gateway: node run.mjs SDK URL RICH BROKE SMALL
// The last three are keys: of a person with plenty, with nothing, and with less than a long stream
// costs. Prints one line of JSON: what each call came to. NodeSdkTest reads it.
import * as sdks from './sdks.mjs';

const [name, url, rich, broke, small] = process.argv.slice(2);
const sdk = await sdks[name](url);
const short = { 'x-fake-output-tokens': '3' };
const long = { 'x-fake-output-tokens': '8000', 'x-fake-pace-micros': '300' };

async function outcome(call) {
  try {
    return await call();
  } catch (error) {
    return {
      error: error.name,
      status: error.status ?? error.statusCode ?? 0,
      message: String(error.message),
    };
  }
}

console.log(
  JSON.stringify({
    plain: await outcome(() => sdk.plain(rich, short)),
    stream: await outcome(() => sdk.stream(rich, short)),
    refused: await outcome(() => sdk.plain(broke, short)),
    refusedStream: await outcome(() => sdk.stream(broke, short)),
    cut: await outcome(() => sdk.stream(small, long)),
  }),
);
