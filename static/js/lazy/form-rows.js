import { orderByDrag } from "./drag-order.js";
/**
 * <form-rows data-name="loras">: adds, copies, removes and moves a list's rows without a request.
 * Controls' names contain the row number; `loras~rows` lists the numbers in page order.
 */
class FormRows extends HTMLElement {
  connectedCallback() {
    this.rows = this.querySelector(":scope > .rows");
    for (const name of ["click", "change", "drop"]) this.addEventListener(name, this);
    orderByDrag(this.rows, {
      row: ".row",
      handle: ".drag",
      dropped: (row) => {
        this.say(`Moved to ${this.place(row)}`);
        this.tell();
      },
    });
    this.addEventListener(
      "toggle",
      (event) => event.target.matches(".row-fold") && sum(event.target),
      { capture: true },
    );
    const chooser = this.querySelector(":scope > .rows-foot [name$='~files']");
    // chosen before this script was loaded
    if (chooser?.files.length) this.change({ target: chooser });
  }
  handleEvent(event) {
    if (event.target.closest("form-rows") === this) this[event.type](event);
  }
  click(event) {
    const button = event.target.closest("[name='~do']");
    if (event.target.closest("[data-undo]")) this.putBack();
    if (!button || !/^(add|duplicate|up|down|remove):/.test(button.value)) return;
    event.preventDefault();
    const row = button.closest(".row");
    const verb = button.value.split(":")[0];
    if (verb === "remove") this.takeOut(row);
    else if (verb === "add" || verb === "duplicate") {
      const added = verb === "add" ? this.add() : this.copy(row);
      added.querySelector("input:not([type='hidden']), textarea, select")?.focus();
      this.say(`Added as ${this.place(added)}`);
    } else {
      if (verb === "up") row.previousElementSibling?.before(row);
      else row.nextElementSibling?.after(row);
      button.focus();
      this.say(`Moved to ${this.place(row)}`);
    }
    this.tell();
  }
  place(row) {
    return `${[...this.rows.children].indexOf(row) + 1} of ${this.rows.children.length}`;
  }
  /** Removes a row; undo is possible until the next removal. */
  takeOut(row) {
    this.gone = { row, after: row.previousElementSibling };
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    this.undo ??= Object.assign(document.createElement("button"), {
      type: "button",
      className: "button",
      textContent: "Undo removal",
    });
    this.undo.dataset.kind = "quiet";
    this.undo.dataset.undo = "";
    this.querySelector(":scope > .rows-foot").append(this.undo);
    (
      next?.querySelector("[value^='remove:']") ??
      this.querySelector(":scope > .rows-foot [value^='add:']") ??
      this.undo
    ).focus();
    this.say("Removed");
  }
  putBack() {
    const { row, after } = this.gone;
    if (after?.parentElement === this.rows) after.after(row);
    else this.rows.prepend(row);
    this.undo.remove();
    row.querySelector("[value^='remove:']").focus();
    this.say("Put back");
    this.tell();
  }
  /** Announces the change to screen readers. */
  say(text) {
    if (!this.status) {
      this.status = Object.assign(document.createElement("p"), { className: "visually-hidden" });
      this.status.setAttribute("role", "status");
      this.append(this.status);
    }
    this.status.textContent = text;
  }
  tell() {
    this.dispatchEvent(new Event("input", { bubbles: true }));
    const count = [...this.rows.children].filter(
      (row) => !row.querySelector("media-field")?.isEmpty,
    ).length;
    const text =
      count > +this.dataset.most ? `At most ${this.dataset.most} fit; there are ${count}` : "";
    if (text && !this.over)
      this.append(
        (this.over = Object.assign(document.createElement("p"), {
          className: "error",
          role: "alert",
        })),
      );
    if (this.over && this.over.textContent !== text) this.over.textContent = text;
  }
  add(
    html = this.querySelector(":scope > template").innerHTML,
    old = "*",
    after = this.rows.lastElementChild,
  ) {
    const name = this.dataset.name;
    const number =
      Math.max(-1, this.last ?? -1, ...[...this.rows.children].map((row) => +row.dataset.row)) + 1;
    this.last = number;
    const box = document.createElement("template");
    box.innerHTML = html.replaceAll(`${name}.${old}`, `${name}.${number}`);
    const row = box.content.firstElementChild;
    row.dataset.row = number;
    row.querySelector(`[name="${name}~rows"]`).value = number;
    if (after) after.after(row);
    else this.rows.append(row);
    return row;
  }
  copy(row) {
    const added = this.add(row.outerHTML, row.dataset.row, row);
    const [from, to] = [row, added].map((each) => [
      ...each.querySelectorAll("input:not([type='file'], [name$='~rows']), textarea, select"),
    ]);
    from.forEach((control, position) => {
      to[position].value = control.value;
      if ("checked" in control) to[position].checked = control.checked;
    });
    return added;
  }
  change(event) {
    if (event.target.matches("[name$='~files']")) {
      this.take(event.target.files);
      event.target.value = "";
    }
  }
  /** Puts each file into its own row, empty rows first. */
  async take(files) {
    const copies = [...files]; // a copy: the file input is cleared meanwhile
    if (!customElements.get("media-field")) await import("./form-media.js");
    const free = [...this.rows.querySelectorAll("media-field")].filter((field) => field.isEmpty);
    for (const file of copies)
      (free.shift() ?? this.add().querySelector("media-field")).upload(file);
    this.tell();
  }
  drop(event) {
    if (
      !event.defaultPrevented &&
      event.dataTransfer.files.length &&
      this.querySelector("[name$='~files']")
    ) {
      event.preventDefault();
      this.take(event.dataTransfer.files);
    }
  }
}
const UNSAID = ["hidden", "range", "color", "radio", "checkbox", "file"];
const SAID = [
  "input:checked:not([role])",
  "select",
  "textarea",
  `input:not(${UNSAID.map((type) => `[type='${type}']`)})`,
].join();
/** The summary of a folded row. */
function sum(fold) {
  const texts = [...fold.querySelectorAll(SAID)].map(
    (control) =>
      control.selectedOptions?.[0].text ??
      (control.type === "radio"
        ? control.parentElement.textContent
        : control.value
            .replace(/^\/runs\/.*\/$/, "past result")
            .split("/")
            .pop()
      ).trim(),
  );
  fold.querySelector(".row-sum").textContent = texts
    .filter(Boolean)
    .slice(0, 3)
    .join(" · ")
    .slice(0, 80);
}
customElements.define("form-rows", FormRows);
