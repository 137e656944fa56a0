/**
 * <live-runs hx-get="/runs/live/" hx-trigger="vitrine:poll" …> polls for every unfinished run on the
 * page at once: elements with data-watch. The server holds the answer until there is news.
 *
 * A browser has six connections to a server, so one tab asks for all: whoever has the lock. The others tell it
 * what they watch and get the markup of what has changed; should they hear nothing, they look now and then
 * by themselves. Hidden tabs are silent and catch up when shown, but for those whose person asked to be notified.
 */
const TABS = "vitrine-live-runs";
const WAITING_MS = 3000;
const HIDDEN_MS = 5000;
const OFFER_MS = 2000;
const JOIN_MS = 10; // tabs that were asked what they watch answer together
const TIMEOUT_MS = 20000; // a laptop that slept may hold a connection that nobody answers any more
const PICTURES_FROM = "vitrine-pictures-from";
const STOPPED = 286;
const LOGGED_OUT = 401;
const AFTER_ERROR_MS = [500, 1000, 2000, 5000, 10000];

/** This tab among the browser's others. Open while something is watched; a page without it can be kept for Back. */
const tabs = {
  name: Math.random(),
  others: new Map(), // by tab, what those watch that do not ask: <run>:<version>:<view>:<mark>
  join() {
    if (this.channel) return;
    this.channel = new BroadcastChannel(TABS);
    this.channel.onmessage = ({ data }) => document.querySelector("live-runs").hear(data);
    this.wish = new AbortController();
    if (!navigator.locks) return (this.release = () => {}); // plain HTTP from another machine: each tab asks for itself
    navigator.locks.request(TABS, { signal: this.wish.signal }, () => this.ask()).catch(() => {}); // left before it came
  },
  ask() {
    setTimeout(() => document.querySelector("live-runs").poll());
    this.channel.postMessage({ isAnyoneThere: true });
    return new Promise((resolve) => (this.release = resolve));
  },
  leave() {
    if (!this.channel) return;
    this.say([]);
    this.channel.close();
    this.wish.abort();
    this.release?.();
    this.channel = this.release = this.said = null;
    this.others.clear();
  },
  get isAsking() {
    return Boolean(this.release);
  },
  /** Tell who asks what is watched here. */
  say(watched) {
    const said = watched.map(sight).join();
    if (this.said !== said) this.channel.postMessage({ tab: this.name, watched });
    this.said = said;
  },
  /** Pass on an answer: the others have these versions from now on. */
  pass(markup, versions) {
    const newest = new Map(versions.map((text) => [sight(text), version(text)]));
    const told = (text) => text.replace(/:\d+:/, `:${newest.get(sight(text)) ?? version(text)}:`);
    for (const [tab, watched] of this.others) this.others.set(tab, watched.map(told));
    this.channel.postMessage({ markup });
  },
};
/** A run in a view, whatever its version. */
const sight = (text) => text.replace(/^([^:]+):\d+:([^:]*).*$/, "$1:$2");
const version = (text) => Number(text.split(":")[1]);
/** Each run and view once, as whoever has the oldest has it. */
function oldest(texts) {
  const found = new Map();
  for (const text of texts) if (!(version(found.get(sight(text)) ?? ":Infinity") <= version(text))) found.set(sight(text), text);
  return [...found.values()];
}

