/**
 * <plan-rows>: the rows of a plan. Several lines, or a column of a table, pasted into a prompt
 * become one row each, and so do files dropped outside the rows; each change can be undone. Without
 * script its buttons post `~do`.
 */
import "./plan-files.js";

const MOST_ROWS = 400;
// A cell with line breaks or quotes is quoted, as spreadsheets copy it.
const CELL = /(?:^|(?<=\n))(?:"((?:[^"]|"")*(?:\n|"")(?:[^"]|"")*)"(?=[\t\n]|$)|([^\t\n]*))[^\n]*/g;

/** The lines of a text, or the first column of a copied table, without empty ones. */
export function cells(text) {
  return [...text.replace(/\r\n?/g, "\n").matchAll(CELL)]
    .map(([, quoted, bare]) => (quoted?.replaceAll('""', '"') ?? bare).trim())
    .map((cell) => cell.replace(/^'(?='*[=+\-@|%])/, "")) // our own guard against formulas
    .filter(Boolean);
}

class PlanRows extends HTMLElement {
  connectedCallback() {
    this.list = this.querySelector(".plan-row-list");
    this.note = this.querySelector(".plan-rows-note");
    if (!this.list) return;
    for (const name of ["click", "paste", "change", "dragover", "dragleave", "drop"])
      this.addEventListener(name, this);
    const chooser = this.querySelector("[name='row.new.upload']");
    if (chooser?.files.length) this.change({ target: chooser });
  }
  handleEvent(event) {
    this[event.type](event);
  }
  click(event) {
    const button = event.target.closest("button");
    if (button?.hasAttribute("data-undo")) return this.undo?.();
    const [verb] = button?.value.split(":") ?? [];
    if (verb === "add-row") {
      const row = this.add();
      this.tell("A row was added.", () => row.remove());
      row.querySelector("textarea, .plan-give input")?.focus();
    } else if (verb === "remove-row") this.takeOut(button.closest(".plan-row"), "The row");
    else if (verb === "remove-file")
      this.takeOut(
        button.closest(".plan-file"),
        button.closest(".plan-file").querySelector("bdi").textContent,
      );
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
  /** Removes a row or a file; this can be undone. */
  takeOut(element, name) {
    const { parentElement: list, nextElementSibling: next } = element;
    const near = (next ?? element.previousElementSibling)?.querySelector(
      "button[value^='remove-']",
    );
    element.dispatchEvent(new Event("plan:removed"));
    element.remove();
    this.tell(`${name} was removed.`, () =>
      list.insertBefore(element, next?.parentElement && next),
    );
    (near ?? this.note.querySelector("button")).focus();
  }
  paste(event) {
    const { target, clipboardData: data } = event;
    const files = target.closest(".plan-row, .plan-shared")?.querySelector("plan-files");
    if (files && data.files.length) {
      event.preventDefault();
      return files.take([...data.files]);
    }
    if (!target.matches(".plan-prompt textarea, .plan-row-body > textarea")) return;
    const text = data.getData("text/plain");
    const prompts = cells(text);
    if (prompts.length < 2 || prompts.length > MOST_ROWS) return;
    event.preventDefault();
    const row = target.closest(".plan-row");
    const [first, ...others] = prompts;
    const isFree = row && !target.value.trim();
    if (isFree) target.value = first;
    let after = row;
    const added = (isFree ? others : prompts).map((prompt) => {
      after = this.add(after);
      after.querySelector("textarea").value = prompt;
      return after;
    });
    const isTable = text.includes("\t");
    this.tell(
      `${prompts.length} rows were made of what you pasted${isTable ? ", of its first column" : ""}.`,
      () => {
        for (const made of added) made.remove();
        if (isFree) target.value = "";
        target.focus();
        if (!document.execCommand("insertText", false, text)) target.value += text;
      },
      "Undo: keep it as one text",
    );
  }
  change({ target }) {
    if (target.name !== "row.new.upload" || !target.files.length) return;
    const files = [...target.files];
    target.value = "";
    this.rowsOf(files);
  }
  dragover(event) {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    const files = event.target.closest(".plan-row, .plan-shared")?.querySelector("plan-files");
    this.toggleAttribute("data-over", !files);
    files?.toggleAttribute("data-over", true);
  }
  dragleave(event) {
    if (this.contains(event.relatedTarget)) return;
    for (const marked of [this, ...this.querySelectorAll("[data-over]")])
      marked.removeAttribute("data-over");
  }
  /* Files dropped on a row, or on the shared part, belong to it; elsewhere each makes a row. */
  drop(event) {
    const data = event.dataTransfer;
    this.dragleave(event);
    for (const marked of [this, ...this.querySelectorAll("[data-over]")])
      marked.removeAttribute("data-over");
    if (!data.files.length || !this.querySelector("plan-files")) return;
    event.preventDefault();
    const own = event.target.closest(".plan-row, .plan-shared")?.querySelector("plan-files");
    if (own) own.takeDropped(data);
    else this.rowsOf([...data.files]);
  }
  rowsOf(files) {
    const rows = files.map((file) => {
      const row = this.add();
      row.querySelector("plan-files").take([file]);
      return row;
    });
    const number = rows.length;
    this.tell(
      number === 1 ? "A row was made of the file." : `${number} rows, one for each file.`,
      () => rows.forEach((row) => row.remove()),
    );
  }
  /** Adds a blank row after another one, or at the end. */
  add(after = this.list.lastElementChild) {
    const numbers = [...this.list.children].map((row) => +row.dataset.rowNumber);
    const number = Math.max(-1, this.last ?? -1, ...numbers) + 1;
    this.last = number;
    const box = document.createElement("template");
    box.innerHTML = this.querySelector("template[data-blank='row']")
      .innerHTML.replaceAll("row.*.", `row.${number}.`)
      .replaceAll("plan-row-*-", `plan-row-${number}-`)
      .replaceAll('="*"', `="${number}"`)
      .replaceAll("remove-row:*", `remove-row:${number}`);
    const row = box.content.firstElementChild;
    if (after) after.after(row);
    else this.list.append(row);
    return row;
  }
  /** Announces a change with a button to undo it, and has the plan recomputed. */
  tell(text, back, word = "Undo") {
    const button = Object.assign(document.createElement("button"), {
      type: "button",
      className: "text-button",
      textContent: word,
    });
    button.dataset.undo = "";
    this.note.replaceChildren(`${text} `, button);
    this.undo = () => {
      back();
      this.announce("Undone.");
      this.note.textContent = "Undone.";
      this.undo = undefined;
      this.renew();
    };
    this.renew();
  }
  announce(text) {
    if (!this.note.querySelector("button")) this.note.textContent = text;
  }
  renew() {
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }
}
customElements.define("plan-rows", PlanRows);
