/*
 * Shares: a press of Share asks for whom it is in a dialog; the answer creates an address, copies
 * it, and shows it with its options. Without script the same forms open pages.
 */
import { copyText } from "./copy-text.js";
import { parsed } from "./server.js";
const FAILED = "The server does not answer. Nothing was shared; try again.";
const toast = (text) => dispatchEvent(new CustomEvent("toast", { detail: { text } }));

async function post(form, action, submitter) {
  const body = new URLSearchParams(new FormData(form, submitter));
  const answer = await fetch(action, { method: "POST", body, headers: { "HX-Request": "true" } });
  const text = await answer.text();
  const page = parsed(text);
  const dialog = page.querySelector("dialog.share");
  if (dialog) return document.importNode(dialog, true);
  const refused = page.querySelector("[data-refused]")?.textContent.replace(/\s+/g, " ").trim();
  const isPlain = answer.headers.get("content-type")?.startsWith("text/plain");
  throw new Error(refused || (isPlain && text) || "Nothing was shared. Log in, then try again.");
}

const addressIn = (dialog) => dialog.querySelector("[data-share]").href;

/** Copies a promised text while the click still permits that; returns whether it succeeded. */
async function copy(address) {
  const { clipboard } = navigator;
  try {
    const blob = address.then((text) => new Blob([text], { type: "text/plain" }));
    await clipboard.write([new ClipboardItem({ "text/plain": blob })]);
    return true;
  } catch {
    return address.then(copyText, () => false);
  }
}

function tellCopied(dialog, isCopied) {
  dialog.querySelector("[data-share-said]").textContent = isCopied
    ? "The address is copied."
    : "Copy the address to hand it on.";
}

function show(dialog) {
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  attach(dialog);
}

/** Makes a share's dialog save its options and copy its address. */
function attach(root) {
  root.addEventListener("click", async ({ target }) => {
    if (!target.closest("[data-share-copy]")) return undefined;
    return tellCopied(root, await copy(Promise.resolve(addressIn(root))));
  });
  if (root.localName !== "dialog") return;
  root.addEventListener("submit", async (event) => {
    const { target, submitter } = event;
    // Ending the share opens the list, which offers to undo that.
    if (!target.matches("[data-share-options]") || submitter.hasAttribute("formaction")) return;
    event.preventDefault();
    const isAnswer = submitter.name === "for_whom";
    const sending = post(target, target.action, submitter);
    const copying = isAnswer && copy(sending.then(addressIn));
    try {
      const next = await sending;
      root.replaceChildren(...next.childNodes);
      (root.querySelector("[aria-invalid]") ?? root.querySelector("[data-share-copy]")).focus();
      if (isAnswer) tellCopied(root, await copying);
    } catch (error) {
      root.querySelector("[data-share-said]").textContent =
        error instanceof TypeError ? FAILED : error.message;
    }
  });
}

class ShareButton extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", this);
  }
  async handleEvent(event) {
    const button = event.target.closest("button");
    if (!button?.form || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    if (this.isBusy) return;
    this.isBusy = true;
    // `formAction` is the page's address if the attribute is missing.
    const hasOwn = button.hasAttribute("formaction");
    const action = hasOwn ? button.formAction : button.form.action;
    try {
      show(await post(button.form, action, button));
    } catch (error) {
      toast(error instanceof TypeError ? FAILED : error.message);
    } finally {
      this.isBusy = false;
    }
  }
}
customElements.define("share-button", ShareButton);
const page = document.querySelector(".share-made");
if (page) attach(page);