class LiveRuns extends HTMLElement {
  connectedCallback() {
    this.errors = 0;
    this.waited = new Set();
    this.leaving = new AbortController();
    const { signal } = this.leaving;
    for (const name of ["htmx:configRequest", "htmx:beforeSend", "htmx:beforeOnLoad", "htmx:beforeSwap", "htmx:afterRequest"]) this.addEventListener(name, this, { signal });
    for (const name of ["visibilitychange", "htmx:afterSettle"]) document.addEventListener(name, this, { signal });
    for (const name of ["pageshow", "pagehide", "online"]) addEventListener(name, this, { signal });
    this.tell();
    this.later(0); // htmx has to know this element first
  }
  disconnectedCallback() {
    clearTimeout(this.timer);
    clearTimeout(this.joining);
    this.leaving.abort();
  }
  get watched() {
    return [...document.querySelectorAll("[data-watch]")];
  }
  /** Those that have not ended. Of one that has, only what its files are may still be watched. */
  get ids() {
    return new Set(this.watched.filter((run) => run.dataset.runState).map((run) => run.dataset.runId));
  }
  get wanted() {
    return this.watched.map((run) => `${run.dataset.runId}:${run.dataset.version}:${run.dataset.watch}`);
  }
  handleEvent(event) {
    const { detail, persisted } = event;
    if (event.type === "htmx:configRequest") {
      const own = this.wanted;
      this.asked = own.join();
      this.all = oldest([...own, ...(tabs.isAsking ? [...tabs.others.values()].flat() : [])]);
      detail.timeout = TIMEOUT_MS;
      detail.path = `/runs/live/?${this.all.map((text) => `r=${encodeURIComponent(text)}`).join("&")}${tabs.isAsking ? "&hold=1" : ""}`;
    } else if (event.type === "htmx:beforeSend") {
      this.xhr = detail.xhr;
      this.askedAt = Date.now();
    } else if (event.type === "htmx:beforeOnLoad") {
      const { responseText } = detail.xhr;
      if (tabs.others.size && responseText) tabs.pass(responseText, detail.xhr.getResponseHeader("versions")?.split(" ") ?? []);
      this.ours = ofThisPage(responseText);
      fetchFirst(this.ours);
    } else if (event.type === "htmx:beforeSwap") {
      detail.serverResponse = this.ours;
    } else if (event.type === "htmx:afterRequest") {
      this.isAsking = false;
      this.errors = detail.successful ? 0 : this.errors + 1;
      this.isOver = detail.xhr.status === STOPPED;
      this.isLoggedOut = detail.xhr.status === LOGGED_OUT;
      this.say();
      this.take();
      // htmx counts the request as under way until this event is over.
      this.later(detail.xhr.status === 204 || this.errors ? undefined : 0);
    } else if (event.type === "htmx:afterSettle") {
      this.take();
      if (this.isAsking && this.asked !== undefined && this.asked !== this.wanted.join()) this.restart();
      else this.later(0);
    } else if (event.type === "pagehide") {
      tabs.leave();
    } else if (this.isAsking && this.asked !== undefined && (persisted ?? true)) {
      this.restart(); // whoever was asked may be gone since, and a hidden page asks nobody
    } else {
      this.askedAt = 0;
      this.poll();
    }
  }
  /** What another tab says: that it asks now, what it watches, or what has changed. */
  hear({ isAnyoneThere, tab, watched, markup }) {
    if (isAnyoneThere) {
      tabs.said = null;
      tabs.say(this.wanted);
    } else if (markup) {
      const ours = ofThisPage(markup);
      this.askedAt = Date.now(); // as good as an answer of one's own
      fetchFirst(ours);
      if (ours) htmx.swap(this, ours, { swapStyle: "none" });
      this.take();
    } else if (tabs.isAsking && navigator.locks) {
      if (watched.length) tabs.others.set(tab, watched);
      else tabs.others.delete(tab);
      const known = new Set(this.all?.map(sight));
      if (watched.every((text) => known.has(sight(text)))) return;
      clearTimeout(this.joining);
      this.joining = setTimeout(() => (this.isAsking ? this.restart() : this.poll()), JOIN_MS);
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
  /**
   * What was waited for and has ended is told, however the page shows it; and what gave its place to another.
   * Whoever waits for long for one that has come is offered to be notified.
   */
  tell() {
    const before = this.waited;
    this.waited = this.ids;
    for (const id of before.difference(this.waited)) {
      const run = document.querySelector(`[data-run-id="${id}"]`);
      const told = new CustomEvent(run ? "run:finished" : "run:left", { bubbles: true, detail: { state: run?.dataset.runState } });
      (run ?? document.body).dispatchEvent(told);
    }
    if (this.waited.difference(before).size) setTimeout(() => this.ids.size && notify(), OFFER_MS);
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
    const catchesUp = "Runs go on, and this page catches up by itself.";
    const text = this.isLoggedOut ? `You are logged out. ${catchesUp}` : this.isOver ? "This page is out of date. Reload it to see how its runs went on." : this.errors > 2 ? `${offline} ${catchesUp}` : "";
    const line = document.querySelector("#toasts [data-live]");
    if (!text) return line?.remove();
    if (line?.firstChild.textContent === text) return;
    line?.remove();
    const fresh = Object.assign(document.createElement("p"), { textContent: text });
    fresh.dataset.live = "";
    if (this.isLoggedOut) fresh.append(" ", document.getElementById("log-in").content.cloneNode(true));
    document.getElementById("toasts").append(fresh);
  }
  later(pause = this.errors ? AFTER_ERROR_MS[Math.min(this.errors, AFTER_ERROR_MS.length) - 1] : document.hidden ? HIDDEN_MS : 0) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.poll(), pause);
  }
  poll() {
    if (this.isAsking || this.isOver || !this.isConnected) return;
    if (!this.watched.length || document.hidden) {
      tabs.leave();
      if (!this.ids.size || !isNotified()) return;
      notify();
    }
    if (!window.htmx) return document.addEventListener("htmx:load", () => this.poll(), { once: true });
    if (!document.hidden) {
      tabs.join();
      tabs.say(this.wanted);
      const pause = tabs.isAsking ? 0 : (this.askedAt ??= Date.now()) + WAITING_MS - Date.now();
      if (pause > 0) return this.later(pause);
    }
    this.isAsking = true;
    this.asked = undefined;
    if (this.ids.size && !document.hidden) connectFirst();
    htmx.trigger(this, "vitrine:poll");
  }
}

const isNotified = () => localStorage.getItem("vitrine-notify") === "1";
// While the server is away nothing is offered; the next page, or the next look, offers again.
const notify = () => import("./lazy/notify.js").then(({ offer }) => offer(), () => undefined);

/** Ask for the large pictures of an answer before the page is changed: that takes about as long as they do. */
function fetchFirst(markup) {
  for (const [, address] of markup.matchAll(/<img src="(?!data:)([^"]+)"(?![^>]* loading="lazy")/g)) {
    const link = Object.assign(document.createElement("link"), { rel: "preload", as: "image", referrerPolicy: "no-referrer", href: address.replaceAll("&amp;", "&") });
    link.onload = link.onerror = () => link.remove();
    document.head.append(link);
    const { origin } = new URL(link.href);
    if (origin !== location.origin) localStorage.setItem(PICTURES_FROM, origin);
  }
}
/** Connect to where the last picture came from while the next is made: from afar that takes as long as the picture. An unused connection is kept for seconds. */
function connectFirst() {
  const href = localStorage.getItem(PICTURES_FROM);
  if (!href) return;
  document.head.querySelector("link[rel='preconnect']")?.remove();
  document.head.append(Object.assign(document.createElement("link"), { rel: "preconnect", href }));
}

/** Of the changed elements those that this page has: an answer may be for several tabs, and what was asked for may be gone. */
function ofThisPage(markup) {
  const answer = Object.assign(document.createElement("template"), { innerHTML: markup });
  return [...answer.content.children].filter(({ id }) => document.getElementById(id)).map(({ outerHTML }) => outerHTML).join("");
}
customElements.define("live-runs", LiveRuns);
