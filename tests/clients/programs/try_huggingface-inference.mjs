// Hugging Face's client for JavaScript with the provider fal-ai, by its urlTransform; `names` by fal's names.
// It asks the Hub for a model's name at fal; a small server plays the Hub.
import { InferenceClient } from "@huggingface/inference";
import { BASE, CENSOR, digest, FORBIDDEN, HUB_URL, main, MINUTE, PICTURE, recording, refusal, SLOW, SPEECH, TOKEN } from "./common.mjs";

// Between polls, its timers do not keep a program alive; a server would run anyway.
if (process.argv[2]) setInterval(() => {}, 1000);
const client = new InferenceClient(TOKEN);
const here = {
  urlTransform: (url) =>
    url.replace("https://queue.fal.run/", `${BASE}/api/fal/queue/`).replace("https://fal.run/", `${BASE}/api/fal/run/`),
};
const options = { fetch: (url, init) => fetch(String(url).replace("https://huggingface.co", HUB_URL), init) };
const named = (model, task) => ({ provider: "fal-ai", model: `${task}/${model.replaceAll("/", ".")}` });
const errorOf = (call) => refusal(call, (error) => error.httpResponse?.status);
const digestOf = async (blob) => ({ file: digest(Buffer.from(await blob.arrayBuffer())) });

const picture = async (model, inputs, parameters = {}, how = here) =>
  digestOf(await client.textToImage({ ...named(model, "text-to-image"), ...how, inputs, parameters }, options));

async function edit() {
  const made = await client.textToImage({ ...named(PICTURE, "text-to-image"), ...here, inputs: "a mill" }, options);
  const model = named("sandbox/aurora/image-to-image", "image-to-image");
  return digestOf(await client.imageToImage({ ...model, ...here, inputs: made, parameters: { prompt: "blue" } }, options));
}

const film = async () =>
  digestOf(await client.textToVideo({ ...named("sandbox/drift/text-to-video", "text-to-video"), ...here, inputs: "a river" }, options));

const speech = async () =>
  digestOf(await client.textToSpeech({ ...named(SPEECH, "text-to-speech"), ...here, inputs: "Good morning" }, options));

async function transcription() {
  const data = new Blob([recording(1)], { type: "audio/wav" });
  const model = named("fal-ai/wizper", "automatic-speech-recognition");
  return client.automaticSpeechRecognition({ ...model, ...here, data }, options);
}

await main(
  {
    run: () => picture(PICTURE, "a mill"),
    invalid: () => errorOf(() => picture(PICTURE, "x", { num_images: 99 })),
    refused: () => errorOf(() => picture(CENSOR, FORBIDDEN)),
    blocked: () => errorOf(() => picture(PICTURE, "x")),
    budget: () => errorOf(() => picture(PICTURE, "x")),
    minute: () => picture(SLOW, "patience", { duration: MINUTE }),
    edit,
    film,
    speech,
    transcription,
    names: () => picture(PICTURE, "two mills", {}, {}),
  },
  { cancel: "its signal ends the waiting; it has no call that cancels" },
  // It ignores the status of a result, so it reports a failure in the queue only in words.
  { invalid: null, refused: null },
);
