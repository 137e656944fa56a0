/**
 * Fetches a dialog, waits for its stylesheet, and shows it; closing restores the focus.
 */
import { parsed } from "./server.js";
export async function dialog(address) {
  const shown = await loadDialog(address);
  shown.addEventListener("close", () => shown.remove());
  shown.showModal();
  return shown;
}

/** Fetches a dialog into the page with its stylesheets, and leaves it closed. */
export async function loadDialog(address) {
  const answer = await fetch(address);
  const fetched = parsed(await answer.text()).querySelector("dialog");
  if (!fetched)
    throw new Error(
      answer.redirected
        ? "You are logged out. Log in in another tab, then try again."
        : "The server could not show this. Try again.",
    );
  const shown = document.importNode(fetched, true);
  const ready = [...shown.querySelectorAll("link")].map(
    (link) =>
      new Promise((resolve) =>
        ["load", "error"].forEach((name) => link.addEventListener(name, resolve)),
      ),
  );
  document.body.append(shown);
  await Promise.all(ready);
  return shown;
}
