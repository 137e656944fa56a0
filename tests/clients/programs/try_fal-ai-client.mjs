// fal's client for JavaScript, under fal's own host names without a proxyUrl; `proxy` with one.
import { fal } from "@fal-ai/client";
import { WebSocket } from "undici";
import { BASE, CENSOR, digest, EDIT, FORBIDDEN, main, MINUTE, openFile, PICTURE, refusal, SLOW, TOKEN } from "./common.mjs";

globalThis.WebSocket ??= WebSocket; // built into Node from version 22 on
fal.config({ credentials: TOKEN });

const errorOf = (call) => refusal(call, (error) => error.status);
const input = { prompt: "a mill" };

async function everyWay() {
  const seen = [];
  const onQueueUpdate = (update) => seen.push(update.status);
  const polled = await fal.subscribe(PICTURE, { input, logs: true, pollInterval: 100, onQueueUpdate });
  const streamed = await fal.subscribe(PICTURE, { input, mode: "streaming", logs: true, onQueueUpdate });
  const held = await fal.run(PICTURE, { input });
  const { request_id: requestId } = await fal.queue.submit(PICTURE, { input, priority: "low" });
  const last = await fal.queue.subscribeToStatus(PICTURE, { requestId, pollInterval: 100 });
  const result = await fal.queue.result(PICTURE, { requestId });
  if (last.status !== "COMPLETED" || result.requestId !== requestId) throw new Error(`${last.status}`);
  if (!seen.includes("COMPLETED")) throw new Error(`It saw ${seen}`);
  for (const { data } of [polled, streamed, held]) await openFile(data.images[0].url);
  return openFile(result.data.images[0].url);
}

async function upload() {
  const { address } = await everyWay();
  const picture = Buffer.from(await (await fetch(address)).arrayBuffer());
  const blobs = ["1", "2"].map((end) => new Blob([picture, end], { type: "image/jpeg" }));
  const image_url = await fal.storage.upload(blobs[0]);
  await fal.subscribe(EDIT, { input: { prompt: "blue", image_url } });
  const { data } = await fal.subscribe(EDIT, { input: { prompt: "red", image_url: blobs[1] } });
  const sent = await Promise.all(blobs.map(async (blob) => digest(Buffer.from(await blob.arrayBuffer()))));
  return { sent, ...(await openFile(data.images[0].url)) };
}

// It sends files in parts from 90 MB on.
async function parts() {
  const blob = new Blob([Buffer.alloc((90 << 20) + 5, "noise")], { type: "application/zip" });
  const address = await fal.storage.upload(blob);
  if (!address.startsWith(`${BASE}/`)) throw new Error(address);
  return { uploaded: blob.size };
}

async function stream() {
  const events = await fal.stream("sandbox/scribe", { input: { prompt: "Write about mountains" } });
  let count = 0;
  for await (const _ of events) count += 1;
  return { events: count, text: (await events.done()).output };
}

const realtime = () =>
  new Promise((resolve, reject) => {
    let events = 0;
    const connection = fal.realtime.connect("sandbox/aurora/lite", {
      throttleInterval: 0,
      onError: reject,
      onResult: () => {
        events += 1;
        if (events === 1) return connection.send({ prompt: "Aurora in blue" });
        connection.close();
        resolve({ events });
      },
    });
    connection.send({ prompt: "Aurora in rose" });
  });

async function cancel() {
  const { request_id: requestId } = await fal.queue.submit(SLOW, { input: { duration: MINUTE } });
  await fal.queue.cancel(SLOW, { requestId });
  return errorOf(() => fal.queue.result(SLOW, { requestId }));
}

async function minute() {
  const { data } = await fal.run(SLOW, { input: { duration: MINUTE } });
  return openFile(data.images[0].url);
}

// With only this setting, no fal name has to lead here: for everything, uploads too, but realtime.
async function proxy() {
  fal.config({ credentials: TOKEN, proxyUrl: { url: `${BASE}/api/fal/proxy`, when: "always" } });
  await stream();
  return upload();
}

await main({
  run: everyWay,
  invalid: () => errorOf(() => fal.subscribe(PICTURE, { input: { prompt: "x", num_images: 99 } })),
  refused: () => errorOf(() => fal.run(CENSOR, { input: { prompt: FORBIDDEN } })),
  cancel,
  blocked: () => errorOf(() => fal.queue.submit(PICTURE, { input })),
  budget: () => errorOf(() => fal.run(PICTURE, { input })),
  minute,
  upload,
  parts,
  stream,
  realtime,
  proxy,
});
