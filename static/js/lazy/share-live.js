/**
 * <share-live data-watch="token" data-version="17" data-item="3"> holds one poll for what is said
 * on a share, and swaps in the parts that have changed (`sharing/live/parts.py`). Typed text, the
 * focus and a playing film stay: only elements that differ are replaced, and none with `data-keep`.
 * A hidden page does not poll, and catches up when it is shown. `data-item` is the item that is open
 * now; whoever opens another one changes the attribute.
 */
const ADDRESS = "/shares/live/";
const AFTER_ERROR_MS = [500, 1000, 2000, 5000, 10000];
const Status = { OK: 200, NOTHING_NEW: 204, OTHERS_ADMITTED: 403, ENDED: 410 };

class ShareLive extends HTMLElement {
  static observedAttributes = ["data-item"];
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
  attributeChangedCallback(name, before, now) {
    if (before === null || before === now) return;
    this.isBehind = true; // the parts of another item: whatever its version
    this.restart();
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
    const { watch, version, item = 0 } = this.dataset;
    const after = this.isBehind ? 0 : version;
    return `${ADDRESS}?${new URLSearchParams({ watch, after, item })}`;
  }
  async poll() {
    if (this.request || this.isOver || document.hidden || !this.isConnected) return;
    const { signal } = (this.request = new AbortController());
    let response;
    try {
      response = await fetch(this.address, { signal });
      if (response.status === Status.OK) this.take(await response.json(), response.headers);
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
    const isAnswered = status === Status.OK || status === Status.NOTHING_NEW;
    this.errors = isAnswered ? 0 : this.errors + 1;
    const { length } = AFTER_ERROR_MS;
    this.later(isAnswered ? 0 : AFTER_ERROR_MS[Math.min(this.errors, length) - 1]);
  }
  take({ version, markup, gone }, headers) {
    this.isBehind = false;
    this.dataset.version = version;
    this.dataset.watch = headers.get("vitrine-watch") ?? this.dataset.watch;
    for (const id of gone) document.getElementById(id)?.remove();
    const template = document.createElement("template");
    template.innerHTML = markup;
    for (const part of [...template.content.children]) {
      const shown = document.getElementById(part.id);
      if (shown) update(shown, part);
    }
    this.dispatchEvent(new CustomEvent("share:changed", { bubbles: true, detail: { version } }));
  }
}

/** Makes an element like another one; what is the same, or kept, is left alone. */
export function update(shown, wanted) {
  if (shown.dataset.keep !== undefined || shown.isEqualNode(wanted)) return;
  const isList = [...wanted.children].some(({ id }) => id) || shown.querySelector(":scope > [id]");
  if (!isList || shown.tagName !== wanted.tagName) return shown.replaceWith(wanted);
  copyAttributes(shown, wanted);
  const keys = new Set([...wanted.children].map(({ id }) => id));
  for (const child of [...shown.children]) {
    if (!keys.has(child.id) && child.dataset.keep === undefined) child.remove();
  }
  let place = shown.firstElementChild;
  for (const child of [...wanted.children]) {
    const known = child.id && [...shown.children].find(({ id }) => id === child.id);
    if (known && known === place) place = place.nextElementSibling;
    if (known) update(known, child);
    else shown.insertBefore(child, place);
  }
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
