/*
 * One poll for all tabs of a browser, which has six connections per server: the tab that holds a
 * Web Lock is the leader and polls. The others send it their watches, and receive changed elements
 * and new tokens.
 */
import { keyOf, renewTokens, withToken, withVersion } from "./live-wire.js";

const NAME = "vitrine-live-runs"; // of the lock and of the channel
const JOIN_MS = 10; // until all tabs have sent their watches

export class Tabs {
  id = Math.random();
  others = new Map(); // watches of the tabs that do not poll, by tab

  /**
   * `page` is the <live-runs>: its `watches`, those `polled` last for all tabs, `poll()`,
   * `restart()` and `receive(elements)`.
   */
  constructor(page) {
    this.page = page;
  }
  /** Opens the channel only for watches: it keeps a page out of the back/forward cache. */
  join() {
    if (this.channel) return;
    this.channel = new BroadcastChannel(NAME);
    this.channel.onmessage = ({ data: { kind, ...message } }) => this[kind](message);
    this.leaving = new AbortController();
    // insecure context (plain HTTP): no locks, each tab polls for itself
    if (!navigator.locks) return (this.release = () => {});
    const { signal } = this.leaving;
    // rejected if the page is left before the lock is granted
    navigator.locks.request(NAME, { signal }, () => this.lead()).catch(() => {});
  }
  lead() {
    setTimeout(() => this.page.poll());
    this.post("onLeader");
    return new Promise((resolve) => (this.release = resolve));
  }
  leave() {
    if (!this.channel) return;
    this.send([]);
    this.channel.close();
    this.leaving.abort();
    this.release?.();
    this.channel = this.release = this.sent = null;
    this.others.clear();
  }
  get isLeader() {
    return Boolean(this.release);
  }
  get watches() {
    return this.isLeader ? [...this.others.values()].flat() : [];
  }
  /** Sends this tab's watches to the leader, if they have changed. */
  send(watches) {
    const keys = watches.map(keyOf).join();
    if (this.sent !== keys) this.post("onWatches", { tab: this.id, watches });
    this.sent = keys;
  }
  /** Passes new tokens on to the other tabs. */
  renew(renewed) {
    this.replace((watch) => withToken(watch, renewed));
    this.post("onRenewed", { renewed });
  }
  /** Passes changed elements on to the other tabs, which then have these versions. */
  pass(elements, versions) {
    this.replace((watch) => withVersion(watch, versions));
    this.post("onElements", { elements });
  }

  // --- messages of other tabs ---
  onLeader() {
    this.sent = null;
    this.send(this.page.watches);
  }
  onRenewed({ renewed }) {
    renewTokens(renewed);
  }
  onElements({ elements }) {
    this.page.receive(elements);
  }
  onWatches({ tab, watches }) {
    if (!this.isLeader || !navigator.locks) return;
    if (watches.length) this.others.set(tab, watches);
    else this.others.delete(tab);
    const polled = new Set(this.page.polled.map(keyOf));
    if (watches.every((watch) => polled.has(keyOf(watch)))) return;
    clearTimeout(this.joining);
    this.joining = setTimeout(() => this.page.restart(), JOIN_MS);
  }

  replace(change) {
    for (const [tab, watches] of this.others) this.others.set(tab, watches.map(change));
  }
  post(kind, message) {
    this.channel?.postMessage({ kind, ...message });
  }
}
