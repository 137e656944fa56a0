/**
 * <json-text><textarea>…: reports JSON errors while typing, with the messages of schemas/exact.py
 * and a button that moves the caret to the error.
 */
const REST_MS = 250;

class JsonText extends HTMLElement {
  connectedCallback() {
    this.text = this.querySelector("textarea");
    if (!this.note) {
      this.note = Object.assign(document.createElement("p"), { className: "json-note" });
      this.note.setAttribute("role", "status");
      this.append(this.note);
    }
    for (const name of ["input", "click"]) this.addEventListener(name, this);
    this.tell();
    this.lead();
  }
  /**
   * Links each problem found by the server to its place in the JSON, or to the parent of a missing
   * key.
   */
  lead() {
    const errors = document.getElementById("f-json-error");
    const places = new Map();
    if (!errors || mistake(this.text.value, places)) return;
    errors.addEventListener("click", this);
    for (const line of errors.children) {
      const [path, ...rest] = line.textContent.split(": ");
      let around = path;
      while (around && !places.has(around))
        around = around.replace(/(\.[^.[]*|\[\d+\]|^[^.[]*)$/, "");
      if (rest.length)
        line.replaceChildren(place(path, places.get(around) ?? 0), `: ${rest.join(": ")}`);
    }
  }
  handleEvent(event) {
    if (event.target.closest("[data-at]")) return this.goTo(+event.target.dataset.at);
    if (event.type !== "input") return;
    document.getElementById("f-json-error")?.remove();
    this.text.removeAttribute("aria-invalid");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tell(), REST_MS);
  }
  tell() {
    const error = mistake(this.text.value);
    this.toggleAttribute("data-bad", !!error);
    this.note.replaceChildren();
    if (!error || document.getElementById("f-json-error")) return;
    const before = this.text.value.slice(0, error.at).split("\n");
    this.note.append(
      place(`Line ${before.length}, column ${[...before.at(-1)].length + 1}`, error.at),
      `: ${error.words}.`,
    );
  }
  goTo(at) {
    this.text.focus();
    this.text.setSelectionRange(at, Math.min(at + 1, this.text.value.length));
    const line = parseFloat(getComputedStyle(this.text).lineHeight);
    this.text.scrollTop = (this.text.value.slice(0, at).split("\n").length - 4) * line;
  }
}

function place(text, at) {
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    className: "text-button",
    title: "Go there",
  });
  button.textContent = text;
  button.dataset.at = at;
  return button;
}

/**
 * The position and reason of the first JSON error; null for a valid object or an empty text. Fills
 * `places` with the position of each path.
 */
function mistake(text, places = new Map()) {
  let at = 0;
  const stop = (words, where = at) => {
    throw { at: where, words };
  };
  const skip = () => {
    while (" \t\n\r".includes(text[at] || "x")) at += 1;
  };
  const string = (words) => {
    const start = at;
    if (text[at] !== '"') stop(words);
    for (at += 1; text[at] !== '"'; at += 1) {
      if (text[at] === undefined) stop("this text has no closing quote", start);
      if (text[at] < " ") stop("a line break or tab in a text is written \\n or \\t");
      if (text[at] !== "\\") continue;
      if (!/^(["\\/bfnrt]|u[0-9a-fA-F]{4})/.test(text.slice(at + 1, at + 6)))
        stop("this backslash is not the start of an escape");
      at += 1;
    }
    at += 1;
    return text.slice(start, at);
  };
  const items = (close, item) => {
    at += 1;
    skip();
    if (text[at] === close) return (at += 1);
    for (let number = 0; ; number += 1) {
      item(number);
      skip();
      if (text[at] === close) return (at += 1);
      if (text[at] !== ",") stop("a comma is missing");
      const comma = at;
      at += 1;
      skip();
      if (text[at] === close) stop("there is one comma too many", comma);
    }
  };
  const value = (path) => {
    skip();
    places.set(path, at);
    if (text[at] === '"') return string();
    if (text[at] === "[") return items("]", (number) => value(`${path}[${number}]`));
    if (text[at] === "{") {
      const keys = new Set();
      return items("}", () => {
        const start = at;
        const key = string("a key in double quotes is missing");
        if (keys.has(key)) stop(`it has the key ${key} twice`, start);
        keys.add(key);
        skip();
        if (text[at] !== ":") stop("a colon is missing");
        at += 1;
        value(`${path}${path && "."}${key.slice(1, -1)}`);
      });
    }
    const word = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/.exec(
      text.slice(at, at + 400),
    );
    if (!word) stop("a value is missing");
    at += word[0].length;
  };
  try {
    skip();
    if (at === text.length) return null;
    if (text[at] !== "{") stop("the input must be an object, in braces");
    value("");
    skip();
    if (at < text.length) stop("nothing may follow the closing brace");
    return null;
  } catch (error) {
    // nested too deeply to check here; the server reports it
    if (error instanceof RangeError) return null;
    if (error instanceof Error) throw error;
    return error;
  }
}
customElements.define("json-text", JsonText);
