/**
 * <live-runs> polls for all unfinished runs on the page: elements with `data-watch`. The server
 * holds the response until one of them changes. A hidden page does not poll, and catches up when it
 * is shown, unless notifications were requested. A page that does not lead the browser's tabs
 * (`live-tabs.js`) polls occasionally if it receives nothing from the one that does.
 */
import {
  announceEnds,
  announceLogin,
  hasAnyRuns,
  hasRuns,
  isNotified,
  offerNotification,
  showTrouble,
} from "./live-announcements.js";
import { copyStatuses, elementsOf, preconnect, swap } from "./live-swap.js";
import { Tabs } from "./live-tabs.js";
import { Status, oldest, poll, renewTokens, watchesOfPage } from "./live-wire.js";

const WAITING_MS = 3000; // for elements from the leading tab
const HIDDEN_MS = 5000;
const DRAWN_MS = 100; // after the last run of all tabs, so that its result is drawn first
const AFTER_ERROR_MS = [500, 1000, 2000, 5000, 10000];

class LiveRuns extends HTMLElement {
  tabs = new Tabs(this);
  polled = []; // the watches of the latest poll, for all tabs
  errors = 0;

  connectedCallback() {
    this.leaving = new AbortController();
    const { signal } = this.leaving;
    const onDocument = (name, act) => document.addEventListener(name, act, { signal });
    onDocument("htmx:afterSettle", () => this.updateOnce());
    onDocument("visibilitychange", () => this.pollNow());
    addEventListener("online", () => this.pollNow(), { signal });
    addEventListener("pageshow", ({ persisted }) => this.pollNow(persisted), { signal });
    addEventListener("pagehide", () => this.tabs.leave(), { signal });
    this.show([]);
    this.later(0);
  }
  disconnectedCallback() {
    clearTimeout(this.timer);
    this.tabs.leave();
    this.request?.abort();
    this.leaving.abort();
  }
  get watches() {
    return watchesOfPage();
  }
  /** Updates once for all parts of a response. */
  updateOnce() {
    if (!this.isUpdating) queueMicrotask(() => this.update());
    this.isUpdating = true;
  }
  /** Watches the runs that the page contains now. */
  update() {
    this.isUpdating = false;
    if (!this.isConnected) return;
    this.show([]);
    if (this.request && this.own !== JSON.stringify(watchesOfPage())) this.restart();
    else this.later(0);
  }
  /** Shows changed elements, and announces the runs that they show as ended. */
  show(elements) {
    swap(this, elements);
    copyStatuses();
    announceEnds();
  }
  /** Takes elements that the leading tab has polled for. */
  receive(elements) {
    this.polledAt = Date.now();
    this.show(elements);
  }
  /** Polls when the page is shown or online again: the leading tab or an open poll may be dead. */
  pollNow(mayBeDead = true) {
    if (this.request && mayBeDead) return this.restart();
    this.polledAt = 0;
    this.poll();
  }
  restart() {
    this.request?.abort();
    this.request = null;
    this.later(0);
  }
  later(pause = this.pause) {
    clearTimeout(this.timer);
    const isLast = !hasAnyRuns() && !this.tabs.others.size;
    this.timer = setTimeout(() => this.poll(), Math.max(pause, isLast ? DRAWN_MS : 0));
  }
  get pause() {
    if (this.errors) return AFTER_ERROR_MS[Math.min(this.errors, AFTER_ERROR_MS.length) - 1];
    return document.hidden ? HIDDEN_MS : 0;
  }
  async poll() {
    if (this.request || this.isOver || !this.isConnected || !this.mayPoll()) return;
    const { signal } = (this.request = new AbortController());
    const own = watchesOfPage();
    this.own = JSON.stringify(own);
    this.polled = oldest([...own, ...this.tabs.watches]);
    this.polledAt = Date.now();
    if (hasRuns() && !document.hidden) preconnect();
    const answer = await poll(this.polled, this.tabs.isLeader, signal);
    if (!signal.aborted) this.take(answer);
  }
  /** Whether to poll now; if not, a poll follows as soon as possible, or when the page is shown. */
  mayPoll() {
    const watches = watchesOfPage();
    if (!watches.length || document.hidden) {
      this.tabs.leave();
      if (!hasAnyRuns() || !isNotified()) return false;
      offerNotification();
    }
    if (!window.htmx) {
      document.addEventListener("htmx:load", () => this.poll(), { once: true });
      return false;
    }
    if (document.hidden) return true;
    this.tabs.join();
    this.tabs.send(watches);
    const pause = this.tabs.isLeader ? 0 : (this.polledAt ??= Date.now()) + WAITING_MS - Date.now();
    if (pause > 0) this.later(pause);
    return pause <= 0;
  }
  take({ status, markup = "", versions = [], renewed = [] }) {
    this.request = null;
    const isAnswered = [Status.OK, Status.NOTHING_NEW, Status.STOPPED].includes(status);
    this.errors = isAnswered ? 0 : this.errors + 1;
    this.isOver = [Status.STOPPED, Status.BAD].includes(status);
    if (isAnswered || status === Status.LOGGED_OUT) announceLogin(isAnswered);
    showTrouble(this.isOver, status === Status.LOGGED_OUT ? 0 : this.errors);
    if (renewed.length) {
      renewTokens(renewed);
      this.tabs.renew(renewed);
    }
    const elements = elementsOf(markup);
    if (elements.length && this.tabs.others.size) this.tabs.pass(elements, versions);
    this.show(elements);
    this.later(status === Status.NOTHING_NEW || this.errors ? undefined : 0);
  }
}
customElements.define("live-runs", LiveRuns);
