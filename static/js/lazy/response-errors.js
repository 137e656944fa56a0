/** Explains an answer with an error in a toast, or as the notice that the user is logged out. */
export function explain(xhr, toast, hasPlace) {
  const { status, responseText } = xhr;
  if (xhr.getResponseHeader("content-type")?.startsWith("text/plain") && responseText)
    return toast(responseText);
  const refused = (status === 402 || status === 403) && refusalIn(responseText);
  if (refused) return hasPlace(responseText) || showRefusal(refused, toast);
  if (status === 403 || status === 401)
    return dispatchEvent(new CustomEvent("logged-out", { detail: true }));
  if (status === 413)
    return toast(
      "This form is too large for the server, so nothing was sent. " +
        "What you typed is still here: make it shorter.",
    );
  return toast(`The server answered ${status}. Nothing was changed; try again.`);
}
/** Returns the element with the reason of a refusal. */
const refusalIn = (markup) =>
  new DOMParser().parseFromString(markup, "text/html").querySelector("[data-refused]");
/** Shows the words of a refusal, and a link or form that may help until it is used or closed. */
function showRefusal(refused, toast) {
  const remedy = refused.querySelector("[data-remedy]");
  remedy?.remove();
  const note = toast(refused.textContent.replace(/\s+/g, " ").trim(), remedy);
  if (remedy) note.stay();
}
