/**
 * <live-runs hx-get="/runs/live/" hx-trigger="vitrine:poll" …> long-polls for all unfinished runs
 * on the page: elements with data-watch. The server holds the response until one of them changes.
 *
 * A browser has six connections per server, so one tab, the holder of a Web Lock, polls for all
 * tabs. The others send it what they watch and receive changed markup; if they receive nothing,
 * they poll occasionally themselves. Hidden tabs do not poll and catch up when shown, unless
 * notifications were requested.
 */
const TABS = "vitrine-live-runs";
const MOST = 50; // runs that one tab watches at a time, without those of groups
const DIGITS = 8; // of a run's key, which distinguish it within its group
const WAITING_MS = 3000;
const HIDDEN_MS = 5000;
const OFFER_MS = 2000;
const JOIN_MS = 10; // wait until all tabs have sent what they watch
const DRAWN_MS = 100; // after the last run of all tabs: first its result is drawn
const TIMEOUT_MS = 20000; // after sleep a laptop may hold a dead connection
const PICTURES_FROM = "vitrine-pictures-from";
const STOPPED = 286;
const LOGGED_OUT = 401;
const AFTER_ERROR_MS = [500, 1000, 2000, 5000, 10000];

/**
 * The channel to the browser's other tabs. Open only while something is watched: an open channel
 * keeps a page out of the back/forward cache.
 */
