/**
 * <live-runs hx-get="/runs/live/" hx-trigger="vitrine:poll" …> polls for every unfinished run on the
 * page at once: elements with data-watch. The server holds the answer until there is news.
 *
 * A browser has six connections to a server, so only three tabs hold at a time (named locks are
 * shared by all tabs); the others ask briefly and often. Hidden tabs are silent and catch up when shown,
 * but for those whose person asked to be notified: they look now and then.
 */
const SLOTS = ["vitrine-hold-1", "vitrine-hold-2", "vitrine-hold-3"];
const BRIEF_MS = 100;
const HIDDEN_MS = 5000;
const OFFER_MS = 2000;
const TIMEOUT_MS = 20000; // a laptop that slept may hold a connection that nobody answers any more
const STOPPED = 286;
const AFTER_ERROR_MS = [500, 1000, 2000, 5000, 10000];

class LiveRuns extends HTMLElement {
  connectedCallback() {
    this.errors = 0;
    this.release = null;
    this.waited = this.ids;
    this.leaving = new AbortController();
    const { signal } = this.leaving;
    for (const name of ["htmx:configRequest", "htmx:beforeSend", "htmx:beforeOnLoad", "htmx:afterRequest"]) this.addEventListener(name, this, { signal });
    for (const name of ["visibilitychange", "htmx:afterSettle"]) document.addEventListener(name, this, { signal });
    for (const name of ["pageshow", "online"]) addEventListener(name, this, { signal });
    this.offering = setTimeout(() => this.watched.length && notify(), OFFER_MS);
    this.later(0); // htmx has to know this element first
  }
  disconnectedCallback() {
    clearTimeout(this.timer);
    clearTimeout(this.offering);
    this.leaving.abort();
    this.release?.();
  }
  get watched() {
    return [...document.querySelectorAll("[data-watch]")];
  }
  get ids() {
    return new Set(this.watched.map((run) => run.dataset.runId));
  }
  get wanted() {
    const texts = this.watched.map((run) => `${run.dataset.runId}:${run.dataset.version}:${run.dataset.watch}`);
    return texts.map((text) => `r=${encodeURIComponent(text)}`).join("&");
  }
  async handleEvent(event) {
    if (event.type === "htmx:configRequest") {
      this.asked = this.wanted;
      event.detail.timeout = TIMEOUT_MS;
      event.detail.path = `/runs/live/?${this.asked}${this.release ? "&hold=1" : ""}`;
    } else if (event.type === "htmx:beforeSend") {
      this.xhr = event.detail.xhr;
    } else if (event.type === "htmx:beforeOnLoad") {
      fetchFirst(event.detail.xhr.responseText);
    } else if (event.type === "htmx:afterRequest") {
      this.isAsking = false;
      this.errors = event.detail.successful ? 0 : this.errors + 1;
      this.isOver = event.detail.xhr.status === STOPPED;
      this.say();
      this.take();
      // htmx counts the request as under way until this event is over.
      this.later(event.detail.xhr.status === 204 || this.errors ? undefined : 0);
    } else if (event.type === "htmx:afterSettle") {
      this.take();
      if (this.isAsking && this.asked !== undefined && this.asked !== this.wanted) this.restart();
      else this.later(0);
    } else if (this.isAsking && this.asked !== undefined && (event.persisted ?? true)) {
      this.restart(); // whoever was asked may be gone since, and a hidden page asks nobody
    } else {
      this.poll();
    }
  }
  /** Copy what the swapped status says onto the run's own element, and go on. */
  take() {
    for (const status of document.querySelectorAll("[data-run-status]")) {
      const run = status.closest("[data-run-id]");
      if (!run || run.dataset.version === status.dataset.version) continue;
      run.dataset.version = status.dataset.version;
      run.dataset.runState = status.dataset.runStatus;
      const log = run.querySelector(".log ol");
      // In the next frame: to measure now would lay out the page before the picture is asked for.
      if (log) requestAnimationFrame(() => (log.scrollTop = log.scrollHeight));
      if (status.dataset.final) delete run.dataset.watch;
    }
    this.tell();
  }
  /** What was waited for and has ended is told, however the page shows it; and what gave its place to another. */
  tell() {
    const before = this.waited;
    this.waited = this.ids;
    for (const id of before.difference(this.waited)) {
      const run = document.querySelector(`[data-run-id="${id}"]`);
      const told = new CustomEvent(run ? "run:finished" : "run:left", { bubbles: true, detail: { state: run?.dataset.runState } });
      (run ?? document.body).dispatchEvent(told);
    }
  }
  /** A run came or went: what is being held was asked for by another page, so to speak. */
  restart() {
    const fresh = this.cloneNode();
    if (this.xhr) {
      this.xhr.onabort = null; // htmx would call it an error
      this.xhr.abort();
    }
    this.replaceWith(fresh);
    htmx.process(fresh);
  }
  /** A calm line while the page cannot be kept up to date. */
  say() {
    const offline = navigator.onLine ? "The server does not answer." : "You are offline.";
    const text = this.isOver ? "This page is out of date. Reload it to see how its runs went on." : this.errors > 2 ? `${offline} Runs go on, and this page catches up by itself.` : "";
    const line = document.querySelector("#toasts [data-live]");
    if (!text) return line?.remove();
    if (line?.textContent === text) return;
    line?.remove();
    const fresh = Object.assign(document.createElement("p"), { textContent: text });
    fresh.dataset.live = "";
    document.getElementById("toasts").append(fresh);
  }
  later(pause = this.errors ? AFTER_ERROR_MS[Math.min(this.errors, AFTER_ERROR_MS.length) - 1] : this.release ? 0 : document.hidden ? HIDDEN_MS : BRIEF_MS) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.poll(), pause);
  }
  async poll() {
    if (this.isAsking || this.isOver || !this.isConnected) return;
    if (!this.watched.length || document.hidden) {
      this.release?.();
      this.release = null;
      if (!this.watched.length || !isNotified()) return;
      notify();
    }
    if (!window.htmx) return document.addEventListener("htmx:load", () => this.poll(), { once: true });
    this.isAsking = true;
    this.asked = undefined;
    if (!document.hidden) this.release ??= await hold();
    htmx.trigger(this, "vitrine:poll");
  }
}

const isNotified = () => window.Notification?.permission === "granted" && localStorage.getItem("vitrine-notify") === "1";
// While the server is away nothing is offered; the next page, or the next look, offers again.
const notify = () => import("./lazy/notify.js").then(({ offer }) => offer(), () => undefined);

/** Ask for the large pictures of an answer before the page is changed: that takes about as long as they do. */
function fetchFirst(markup) {
  for (const [, address] of markup.matchAll(/<img src="(?!data:)([^"]+)"(?![^>]* loading="lazy")/g)) {
    const link = Object.assign(document.createElement("link"), { rel: "preload", as: "image", referrerPolicy: "no-referrer", href: address.replaceAll("&amp;", "&") });
    link.onload = link.onerror = () => link.remove();
    document.head.append(link);
  }
}

/** The function that gives a slot back, or null when every slot is taken. */
async function hold() {
  if (!navigator.locks) return null;
  for (const slot of SLOTS) {
    const release = await new Promise((resolve) => {
      navigator.locks.request(slot, { ifAvailable: true }, (lock) => (lock ? new Promise((done) => resolve(done)) : resolve(null)));
    });
    if (release) return release;
  }
  return null;
}
customElements.define("live-runs", LiveRuns);
