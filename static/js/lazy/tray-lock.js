import { KEY, news, stored } from "./tray-runs.js";
/** The lock for the rows, requested while this page is visible. */
export const rowsLock = {
  isHeld: !navigator.locks, // insecure context (plain HTTP): each tab fetches its rows
  /** Requests the lock; `held` is called with it, if there are runs. */
  want(held) {
    if (!navigator.locks || this.wish || document.hidden) return;
    this.wish = new AbortController();
    const { signal } = this.wish;
    navigator.locks.request(`${KEY}-rows`, { signal }, () => this.hold(held)).catch(() => {});
  },
  hold(held) {
    this.isHeld = true;
    if (news(stored()).length) held();
    return new Promise((resolve) => (this.release = resolve));
  },
  leave() {
    if (!this.wish) return;
    this.wish.abort();
    this.release?.();
    this.isHeld = false;
    this.wish = this.release = null;
  },
};
