/*
 * The viewer: enlarges the results that a page lists, one at a time. It shows the page's small
 * picture at once, then the result itself. Its address is `#view=<key>`; Back closes it.
 */
import { loadDialog } from "./dialog.js";
import { hasMore, isKey, listed, loadMoreNear, stillOf } from "./viewer-list.js";
import { NotShown, isFetched, prefetch, result } from "./viewer-results.js";
import { Player } from "./viewer-player.js";
import { Slideshow } from "./viewer-slideshow.js";
import { Verbs } from "./viewer-verbs.js";

const SHELL = "/runs/viewer/";
const AHEAD = 2;
const SAID_MS = 6000;
const GROUNDS = ["mat", "white", "black", "chequers"];
const GROUND = "vitrine-viewer-ground";
const DETAILS = "vitrine-viewer-details";
const KEYS_OFF = "vitrine-keys";
const TYPED = "textarea, select, input:not([type='range'], [type='checkbox'], [type='radio'])";
const WITH_OWN_KEYS = "input, select, audio";

class Viewer {
  constructor(dialog) {
    this.dialog = dialog;
    this.body = dialog.querySelector(".viewer-body");
    this.slot = dialog.querySelector(".viewer-slot");
    this.verbs = new Verbs(this);
    this.slideshow = new Slideshow(this);
    this.actions = {
      close: () => this.dialog.close(),
      previous: () => this.step(-1),
      next: () => this.step(1),
      again: () => this.show(this.key),
      details: () => this.toggleDetails(),
      ground: () => this.changeGround(),
      keys: () => this.toggleKeys(),
      slideshow: () => this.slideshow.toggle(),
      compare: () => this.verbs.compare(),
      fit: () => this.player.zoom?.fit(),
      pixels: () => this.player.zoom?.showPixels(),
      "zoom-in": () => this.player.zoom?.zoomBy(1.5),
      "zoom-out": () => this.player.zoom?.zoomBy(1 / 1.5),
      "before-after": () => this.player.toggleComparison(),
      "full-screen": () => this.toggleFullScreen(),
    };
    dialog.addEventListener("click", (event) => this.act(event));
    dialog.addEventListener("keydown", (event) => this.press(event));
    dialog.addEventListener("close", () => this.leave());
    addEventListener("popstate", (event) => this.followHistory(event), { capture: true });
    document.addEventListener("htmx:afterSettle", () => this.dialog.open && this.tellPlace());
    this.body.dataset.ground = localStorage.getItem(GROUND) ?? GROUNDS[0];
    if (innerWidth >= 768) this.setDetails(localStorage.getItem(DETAILS) === "open");
  }
  /** Shows a result; `opener`, its link on the page, gets the focus afterwards. */
  open(key, opener) {
    this.opener = opener ?? this.opener;
    if (!this.dialog.open) {
      if (opener) history.pushState({ viewer: true }, "", `#view=${key}`);
      this.dialog.showModal();
    }
    return this.show(key);
  }
  show(key) {
    this.showing = this.load(key);
    return this.showing;
  }
  async load(key) {
    this.key = key;
    history.replaceState(history.state, "", `#view=${key}`);
    const links = [...listed()];
    const position = links.findIndex(([listedKey]) => listedKey === key);
    if (position >= 0) this.position = position;
    this.tellPlace();
    const still = stillOf(links[position]?.[1]);
    if (!isFetched(key)) this.put(this.copyOf("waiting"), still);
    let element;
    try {
      element = await result(key);
    } catch (error) {
      if (!(error instanceof NotShown)) throw error;
      element = this.copyOf("failed");
      element.querySelector("p").textContent = error.message;
      element.querySelector("button").hidden = !error.mayTryAgain;
    }
    if (this.key !== key || !this.dialog.open) return;
    this.put(element, still);
    if (position < 0) return;
    for (let by = 1; by <= AHEAD; by++) this.prepare(links[position + by]);
    this.prepare(links[position - 1]);
    loadMoreNear(position + 1, links.length);
  }
  /** Fetches a result that may be next, and its small picture if that is out of sight. */
  prepare(entry) {
    if (!entry) return;
    prefetch(entry[0]);
    const picture = entry[1].querySelector("img");
    if (picture?.loading === "lazy") picture.loading = "eager";
  }
  copyOf(name) {
    const template = this.dialog.querySelector(`template[data-${name}]`);
    return document.importNode(template.content, true).firstElementChild;
  }
  /** Puts a result's element into the dialog, on top of the small picture if there is one. */
  put(element, still) {
    this.player?.end();
    this.say("");
    const isFocused = this.slot.contains(document.activeElement);
    this.slot.replaceChildren(element);
    this.player = new Player(this, element, still);
    this.verbs.draw(element);
    this.slideshow.wait();
    if (isFocused) this.slot.focus();
  }
  step(by) {
    const keys = [...listed().keys()];
    const at = keys.indexOf(this.key);
    // The next result has taken the place of a deleted one.
    const next = at >= 0 ? keys[at + by] : keys[this.position + (by > 0 ? 0 : -1)];
    if (next) return this.show(next);
    if (by > 0 && hasMore()) return this.say("More results are on their way.");
    this.say(by > 0 ? "This is the last one." : "This is the first one.");
    this.slideshow.stop();
  }
  tellPlace() {
    const keys = [...listed().keys()];
    const at = keys.indexOf(this.key);
    const count = `${keys.length}${hasMore() ? "+" : ""}`;
    this.dialog.querySelector(".viewer-place").value = at < 0 ? "" : `${at + 1} of ${count}`;
    for (const button of this.dialog.querySelectorAll(".viewer-step"))
      button.hidden = keys.length < 2;
  }
  /** Shows a sentence, and announces it to screen readers. */
  say(sentence) {
    const place = this.dialog.querySelector(".viewer-said");
    place.textContent = sentence;
    clearTimeout(this.silence);
    this.silence = setTimeout(() => (place.textContent = ""), SAID_MS);
  }
  act(event) {
    const name = event.target.closest("[data-do]")?.dataset.do;
    if (name) this.actions[name]();
    else this.verbs.follow(event);
  }
  press(event) {
    const { key, target } = event;
    const isLetter = /^[a-z?]$/i.test(key);
    const isOfComparison = this.player?.isCompared && target.closest("result-viewer") && !isLetter;
    if (isOfComparison) return; // the comparison listens to the window
    event.stopPropagation(); // the page behind has keys of its own
    if (event.metaKey || event.ctrlKey || event.altKey || target.matches(TYPED)) return;
    if ((key === " " || key.startsWith("Arrow")) && target.matches(WITH_OWN_KEYS)) return;
    if (isLetter ? this.pressLetter(key.toLowerCase(), event.repeat) : this.pressOther(event))
      event.preventDefault();
  }
  pressOther(event) {
    if (this.player?.press(event)) return true;
    if (event.shiftKey || !["ArrowLeft", "ArrowRight"].includes(event.key)) return false;
    this.step(event.key === "ArrowRight" ? 1 : -1);
    return true;
  }
  pressLetter(letter, isRepeated) {
    const isOff = letter !== "?" && localStorage.getItem(KEYS_OFF) === "off";
    if (isRepeated || isOff) return false;
    const names = { i: "details", g: "ground", p: "slideshow", f: "full-screen", "?": "keys" };
    if (names[letter]) this.actions[names[letter]]();
    else this.pressVerb(letter);
    return true;
  }
  /** Waits for a result that is still loading before its key takes effect. */
  async pressVerb(letter) {
    const control = this.verb(letter);
    // The palette opens at once: it takes the keys that follow.
    if (letter === "u") return dispatchEvent(new CustomEvent("jump", { detail: control }));
    this.pressControl(await control);
  }
  async verb(letter) {
    const { key } = this;
    await this.showing;
    return this.key === key && this.dialog.querySelector(`[data-key="${letter}"]`);
  }
  pressControl(control) {
    if (!control || document.querySelector("dialog[open]:not(.viewer)")) return;
    if (!control.matches("[data-costs]")) return control.click();
    // A key alone never starts a run: it shows the button with its price, and Enter presses that.
    const menu = control.closest("[popover]:not(:popover-open)");
    // By its button, below which it opens.
    if (menu) this.dialog.querySelector(`[popovertarget="${menu.id}"]`).click();
    control.focus();
    this.say(`${control.title}: press Enter to start.`);
  }
  toggleDetails() {
    const isOpen = !("details" in this.body.dataset);
    this.setDetails(isOpen);
    localStorage.setItem(DETAILS, isOpen ? "open" : "closed");
  }
  setDetails(isOpen) {
    this.body.toggleAttribute("data-details", isOpen);
    this.button("details").setAttribute("aria-expanded", isOpen);
  }
  changeGround() {
    const ground = GROUNDS[(GROUNDS.indexOf(this.body.dataset.ground) + 1) % GROUNDS.length];
    this.body.dataset.ground = ground;
    localStorage.setItem(GROUND, ground);
    this.say(`Background: ${ground}.`);
  }
  toggleKeys() {
    const keys = this.dialog.querySelector(".viewer-keys");
    keys.hidden = !keys.hidden;
    (keys.hidden ? this.slot : keys).focus();
  }
  toggleFullScreen() {
    if (document.fullscreenElement) return document.exitFullscreen();
    this.body
      .requestFullscreen()
      .catch(() => this.say("This browser does not show this in full screen."));
  }
  button(name) {
    return this.dialog.querySelector(`[data-do="${name}"]`);
  }
  /** Restores the page's address after closing, and focuses the result shown last. */
  leave() {
    this.slideshow.stop();
    this.player?.end();
    this.player = null;
    this.slot.replaceChildren();
    if (document.fullscreenElement) document.exitFullscreen();
    if (history.state?.viewer) {
      this.isGoingBack = true;
      history.back();
    } else {
      history.replaceState(history.state, "", location.pathname + location.search);
      this.returnFocus();
    }
  }
  returnFocus() {
    const link = listed().get(this.key);
    const face = link?.getClientRects().length ? link : this.opener;
    face?.focus({ preventScroll: true });
    face?.scrollIntoView({ block: "nearest" });
  }
  /** Closes the viewer on Back, and keeps other handlers from reloading the page. */
  followHistory(event) {
    const isNamed = location.hash.startsWith("#view=");
    if (this.isGoingBack) {
      this.isGoingBack = false;
      event.stopImmediatePropagation();
      this.returnFocus();
    } else if (this.dialog.open && !isNamed) {
      event.stopImmediatePropagation();
      this.dialog.close();
    }
  }
}

let viewer;
/** Fetches the empty dialog in advance, so that opening does not wait for it. */
export function prepare() {
  viewer ??= loadDialog(SHELL).then((dialog) => new Viewer(dialog));
  viewer.catch(() => (viewer = undefined));
  return viewer;
}

/** Shows a result by its key; `opener` is the clicked link, if any. */
export async function open(key, opener) {
  if (!isKey(key)) return;
  await (await prepare()).open(key, opener);
}
