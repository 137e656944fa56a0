/* Uploads one file with progress, unless the server already has it. */
import { csrfToken, digestOf } from "./server.js";
const HASHED_UP_TO_BYTES = 64e6;

/** Why an upload failed; `isFinal` if a retry would fail as well, `href` where one makes room. */
class Failure extends Error {
  constructor(sentence, isFinal = false, href = "") {
    super(sentence);
    Object.assign(this, { isFinal, href });
  }
}

/** Adds to `note`, which says why an upload failed, the link to what makes room for it. */
export function linkTo(note, { href }) {
  if (!href) return;
  const link = Object.assign(document.createElement("a"), { href, target: "_blank" });
  link.textContent = "See your largest files";
  note.append(" ", link);
}

/**
 * The address of the uploads of a media field, or of a part of them such as "choices/": that of its
 * form, whose query names the project.
 */
export function uploadsAddress(field, part = "") {
  const named = field.closest("form")?.dataset.uploadUrl ?? field.getAttribute("upload-url");
  const address = new URL(named, location.href);
  address.pathname += part;
  return address;
}

/**
 * → {url, name, size_bytes, content_type}; throws a Failure, or an AbortError if `signal` is
 * aborted.
 */
export async function send(file, { field, kind, form, signal, onProgress }) {
  const token = tokenOf(form);
  const stored = await ask(file, uploadsAddress(field, "known/"), token, signal);
  if (stored) return stored;
  const body = new FormData();
  body.append("kind", kind);
  body.append("file", file);
  return post(file.name, uploadsAddress(field), body, token, signal, onProgress);
}

/** Lets the server pack `chosen`, pairs of a form, for `field`; returns and throws as `send` does. */
export function pack(name, chosen, { field, form, signal, onProgress }) {
  const body = new FormData();
  for (const [key, value] of chosen) body.append(key, value);
  return post(name, packingAddress(field), body, tokenOf(form), signal, onProgress);
}

/** The address that offers what may be packed for `field`, and packs it. */
export function packingAddress(field) {
  const address = new URL(field.dataset.packing, location.href);
  address.searchParams.set("field", field.text.name);
  return address;
}

function tokenOf(form) {
  return csrfToken() || (form?.querySelector("[name='csrfmiddlewaretoken']")?.value ?? "");
}

/* Announces the file first: one that the server has or would reject is not sent. */
async function ask(file, url, token, signal) {
  const body = new FormData();
  body.append("name", file.name);
  body.append("size_bytes", file.size);
  body.append("digest", await digest(file));
  let answer;
  try {
    answer = await fetch(url, {
      method: "POST",
      body,
      signal,
      headers: { "x-csrftoken": token },
    });
  } catch (error) {
    throw error.name === "AbortError" ? error : lost(file.name);
  }
  if (answer.status === 204) return null;
  return read(file.name, answer.status, await answer.text());
}

/*
 * Browsers hash only in a secure context; otherwise the server hashes after the upload.
 */
async function digest(file) {
  if (!globalThis.crypto?.subtle || file.size > HASHED_UP_TO_BYTES) return "";
  return digestOf(await file.arrayBuffer());
}

function post(name, url, body, token, signal, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.setRequestHeader("x-csrftoken", token);
    request.setRequestHeader("accept", "application/json");
    request.upload.addEventListener(
      "progress",
      (event) => event.lengthComputable && onProgress(event.loaded / event.total),
    );
    request.addEventListener("error", () => reject(lost(name)));
    request.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
    request.addEventListener("load", () => {
      try {
        resolve(read(name, request.status, request.responseText));
      } catch (error) {
        reject(error);
      }
    });
    signal.addEventListener("abort", () => request.abort());
    request.send(body);
  });
}

const lost = (name) => new Failure(`${name} did not get through: the server does not answer.`);

function read(name, status, text) {
  let answer = null;
  try {
    answer = JSON.parse(text);
  } catch {
    // HTML instead of JSON: the login page, a proxy's page, or Django's error page.
    if (status === 200 || status === 403)
      throw new Failure("You are logged out. Log in in another tab, then try again.");
  }
  if (status === 200 && answer.url) return answer;
  if (answer?.error) throw new Failure(answer.error, [403, 413, 422].includes(status), answer.href);
  if (status === 413)
    throw new Failure(`${name} is larger than the server in between takes.`, true);
  throw new Failure(`The server could not keep ${name} (it answered ${status}).`);
}
