// Shared by the programs in JavaScript: their command line, and opening a file.
import { createHash } from "node:crypto";

export const { VITRINE_URL: BASE, VITRINE_TOKEN: TOKEN, HUB_URL } = process.env;
export const [PICTURE, SLOW, CENSOR] = ["sandbox/aurora", "mischief/slow", "mischief/slow"];
export const [EDIT, SPEECH, FILM] = ["sandbox/aurora/image-to-image", "murmur/voice", "sandbox/drift/text-to-video"];
export const FORBIDDEN = "a forbidden garden";
export const MINUTE = 60;

// Prints what the client can do, or keeps the promise that the argument names. `statuses` are those
// of its errors, if they differ from fal's; null means that it shows none.
export async function main(promises, cannot = {}, statuses = {}) {
  const [name] = process.argv.slice(2);
  if (!name) {
    console.log(JSON.stringify({ promises: Object.keys(promises), cannot, statuses }));
    return;
  }
  try {
    const facts = await promises[name]();
    process.stdout.write(`\n${JSON.stringify(facts)}\n`, () => process.exit(0));
  } catch (error) {
    console.error(error);
    console.error(String(error).replaceAll("\n", " ")); // the table shows the last line
    process.exit(1);
  }
}

// The SHA-256 by which the stage knows a file.
export const digest = (content) => createHash("sha256").update(content).digest("hex");

// Opens a result's file as a program without a token does.
export async function openFile(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address} answers ${response.status}`);
  return { file: digest(Buffer.from(await response.arrayBuffer())), address };
}

// Returns status and text of the error with which a call fails.
export async function refusal(call, statusOf) {
  try {
    const unexpected = await call();
    return { status: 0, text: `no error but ${JSON.stringify(unexpected)?.slice(0, 200)}` };
  } catch (error) {
    const more = error.body ?? error.responseBody ?? error.httpResponse?.body ?? "";
    return { status: statusOf(error) ?? null, text: `${error.message} ${JSON.stringify(more)}` };
  }
}

// Returns a WAV of silence.
export function recording(seconds) {
  const [rate, head] = [8000, Buffer.alloc(44)];
  const size = seconds * rate * 2;
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + size, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(size, 40);
  return Buffer.concat([head, Buffer.alloc(size)]);
}
