// TanStack AI's adapter for fal, which is fal's own client with a proxyUrl; `names` without one.
import { generateImage, generateSpeech, generateTranscription, generateVideo, getVideoJobStatus } from "@tanstack/ai";
import { falImage, falSpeech, falTranscription, falVideo } from "@tanstack/ai-fal";
import { BASE, CENSOR, digest, FILM, FORBIDDEN, main, MINUTE, openFile, PICTURE, recording, refusal, SLOW, SPEECH, TOKEN } from "./common.mjs";

const proxyUrl = { url: `${BASE}/api/fal/proxy`, when: "always" };
const config = process.argv[2] === "names" ? { apiKey: TOKEN } : { apiKey: TOKEN, proxyUrl };
const errorOf = (call) => refusal(call, (error) => error.status);
const debug = false;

async function picture(model, prompt, modelOptions = {}) {
  const result = await generateImage({ adapter: falImage(model, config), prompt, modelOptions, debug });
  if (!(result.usage?.unitsBilled > 0)) throw new Error("It does not know what was billed.");
  return openFile(result.images[0].url);
}

async function film() {
  const adapter = falVideo(FILM, config);
  const { jobId } = await generateVideo({ adapter, prompt: "a river", debug });
  for (;;) {
    const job = await getVideoJobStatus({ adapter, jobId, debug });
    if (job.url) return openFile(job.url);
    await new Promise((later) => setTimeout(later, 300));
  }
}

async function speech() {
  const { audio } = await generateSpeech({ adapter: falSpeech(SPEECH, config), text: "Good morning", debug });
  return { file: digest(Buffer.from(audio, "base64")) };
}

async function transcription() {
  const audio = new Blob([recording(1)], { type: "audio/wav" });
  const { text } = await generateTranscription({ adapter: falTranscription("fal-ai/wizper", config), audio, debug });
  return { text, sent: [digest(recording(1))] };
}

const run = () => picture(PICTURE, "a mill");
await main(
  {
    run,
    invalid: () => errorOf(() => picture(PICTURE, "x", { num_inference_steps: 9999, num_images: 99 })),
    refused: () => errorOf(() => picture(CENSOR, FORBIDDEN)),
    blocked: () => errorOf(() => picture(PICTURE, "x")),
    budget: () => errorOf(() => picture(PICTURE, "x")),
    minute: () => picture(SLOW, "patience", { duration: MINUTE }),
    film,
    speech,
    transcription,
    names: run,
  },
  { cancel: "its abortSignal ends the waiting; it has no call that cancels" },
);