const tabs = {
  name: Math.random(),
  others: new Map(), // runs watched by tabs that do not poll, by tab: <run>:<version>:<view>:<mark>
  join() {
    if (this.channel) return;
    this.channel = new BroadcastChannel(TABS);
    this.channel.onmessage = ({ data }) => document.querySelector("live-runs").hear(data);
    this.wish = new AbortController();
    // insecure context (plain HTTP): no locks, each tab polls for itself
    if (!navigator.locks) return (this.release = () => {});
    // the page was left before the lock was granted
    navigator.locks.request(TABS, { signal: this.wish.signal }, () => this.ask()).catch(() => {});
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
  /** Sends the polling tab what this tab watches. */
  say(watched) {
    const said = watched.map(sight).join();
    if (this.said !== said) this.channel.postMessage({ tab: this.name, watched });
    this.said = said;
  },
  /** Replaces old tokens: a page may be open for days. */
  renew(texts) {
    renew(texts);
    const fresh = new Map(texts.map((text) => [text.split(":", 2).join(":"), text]));
    const token = (text) => {
      const [, , view, mark] = text.split(":");
      const found = fresh.get(sight(text)) ?? fresh.get(`${groupOf(mark)}:${view}`);
      return found?.split(":")[2] ?? mark;
    };
    const told = (text) => text.split(":", 3).concat(token(text)).join(":");
    for (const [tab, watched] of this.others) this.others.set(tab, watched.map(told));
    this.channel?.postMessage({ renewed: texts });
  },
  /** Passes a response on to the other tabs, which then have these versions. */
  pass(elements, versions) {
    const newest = new Map(versions.map((text) => [sight(text), version(text)]));
    const told = (text) =>
      text.replace(/:[\d.]+:/, `:${newest.get(sight(text)) ?? version(text)}:`);
    for (const [tab, watched] of this.others) this.others.set(tab, watched.map(told));
    this.channel.postMessage({ elements });
  },
};
/** The run of a watched element; the tray uses its own attribute, as it shows no view of a run. */
const idOf = ({ dataset }) => dataset.runId ?? dataset.trayId;
/** The key of a run in a view, without its version. */
const sight = (text) => text.replace(/^([^:]+):[\d.]+:([^:]*).*$/, "$1:$2");
const version = (text) => Number(text.split(":")[1]);
/** The group whose token watches a run; none for a run with a token of its own. */
const groupOf = (mark) => mark.split("@")[1];
/** Updates the tokens of this page's elements: <run or group>:<view>:<token>. */
function renew(texts) {
  for (const text of texts) {
    const [key, view, token] = text.split(":");
    for (const watched of document.querySelectorAll("[data-watch]"))
      if (
        [idOf(watched), groupOf(watched.dataset.watch)].includes(key) &&
        watched.dataset.watch.startsWith(`${view}:`)
      )
        watched.dataset.watch = `${view}:${token}`;
  }
}
/** The query for watched runs: each by itself, or groups with their runs in few bytes. */
function query(texts) {
  const groups = new Map();
  const wanted = [];
  for (const text of texts) {
    const [run, newest, view, token] = text.split(":");
    if (!groupOf(token)) wanted.push(`r=${encodeURIComponent(text)}`);
    else {
      const name = `${view}:${token}`;
      groups.set(name, [...(groups.get(name) ?? []), `${run.slice(0, DIGITS)}.${newest}`]);
    }
  }
  for (const [name, runs] of groups) wanted.push(`g=${name}:${runs.join()}`);
  return wanted.join("&");
}
/** Each run and view once, with the oldest version that any tab has. */
function oldest(texts) {
  const found = new Map();
  for (const text of texts)
    if (!(version(found.get(sight(text)) ?? ":Infinity") <= version(text)))
      found.set(sight(text), text);
  return [...found.values()];
}

class LiveRuns extends HTMLElement {
  connectedCallback() {
    this.errors = 0;
    this.waited = new Set();
    this.waitedInTray = new Set();
    this.leaving = new AbortController();
    const { signal } = this.leaving;
    for (const name of [
      "htmx:configRequest",
      "htmx:beforeSend",
      "htmx:beforeOnLoad",
      "htmx:beforeSwap",
      "htmx:afterRequest",
    ])
      this.addEventListener(name, this, { signal });
    for (const name of ["visibilitychange", "htmx:afterSettle"])
      document.addEventListener(name, this, { signal });
    for (const name of ["pageshow", "pagehide", "online"]) addEventListener(name, this, { signal });
    this.tell();
    this.later(0); // htmx must process this element first
  }
  disconnectedCallback() {
    clearTimeout(this.timer);
    clearTimeout(this.joining);
    this.leaving.abort();
  }
  get watched() {
    return [...document.querySelectorAll("[data-watch]")];
  }
  /** The unfinished runs of the page. Of an ended run only its files may still be watched. */
  get ids() {
    return new Set(
      this.watched.filter((run) => run.dataset.runState).map((run) => run.dataset.runId),
    );
  }
  /** The unfinished runs of the tray, which may be on the page as well. */
  get trayIds() {
    return new Set(this.watched.map((run) => run.dataset.trayId).filter(Boolean));
  }
  /** All runs of groups; of others only the first, as URLs have a limited length. */
  get wanted() {
    const inGroups = ({ dataset }) => groupOf(dataset.watch);
    const watched = Object.groupBy(this.watched, (run) => (inGroups(run) ? "groups" : "alone"));
    return [...(watched.alone ?? []).slice(0, MOST), ...(watched.groups ?? [])].map(
      (run) => `${idOf(run)}:${run.dataset.version}:${run.dataset.watch}`,
    );
  }
  handleEvent(event) {
    const { detail, persisted } = event;
    if (event.type === "htmx:configRequest") {
      const own = this.wanted;
      this.asked = own.join();
      this.all = oldest([...own, ...(tabs.isAsking ? [...tabs.others.values()].flat() : [])]);
      detail.timeout = TIMEOUT_MS;
      detail.path = `/runs/live/?${query(this.all)}${tabs.isAsking ? "&hold=1" : ""}`;
    } else if (event.type === "htmx:beforeSend") {
      this.xhr = detail.xhr;
      this.askedAt = Date.now();
    } else if (event.type === "htmx:beforeOnLoad") {
      this.asked = undefined; // answered: what the swap changes needs no restart
      const isForOthers = tabs.others.size > 0;
      if (!isForOthers) fetchFirst(detail.xhr.responseText);
      const elements = elementsOf(detail.xhr.responseText);
      const renewed = detail.xhr.getResponseHeader("renewed")?.split(" ");
      if (renewed) tabs.renew(renewed);
      if (isForOthers && elements.length)
        tabs.pass(elements, detail.xhr.getResponseHeader("versions")?.split(" ") ?? []);
      this.ours = ofThisPage(elements);
      if (isForOthers) fetchFirst(this.ours);
    } else if (event.type === "htmx:beforeSwap") {
      detail.serverResponse = this.ours;
    } else if (event.type === "htmx:afterRequest") {
      this.isAsking = false;
      this.errors = detail.successful ? 0 : this.errors + 1;
      this.isOver = detail.xhr.status === STOPPED;
      this.isLoggedOut = detail.xhr.status === LOGGED_OUT;
      this.say();
      this.take();
      // htmx regards the request as active until this event has been handled.
      this.later(detail.xhr.status === 204 || this.errors ? undefined : 0);
    } else if (event.type === "htmx:afterSettle") {
      if (!this.isLooking) queueMicrotask(() => this.look()); // once for all parts of a response
      this.isLooking = true;
    } else if (event.type === "pagehide") {
      tabs.leave();
    } else if (this.isAsking && this.asked !== undefined && (persisted ?? true)) {
      this.restart(); // the polling tab may be gone, and a hidden page does not poll
    } else {
      this.askedAt = 0;
      this.poll();
    }
  }
  /** Watches the runs that the page contains now. */
  look() {
    this.isLooking = false;
    if (!this.isConnected) return;
    this.take();
    if (this.isAsking && this.asked !== undefined && this.asked !== this.wanted.join())
      this.restart();
    else this.later(0);
  }
  /** A message from another tab: it polls now, watches these runs, or has changed markup. */
  hear({ isAnyoneThere, tab, watched, elements, renewed }) {
    if (renewed) renew(renewed);
    else if (isAnyoneThere) {
      tabs.said = null;
      tabs.say(this.wanted);
    } else if (elements) {
      const ours = ofThisPage(elements);
      this.askedAt = Date.now(); // counts as a response to this tab
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
  /** Copies the swapped status to the run's own element and continues. */
  take() {
    for (const status of document.querySelectorAll("[data-run-status]")) {
      const run = status.closest("[data-run-id]");
      if (!run || run.dataset.version === status.dataset.version) continue;
      run.dataset.version = status.dataset.version;
      run.dataset.runState = status.dataset.runStatus;
      if (status.dataset.final) delete run.dataset.watch;
      const log = run.querySelector(".log[open]");
      const isOver = status.dataset.final && status.dataset.runStatus !== "failed";
      if (isOver) log?.removeAttribute("open");
      else if (log) scrollToEnd(log.querySelector("ol"));
    }
    this.tell();
  }
  /**
   * Announces watched runs that have ended, whatever view shows them, and runs that were replaced
   * by another. Offers a notification for runs that take long.
   */
  tell() {
    const [before, inTray] = [this.waited, this.waitedInTray];
    [this.waited, this.waitedInTray] = [this.ids, this.trayIds];
    for (const id of before.difference(this.waited))
      end(id, document.querySelector(`[data-run-id="${id}"]`));
    for (const id of inTray.difference(this.waitedInTray)) {
      const run = document.querySelector(`[data-tray-id="${id}"]`);
      if (run) end(id, run);
    }
    if (this.waited.difference(before).size) setTimeout(() => this.ids.size && notify(), OFFER_MS);
  }
  /** A run was added or removed, so the open poll is outdated: start another. */
  restart() {
    const fresh = this.cloneNode();
    if (this.xhr) {
      this.xhr.onabort = null; // htmx would report an error
      this.xhr.abort();
    }
    this.replaceWith(fresh);
    htmx.process(fresh);
  }
  /** A status line while the page cannot be updated. */
  say() {
    const offline = navigator.onLine ? "The server does not answer." : "You are offline.";
    const catchesUp = "Runs go on, and this page catches up by itself.";
    if (this.isLoggedOut) dispatchEvent(new CustomEvent("logged-out", { detail: true }));
    const text = this.isLoggedOut
      ? ""
      : this.isOver
        ? "This page is out of date. Reload it to see how its runs went on."
        : this.errors > 2
          ? `${offline} ${catchesUp}`
          : "";
    const line = document.querySelector("#toasts [data-live]");
    if (!text) return line?.remove();
    if (line?.firstChild.textContent === text) return;
    line?.remove();
    const fresh = Object.assign(document.createElement("p"), { textContent: text });
    fresh.dataset.live = "";
    document.getElementById("toasts").append(fresh);
  }
  later(
    pause = this.errors
      ? AFTER_ERROR_MS[Math.min(this.errors, AFTER_ERROR_MS.length) - 1]
      : document.hidden
        ? HIDDEN_MS
        : 0,
  ) {
    clearTimeout(this.timer);
    const isLast = !this.ids.size && !this.trayIds.size && !tabs.others.size;
    this.timer = setTimeout(() => this.poll(), Math.max(pause, isLast ? DRAWN_MS : 0));
  }
  poll() {
    if (this.isAsking || this.isOver || !this.isConnected) return;
    if (!this.watched.length || document.hidden) {
      tabs.leave();
      if (!this.ids.union(this.trayIds).size || !isNotified()) return;
      notify();
    }
    if (!window.htmx)
      return document.addEventListener("htmx:load", () => this.poll(), { once: true });
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

/** Announces once that a run has ended, or was replaced on the page by another one. */
const ended = new Set();
function end(id, run) {
  if (run && ended.has(id)) return;
  if (run) ended.add(id);
  const told = new CustomEvent(run ? "run:finished" : "run:left", {
    bubbles: true,
    detail: { state: run?.dataset.runState ?? run?.dataset.state },
  });
  (run ?? document.body).dispatchEvent(told);
}

/** In the next frame: measuring now would lay out the page in the middle of a swap. */
const scrollToEnd = (list) => requestAnimationFrame(() => (list.scrollTop = list.scrollHeight));
const isNotified = () => localStorage.getItem("vitrine-notify") === "1";
// No offer while the server is unreachable; the next page or poll offers again.
const notify = () =>
  import("./notify.js").then(
    ({ offer }) => offer(),
    () => undefined,
  );

/**
 * Requests the large pictures of a response before swapping it in: the swap takes about as long as
 * the download.
 */
function fetchFirst(markup) {
  for (const [, address] of markup.matchAll(
    /<img src="(?!data:)([^"]+)"(?![^>]* loading="lazy")/g,
  )) {
    const link = Object.assign(document.createElement("link"), {
      rel: "preload",
      as: "image",
      referrerPolicy: "no-referrer",
      href: address.replaceAll("&amp;", "&"),
    });
    link.onload = link.onerror = () => link.remove();
    document.head.append(link);
    const { origin } = new URL(link.href);
    if (![location.origin, localStorage.getItem(PICTURES_FROM)].includes(origin))
      localStorage.setItem(PICTURES_FROM, origin);
  }
}
/**
 * Preconnects to the last picture's host while the next one is generated: over a distant network
 * connecting takes as long as the picture. Browsers keep unused connections for some seconds.
 */
function connectFirst() {
  const href = localStorage.getItem(PICTURES_FROM);
  if (!href) return;
  document.head.querySelector("link[rel='preconnect']")?.remove();
  document.head.append(Object.assign(document.createElement("link"), { rel: "preconnect", href }));
}

/** The elements of a response, each with its id: one tab parses it for all. */
function elementsOf(markup) {
  return [...parse(markup)].map(({ id, outerHTML }) => [id, outerHTML]);
}
/**
 * The markup of those that this page contains: a response may be for several tabs, and elements
 * may have been removed.
 */
function ofThisPage(elements) {
  const found = elements.map(([id, markup]) => {
    const shown = document.getElementById(id);
    return shown ? stayInGroup(markup, shown.dataset.watch) : "";
  });
  return found.join("");
}
/** A run in progress stays in its group. */
function stayInGroup(markup, mark) {
  if (!mark || !groupOf(mark)) return markup;
  const [element] = parse(markup);
  if (element.dataset.watch) element.dataset.watch = mark;
  return element.outerHTML;
}
function parse(markup) {
  return Object.assign(document.createElement("template"), { innerHTML: markup }).content.children;
}
customElements.define("live-runs", LiveRuns);
