// Vercel's AI SDK: pictures through its baseURL, all else through its `fetch`; `names`: fal's names.
import { createFal } from "@ai-sdk/fal";
import {
  experimental_generateSpeech as generateSpeech,
  experimental_generateVideo as generateVideo,
  experimental_transcribe as transcribe,
  generateImage,
} from "ai";
import { BASE, CENSOR, digest, FORBIDDEN, main, MINUTE, PICTURE, recording, refusal, SLOW, TOKEN } from "./common.mjs";

const pictures = createFal({ apiKey: TOKEN, baseURL: `${BASE}/api/fal/run` });
const names = createFal({ apiKey: TOKEN });
// Its other addresses are built in; this function calls them through the proxy.
const others = createFal({
  apiKey: TOKEN,
  fetch: (url, init = {}) =>
    /^https:\/\/(queue\.)?fal\.run\//.test(url)
      ? fetch(`${BASE}/api/fal/proxy`, { ...init, headers: { ...init.headers, "x-fal-target-url": url } })
      : fetch(url, init),
});
const errorOf = (call) => refusal(call, (error) => error.statusCode);

async function picture(model, prompt, options = {}, provider = pictures) {
  const { image } = await generateImage({
    model: provider.image(model),
    prompt,
    providerOptions: { fal: options },
    maxRetries: 0,
  });
  return { file: digest(image.uint8Array) };
}

// Its own download refuses addresses of a private network, where the stage is.
async function download({ url }) {
  const response = await fetch(url);
  return { data: new Uint8Array(await response.arrayBuffer()), mediaType: response.headers.get("content-type") };
}

async function film() {
  const model = others.video("fal-ai/drift/text-to-video");
  const providerOptions = { fal: { pollIntervalMs: 300 } };
  const { video } = await generateVideo({ model, prompt: "a river", download, providerOptions });
  return { file: digest(video.uint8Array) };
}

async function speech() {
  const { audio } = await generateSpeech({ model: others.speech("stage/speech"), text: "Good morning" });
  return { file: digest(audio.uint8Array) };
}

async function transcription() {
  const { text } = await transcribe({
    model: others.transcription("wizper"),
    audio: recording(1),
    providerOptions: { fal: { chunkLevel: "segment" } },
  });
  return { text };
}

await main(
  {
    run: () => picture(PICTURE, "a mill"),
    invalid: () => errorOf(() => picture(PICTURE, "x", { num_images: 99 })),
    refused: () => errorOf(() => picture(CENSOR, FORBIDDEN)),
    blocked: () => errorOf(() => picture(PICTURE, "x")),
    budget: () => errorOf(() => picture(PICTURE, "x")),
    minute: () => picture(SLOW, "patience", { duration: MINUTE }),
    film,
    speech,
    transcription,
    names: () => picture(PICTURE, "two mills", {}, names),
  },
  { cancel: "its abortSignal ends the waiting; it has no call that cancels" },
);
