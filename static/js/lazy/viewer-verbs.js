/*
 * Actions on a result without leaving the viewer: star, deletion and its undo, the mark to compare,
 * filling the page's form. Each is a link or form that also works without script.
 */
import { NotShown, comparison, forget, isFetched } from "./viewer-results.js";
import { listed } from "./viewer-list.js";
import { parsed } from "./server.js";

const MARK = "vitrine-marked"; // the result to compare with, for the tab
const OF_PAGE = ".wall-stack, .run-tile, .run-row";

async function post(form) {
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { "HX-Request": "true" },
    });
    const text = await answer.text();
    return { answer, page: parsed(text) };
  } catch {
    return {};
  }
}

export class Verbs {
  constructor(viewer) {
    this.viewer = viewer;
    viewer.dialog.addEventListener("submit", (event) => this.submit(event));
  }
  get element() {
    return this.viewer.slot.querySelector(".viewer-result");
  }
  draw(element) {
    const label = element.querySelector("[data-do='compare'] span");
    if (!label) return;
    const mark = this.mark;
    const isThis = mark?.key === element.dataset.key;
    label.textContent = isThis ? "Marked" : mark ? "Compare with marked" : "Compare";
    label.parentElement.setAttribute("aria-pressed", isThis);
    if (mark && !isThis) label.parentElement.title = `Compare with ${mark.name} (C)`;
  }
  get mark() {
    return JSON.parse(sessionStorage.getItem(MARK) ?? "null");
  }
  /** Marks a result; for another one, lays both over each other. */
  async compare() {
    const { key, run, name } = this.element.dataset;
    const { mark, viewer } = this;
    if (viewer.player.isCompared) return viewer.player.toggleComparison();
    if (!mark || mark.key === key) {
      if (mark) sessionStorage.removeItem(MARK);
      else sessionStorage.setItem(MARK, JSON.stringify({ key, run, name }));
      viewer.say(
        mark ? "It is not marked any more." : "Marked. Press C on another one to compare the two.",
      );
      return this.draw(this.element);
    }
    try {
      const template = await comparison(key, mark.key);
      if (viewer.key !== key) return;
      if (template) return viewer.player.toggleComparison(template);
    } catch (error) {
      if (!(error instanceof NotShown)) throw error;
      return viewer.say(error.message);
    }
    sessionStorage.removeItem(MARK);
    viewer.say("These two cannot be laid over each other.");
  }
  /** Fills the page's form, if it is the model's own, instead of loading another page. */
  follow(event) {
    const link = event.target.closest("a[data-key='r'], a[data-key='s']");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const { run, seed, endpoint } = this.element.dataset;
    const form = document.querySelector(`form[data-endpoint-id="${CSS.escape(endpoint)}"]`);
    const control =
      link.dataset.key === "s"
        ? form?.querySelector("[name='seed']")
        : document.querySelector(`button[name="~source"][value="run:${run}"]`);
    if (!control) return;
    event.preventDefault();
    this.viewer.dialog.close();
    if (link.dataset.key === "r") return control.click();
    control.value = seed;
    control.dispatchEvent(new Event("input", { bubbles: true }));
    control.focus();
  }
  submit(event) {
    const act = { star: this.star, delete: this.remove, undo: this.restore }[
      event.target.dataset.verb
    ];
    if (!act) return;
    event.preventDefault();
    act.call(this, event.target);
  }
  async star(form) {
    const { answer, page } = await post(form);
    const button = form.querySelector("button");
    const answered = page?.querySelector("button[aria-pressed]");
    if (!answered) return this.refuse(answer, "The star was not changed.");
    const isStarred = answered.getAttribute("aria-pressed");
    button.setAttribute("aria-pressed", isStarred);
    form.elements.starred.value = isStarred === "true" ? "0" : "1";
    this.viewer.say(isStarred === "true" ? "Starred." : "Its star is taken away.");
    forget(this.viewer.key);
    this.starOnPage(answered, isStarred === "true");
  }
  /** Updates the star on the page behind the viewer: its button, or the mark on its tile. */
  starOnPage(answered, isStarred) {
    const onStage = document.getElementById(answered.id)?.closest("form");
    if (onStage) {
      const form = document.importNode(answered.closest("form"), true);
      onStage.replaceWith(form);
      window.htmx?.process(form);
    }
    const tile = listed().get(this.viewer.key)?.closest(".tile");
    if (!tile) return;
    tile.querySelector(".starred")?.remove();
    if (!isStarred) return;
    const mark = Object.assign(document.createElement("span"), { className: "starred" });
    mark.append(answered.querySelector("svg").cloneNode(true));
    tile.append(mark);
  }
  /** Deletes the run, and shows the undo button in its place. */
  async remove(form) {
    const { run } = this.element.dataset;
    const { answer, page } = await post(form);
    const undo = page?.querySelector("form");
    if (!undo) return this.refuse(answer, "Nothing was deleted.");
    const media = this.element.querySelector(".viewer-media");
    const { key } = this.viewer;
    this.viewer.player.end();
    this.showOnPage(run, page.querySelector("section"), true);
    undo.dataset.verb = "undo";
    const note = document.createElement("div");
    note.className = "viewer-deleted stack gap-4";
    note.append(page.querySelector("p"), undo);
    this.element.replaceChildren(media);
    media.replaceChildren(note);
    for (const ofRun of [key, ...listed().keys()])
      if (ofRun.startsWith(run) && isFetched(ofRun)) forget(ofRun);
    undo.querySelector("button").focus();
    this.viewer.tellPlace();
  }
  async restore(form) {
    const { run } = this.element.dataset;
    const { answer, page } = await post(form);
    if (!answer?.ok) return this.refuse(answer, "Nothing was brought back.");
    this.showOnPage(run, page.querySelector(".stage-run"), false);
    this.viewer.show(this.viewer.key);
  }
  /** Hides a deleted run on the page behind, or shows it again; a stage shows the response. */
  showOnPage(run, section, isDeleted) {
    const onStage = document.getElementById(`run-${run}`);
    if (onStage && section) {
      const copy = document.importNode(section, true);
      onStage.replaceWith(copy);
      window.htmx?.process(copy);
    }
    for (const entry of document.querySelectorAll(`[data-run-id="${run}"]`))
      if (entry.matches(OF_PAGE)) entry.hidden = isDeleted;
    document.body.dispatchEvent(new Event("run:left")); // the tries are asked for again
  }
  /** Reports why an action failed, in the server's words if it sent any. */
  refuse(answer, otherwise) {
    const { toast } = JSON.parse(answer?.headers.get("HX-Trigger") ?? "{}");
    const reason = !answer
      ? "The server does not answer. Try again."
      : answer.status === 403
        ? "You may not do this here."
        : "Try again.";
    this.viewer.say(toast?.text ?? `${otherwise} ${reason}`);
  }
}
