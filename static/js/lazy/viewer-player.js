/* One result in the viewer, with the features of its kind: zoom, time, sound, rotation. */
import { onSwipe } from "./swipe.js";
import { Film } from "./viewer-film.js";
import { Sound } from "./viewer-sound.js";
import { Zoom } from "./viewer-zoom.js";

export class Player {
  /** `still` is the address of the small picture that the page shows, or empty. */
  constructor(viewer, element, still) {
    this.viewer = viewer;
    this.element = element;
    this.media = element.querySelector(".viewer-media");
    this.ending = new AbortController();
    const { signal } = this.ending;
    const kind = this.media.dataset.kind;
    const picture = this.media.querySelector(".viewer-picture");
    if (still && (picture || !kind)) this.media.prepend(this.stillPicture(still));
    this.showZoom(Boolean(picture));
    if (picture) {
      this.revealWhenLoaded(picture, signal);
      this.zoom = new Zoom(this.media, picture, {
        tell: (share) => this.tellZoom(share),
        signal,
      });
    }
    onSwipe(this.media, (by) => viewer.step(by), { may: () => !this.zoom?.isHeld, signal });
    const tools = element.querySelector(".viewer-tools");
    const say = (sentence) => viewer.say(sentence);
    if (kind === "video") this.timed = new Film(picture, tools, { say, signal });
    if (kind === "audio") {
      const [sound] = this.media.getElementsByTagName("audio");
      this.timed = new Sound(sound, this.media.querySelector("canvas"), tools, { signal });
      sound.addEventListener("error", () => this.tellFailure(sound.src), { signal });
    }
    if (kind === "mesh") this.turn(signal);
  }
  stillPicture(still) {
    const picture = Object.assign(new Image(), { src: still, alt: "", className: "viewer-still" });
    picture.draggable = false;
    return picture;
  }
  /** Shows the picture once it can be drawn; reports if it cannot be loaded. */
  revealWhenLoaded(picture, signal) {
    const loaded = picture.localName === "video" ? "loadeddata" : "load";
    const reveal = () => {
      picture.dataset.loaded = "";
      this.media.querySelector(".viewer-still")?.remove();
    };
    const fail = () => {
      if (signal.aborted) return;
      picture.hidden = true;
      this.tellFailure(picture.src);
    };
    picture.addEventListener("error", fail, { signal });
    if (picture.localName === "img") picture.decode().then(reveal, fail);
    else picture.addEventListener(loaded, reveal, { signal });
  }
  /** Says that the file is missing or, if the server has it, that its format is unknown here. */
  async tellFailure(src) {
    const answer = await fetch(src, { method: "HEAD" }).catch(() => null);
    const note = answer?.ok ? ".unplayable" : ".viewer-missing";
    this.media.querySelector(note).hidden = false;
  }
  showZoom(isShown) {
    this.viewer.dialog.querySelector(".viewer-zoom").hidden = !isShown;
  }
  tellZoom(share) {
    this.viewer.dialog.querySelector("[name='zoom']").value = `${Math.round(share * 100)} %`;
  }
  /** Makes a mesh rotatable; its frame has the keyboard while in use, except for Escape. */
  async turn(signal) {
    const { meshes } = await import("./result-meshes.js");
    if (signal.aborted) return;
    this.turning = meshes({ stage: this.media }, signal);
    addEventListener(
      "message",
      ({ source, data }) => {
        const isOurs = this.media.querySelector("iframe")?.contentWindow === source;
        if (isOurs && data?.key === "Escape") this.viewer.dialog.close();
      },
      { signal },
    );
  }
  get isCompared() {
    return Boolean(this.comparison);
  }
  /** Lays the result over its input, or over the one of a `template`; or shows it alone again. */
  async toggleComparison(template = this.element.querySelector("template[data-before-after]")) {
    if (!template && !this.comparison) return;
    await import("./result-viewer.js");
    if (this.comparison) {
      this.comparison.remove();
      this.comparison = null;
    } else {
      this.comparison = document.importNode(template.content, true).firstElementChild;
      this.media.append(this.comparison);
    }
    this.media.toggleAttribute("data-compared", this.isCompared);
    this.showZoom(!this.isCompared);
    this.viewer.button("before-after")?.setAttribute("aria-pressed", this.isCompared);
  }
  /** Handles a key; returns whether it is one of this kind's. */
  press(event) {
    if (this.isCompared) return false;
    const isTurn = event.shiftKey || !event.key.startsWith("Arrow");
    return Boolean(
      this.timed?.press(event) || this.zoom?.press(event) || (isTurn && this.turning?.press(event)),
    );
  }
  end() {
    this.ending.abort();
    for (const media of this.element.querySelectorAll("video, audio")) media.pause();
  }
}
