/**
 * <share-live data-token="token" data-version="17" data-item="3"> holds one poll for the comments
 * on a share, and swaps in changed parts (`features/sharing/live/parts.py`). Typed text, the focus
 * and a playing film stay: only elements that differ are replaced, and none with `data-keep`. The
 * parts with the ids in `data-refetch` come from the page itself, which is fetched again, also when
 * its items have changed. A hidden page does not poll, and catches up when it is shown.
 */
import { parsed } from "./server.js";
const ADDRESS = "/shares/live/";
const AFTER_ERROR_MS = [500, 1000, 2000, 5000, 10000];
const Status = { OK: 200, NOTHING_NEW: 204, OTHERS_ADMITTED: 403, NOT_SERVED: 404, ENDED: 410 };

class ShareLive extends HTMLElement {
  errors = 0;

  connectedCallback() {
    this.leaving = new AbortController();
    const { signal } = this.leaving;
    document.addEventListener("visibilitychange", () => this.restart(), { signal });
    addEventListener("online", () => this.restart(), { signal });
    addEventListener("pageshow", ({ persisted }) => persisted && this.restart(), { signal });
    this.later(0);
  }
  disconnectedCallback() {
    clearTimeout(this.timer);
    this.request?.abort();
    this.leaving.abort();
  }
  restart() {
    this.request?.abort();
    this.request = null;
    this.later(0);
  }
  later(pause) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.poll(), pause);
  }
  get address() {
    const { token, version, item = 0 } = this.dataset;
    return `${ADDRESS}?${new URLSearchParams({ watch: token, after: version, item })}`;
  }
  async poll() {
    if (this.request || this.isOver || document.hidden || !this.isConnected) return;
    const { signal } = (this.request = new AbortController());
    let response;
    try {
      response = await fetch(this.address, { signal });
      if (response.status === Status.OK) await this.take(await response.json(), response.headers);
    } catch {
      response = null;
    }
    if (signal.aborted) return;
    this.request = null;
    this.goOn(response?.status);
  }
  goOn(status) {
    if (status === Status.ENDED || status === Status.OTHERS_ADMITTED) {
      this.isOver = true;
      return location.reload(); // the page says why
    }
    if (status === Status.NOT_SERVED) return; // the server has no polls
    const isAnswered = status === Status.OK || status === Status.NOTHING_NEW;
    this.errors = isAnswered ? 0 : this.errors + 1;
    const { length } = AFTER_ERROR_MS;
    this.later(isAnswered ? 0 : AFTER_ERROR_MS[Math.min(this.errors, length) - 1]);
  }
  async take({ version, markup }, headers) {
    this.dataset.version = version;
    this.dataset.token = headers.get("vitrine-watch") ?? this.dataset.token;
    const { refetch } = this.dataset;
    if (refetch) return this.readAnew(refetch.split(" "));
    const template = document.createElement("template");
    template.innerHTML = markup;
    const now = template.content.getElementById("review-now");
    if (now?.dataset.gone) return location.replace(now.dataset.gone); // it was taken back
    const before = document.getElementById("review-now");
    const isOther = (fact) => now && before && now.dataset[fact] !== before.dataset[fact];
    if (isOther("open")) return location.reload(); // other forms than before
    const areOthers = isOther("items");
    for (const part of [...template.content.children]) show(part);
    return areOthers ? this.readAnew(["review-tiles"]) : undefined;
  }
  /** Fetches parts from the page itself, as this visitor sees it. */
  async readAnew(ids) {
    const response = await fetch(location.href, { signal: this.request.signal });
    const page = parsed(await response.text());
    for (const id of ids) show(page.getElementById(id));
  }
}

function show(part) {
  const shown = part && document.getElementById(part.id);
  if (shown) update(shown, part);
}

/** Makes an element equal to another one; equal and kept parts are not touched. */
export function update(shown, wanted) {
  if (shown.dataset.keep !== undefined || shown.isEqualNode(wanted)) return;
  const isList = wanted.querySelector(":scope > [id]") || shown.querySelector(":scope > [id]");
  if (!isList || shown.tagName !== wanted.tagName) return shown.replaceWith(wanted);
  copyAttributes(shown, wanted);
  const [before, after] = [byKey(shown), byKey(wanted)];
  for (const [key, child] of before) {
    if (!after.has(key) && child.dataset.keep === undefined) child.remove();
  }
  let place = shown.firstElementChild;
  for (const [key, child] of after) {
    const known = before.get(key);
    if (known && known === place) place = place.nextElementSibling;
    if (known) update(known, child);
    else shown.insertBefore(child, place);
  }
}
/** The children by their ids; those without one by their order. */
function byKey(parent) {
  let number = 0;
  return new Map([...parent.children].map((child) => [child.id || ++number, child]));
}
function copyAttributes(shown, wanted) {
  for (const { name } of [...shown.attributes]) {
    if (!wanted.hasAttribute(name)) shown.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (shown.getAttribute(name) !== value) shown.setAttribute(name, value);
  }
}
customElements.define("share-live", ShareLive);
